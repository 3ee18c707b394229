/** Micropub (W3C Recommendation, 23 May 2017): a post lives at the address its creation names, and all
 *  acts on it go to one endpoint. It recognises no repeat and searches nothing, so a lost answer stays
 *  `unsure`. */
import type { ProfileSource } from '../profile.ts'

const HEADERS = { Authorization: 'Bearer {{secret.token}}', Accept: 'application/json' } as const
/** §3.3.2: every value is a list. §4.1.3: HTML content is an object. */
const PROPERTIES = {
  name: ['{{title}}'],
  content: [{ html: '{{body}}' }],
  category: ['{{column}}'],
  published: ['{{publishedOn|iso}}'],
  // §3.3.5: a server that does not know the property leaves it out.
  uid: ['{{externalId}}'],
}
/** §3.4.4 and §3.5.1; 201 when the address has changed with the change. */
const CHANGED = { status: [200, 201, 204] }
const MOVED = { reference: { header: 'Location' }, url: { header: 'Location' } }

export const micropub: ProfileSource = {
  name: 'Micropub',
  note: '按 W3C 推荐标准 Micropub（2017-05-23）编写；base 填 Micropub 端点的地址',
  secrets: ['token'],
  fields: {
    title: { required: true },
    body: { required: true, as: 'html' },
    column: { required: true },
    publishedOn: {},
    externalId: { required: true },
  },
  // §3.8
  code: { json: 'error' },
  message: { json: 'error_description' },
  errors: [
    {
      value: { json: 'error' },
      in: ['unauthorized', 'insufficient_scope', 'forbidden'],
      class: 'account',
      advice: '平台不认可令牌，或令牌没有 create、update、delete 的权限，请换发令牌',
    },
    // The standard gives a missing post no code of its own; this is the text of its example 25.
    { status: [400], value: { json: 'error_description' }, contains: 'not found', class: 'absent' },
  ],
  idempotency: 'none',
  steps: {
    health: {
      method: 'GET',
      url: '{{base}}',
      headers: HEADERS,
      query: { q: 'config' },
      success: { status: [200] },
    },
    // §3.7.2: by address only.
    query: {
      method: 'GET',
      url: '{{base}}',
      headers: HEADERS,
      query: { q: 'source', properties: 'name', url: '{{reference}}' },
      success: { status: [200], value: { json: 'properties.name[0]' } },
    },
    create: {
      method: 'POST',
      url: '{{base}}',
      headers: HEADERS,
      body: { kind: 'json', content: { type: ['h-entry'], properties: PROPERTIES } },
      read: { reference: { header: 'Location' }, url: { header: 'Location' } },
      // §3.3.6: 202 promises the post at this address soon.
      success: { status: [201, 202], value: { header: 'Location' } },
    },
    update: {
      method: 'POST',
      url: '{{base}}',
      headers: HEADERS,
      body: {
        kind: 'json',
        content: {
          action: 'update',
          url: '{{reference}}',
          replace: {
            name: PROPERTIES.name,
            content: PROPERTIES.content,
            category: PROPERTIES.category,
          },
        },
      },
      read: MOVED,
      success: CHANGED,
    },
    withdraw: {
      method: 'POST',
      url: '{{base}}',
      headers: HEADERS,
      body: { kind: 'json', content: { action: 'delete', url: '{{reference}}' } },
      success: CHANGED,
    },
  },
}
