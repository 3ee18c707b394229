/** WordPress over its REST interface (developer.wordpress.org/rest-api/reference/posts and /media), signed in
 *  with an application password (WordPress 5.6 and newer). It refuses no second copy, so we ask first. */
import type { ProfileSource } from '../profile.ts'

const POST = {
  title: '{{title}}',
  content: '{{body}}{{attachmentLinks}}',
  excerpt: '{{summary}}',
  slug: '{{externalId}}',
  status: 'publish',
  categories: ['{{column|number}}'],
}

export const wordpress: ProfileSource = {
  name: 'WordPress REST',
  note: '按 WordPress REST API 手册编写；base 填 https://站点/wp-json',
  constants: ['user'],
  secrets: ['applicationPassword'],
  basic: { user: '{{constant.user}}', password: 'applicationPassword' },
  fields: {
    // An editor's titles and excerpts are HTML on this platform, scripts included.
    title: { required: true, as: 'html' },
    body: { required: true, as: 'html' },
    summary: { as: 'html' },
    // A category is a number on this platform.
    column: { required: true, number: true },
    externalId: { required: true },
  },
  code: { json: 'code' },
  message: { json: 'message' },
  errors: [
    {
      value: { json: 'code' },
      in: [
        'rest_cannot_create',
        'rest_cannot_edit',
        'rest_cannot_publish',
        'rest_cannot_delete',
        'rest_cannot_assign_term',
        'rest_not_logged_in',
        'incorrect_password',
        'invalid_username',
        'invalid_email',
      ],
      class: 'account',
      advice: '平台没有认可应用程序密码，或账号没有发文权限，请联系网站管理员',
    },
  ],
  idempotency: 'query-before-create',
  steps: {
    health: { method: 'GET', url: '{{base}}/wp/v2/users/me', success: { status: [200] } },
    upload: {
      method: 'POST',
      url: '{{base}}/wp/v2/media',
      headers: { 'Content-Disposition': 'attachment; filename="{{file.asciiName}}"' },
      body: { kind: 'file' },
      read: { fileId: { json: 'id' }, fileUrl: { json: 'source_url' } },
      success: { status: [201], value: { json: 'id' } },
    },
    query: {
      method: 'GET',
      url: '{{base}}/wp/v2/posts',
      // The list holds published posts only, unless asked for more.
      query: { slug: '{{externalId}}', status: 'publish,future,draft,pending,private' },
      read: { reference: { json: '[0].id' }, url: { json: '[0].link' } },
      success: { status: [200] },
    },
    create: {
      method: 'POST',
      url: '{{base}}/wp/v2/posts',
      body: { kind: 'json', content: POST },
      read: { reference: { json: 'id' }, url: { json: 'link' } },
      success: { status: [201], value: { json: 'id' } },
    },
    update: {
      method: 'POST',
      url: '{{base}}/wp/v2/posts/{{reference}}',
      body: { kind: 'json', content: POST },
      read: { reference: { json: 'id' }, url: { json: 'link' } },
      success: { status: [200], value: { json: 'id' } },
    },
    // Without `force` a post goes to the trash, where the site's own people still find it.
    withdraw: {
      method: 'DELETE',
      url: '{{base}}/wp/v2/posts/{{reference}}',
      success: { status: [200], value: { json: 'id' } },
    },
  },
}
