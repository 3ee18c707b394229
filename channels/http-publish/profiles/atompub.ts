/** Atom Publishing Protocol (RFC 5023): an entry is posted to a collection and lives at the address the
 *  answer names. The protocol recognises no repeated post, so a lost answer stays `unsure`. */
import type { ProfileSource } from '../profile.ts'

const entry = (id: string) => `<?xml version="1.0" encoding="utf-8"?>
<entry xmlns="http://www.w3.org/2005/Atom">
<id>${id}</id>
<title>{{title}}</title>
<updated>{{publishedOn|iso}}</updated>
<author><name>{{publisher}}</name></author>
<category term="{{column}}"/>
<summary>{{summary}}</summary>
<content type="html">{{body}}</content>
</entry>`

const MEDIA_TYPE = 'application/atom+xml;type=entry'

export const atompub: ProfileSource = {
  name: 'AtomPub',
  note: '按 RFC 5023 编写；base 填集合（collection）的地址',
  constants: ['user'],
  secrets: ['password'],
  basic: { user: '{{constant.user}}', password: 'password' },
  fields: {
    title: { required: true },
    body: { required: true, as: 'html' },
    summary: {},
    column: {},
    publisher: { required: true },
    publishedOn: {},
    externalId: { required: true },
  },
  errors: [
    {
      status: [412],
      class: 'retry',
      advice: '平台上的稿件刚被改动，重新读取后再更正',
    },
  ],
  idempotency: 'none',
  steps: {
    create: {
      method: 'POST',
      url: '{{base}}',
      // §9.7: a wish for the address, its characters percent-encoded.
      headers: { Slug: '{{title|percent}}' },
      body: { kind: 'xml', mediaType: MEDIA_TYPE, content: entry('{{base}}#{{externalId}}') },
      read: {
        reference: { header: 'Location' },
        url: { xml: 'entry/link[@rel=alternate]/@href' },
      },
      // §5.3: created means 201, and the new address stands in Location.
      success: { status: [201], value: { header: 'Location' } },
    },
    update: [
      {
        method: 'GET',
        url: '{{reference}}',
        read: { etag: { header: 'ETag' }, entryId: { xml: 'entry/id' } },
        success: { status: [200], value: { xml: 'entry/id' } },
      },
      {
        method: 'PUT',
        url: '{{reference}}',
        // §9.5: so that nobody else's change is overwritten unseen.
        headers: { 'If-Match': '{{etag|optional}}' },
        body: { kind: 'xml', mediaType: MEDIA_TYPE, content: entry('{{entryId}}') },
        success: { status: [200, 204] },
      },
    ],
    withdraw: {
      method: 'DELETE',
      url: '{{reference}}',
      success: { status: [200, 202, 204] },
    },
  },
}
