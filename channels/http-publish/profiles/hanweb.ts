/** 大汉 JCMS 一类的网站群，示例: nothing usable about its interface is public. The shape is the older one many
 *  site groups still have: GBK forms, MD5 over the sorted fields, one address for everything; 待核. */
import type { ProfileSource } from '../profile.ts'

const STAMPS = { appid: '{{constant.appId}}', ts: '{{timestamp}}', nonce: '{{nonce}}' } as const
const ARTICLE = {
  ...STAMPS,
  webid: '{{constant.siteId}}',
  cataid: '{{column}}',
  title: '{{title}}',
  content: '{{body}}',
  keyword: '{{keywords}}',
  author: '{{publisher}}',
  source: '{{source}}',
  fileno: '{{documentNumber}}',
  syncid: '{{externalId}}',
} as const

export const hanweb: ProfileSource = {
  name: '大汉 JCMS 一类的网站群',
  note: '示例：没有公开的接口文档，地址、字段、签名和代码均待核，取得接口文档后逐项改正',
  charset: 'gbk',
  constants: ['appId', 'siteId'],
  secrets: ['appKey'],
  fields: {
    title: { required: true, charactersMax: 100 },
    body: { required: true, as: 'html' },
    keywords: {},
    column: { required: true },
    publisher: { required: true },
    source: {},
    documentNumber: {},
    externalId: { required: true },
  },
  sign: {
    canonical: '{{parameters}}&key={{secret.appKey}}',
    algorithm: 'md5',
    encoding: 'HEX',
    place: 'body',
    name: 'sign',
    timestamp: 'yyyyMMddHHmmss',
    nonceCharacters: 16,
    parameters: { skipEmpty: true },
  },
  success: { value: { json: 'result' }, in: ['success'] },
  code: { json: 'errcode' },
  message: { json: 'errmsg' },
  errors: [
    { value: { json: 'errcode' }, in: ['1001', '1002'], class: 'account' },
    { value: { json: 'errcode' }, in: ['1005'], class: 'retry' },
  ],
  idempotency: 'query-before-create',
  steps: {
    query: {
      method: 'POST',
      url: '{{base}}/article/find.do',
      body: {
        kind: 'form',
        content: { ...STAMPS, webid: '{{constant.siteId}}', syncid: '{{externalId}}' },
      },
      read: { reference: { json: 'articleid' }, url: { json: 'url' } },
    },
    create: {
      method: 'POST',
      url: '{{base}}/article/add.do',
      body: { kind: 'form', content: ARTICLE },
      read: { reference: { json: 'articleid' }, url: { json: 'url' } },
    },
    update: {
      method: 'POST',
      url: '{{base}}/article/edit.do',
      body: { kind: 'form', content: { ...ARTICLE, articleid: '{{reference}}' } },
      read: { url: { json: 'url' } },
    },
    withdraw: {
      method: 'POST',
      url: '{{base}}/article/revoke.do',
      body: {
        kind: 'form',
        content: { ...STAMPS, articleid: '{{reference}}', reason: '{{reason}}' },
      },
    },
  },
}
