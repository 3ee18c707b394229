/** 浙江政务服务网，示例: no publishing interface of this platform is public. The shape is what provincial
 *  intensive platforms have in common: token, signed JSON, draft and publish; each name is 待核. */
import type { ProfileSource } from '../profile.ts'

const ARTICLE = {
  externalId: '{{externalId}}',
  columnId: '{{column}}',
  title: '{{title}}',
  content: '{{body}}',
  summary: '{{summary}}',
  keywords: '{{keywords}}',
  indexNo: '{{indexNumber}}',
  docNo: '{{documentNumber}}',
  publisher: '{{publisher}}',
  formedOn: '{{formedOn}}',
  publishTime: '{{publishedOn}}',
  disclosureMode: '{{disclosureMode}}',
  attachments: {
    $each: 'attachments',
    item: { id: '{{file.id}}', name: '{{file.name}}', sha256: '{{file.sha256}}' },
  },
} as const

const TOKEN = { Authorization: 'Bearer {{token}}' } as const
const OK = { value: { json: 'code' }, in: ['0'] }
const STAMPS = {
  'X-App-Key': '{{constant.appKey}}',
  'X-Timestamp': '{{timestamp}}',
  'X-Nonce': '{{nonce}}',
}
const HEADERS = { ...TOKEN, ...STAMPS }

export const serviceNetwork: ProfileSource = {
  name: '浙江政务服务网',
  note: '示例：平台没有公开的发布接口文档，字段、签名和代码均待核，取得接口文档后逐项改正',
  constants: ['appKey'],
  secrets: ['appSecret'],
  fields: {
    title: { required: true, charactersMax: 120 },
    body: { required: true, as: 'html' },
    summary: {},
    keywords: {},
    column: { required: true },
    indexNumber: {},
    documentNumber: {},
    publisher: { required: true },
    formedOn: {},
    publishedOn: { required: true },
    disclosureMode: { values: { 主动公开: '1', 依申请公开: '2', 不予公开: '3' } },
    externalId: { required: true },
  },
  sign: {
    canonical: '{{method}}\n{{path}}\n{{query}}\n{{bodyHash}}\n{{timestamp}}\n{{nonce}}',
    algorithm: 'hmac-sm3',
    encoding: 'hex',
    key: 'appSecret',
    place: 'header',
    name: 'X-Signature',
    timestamp: 'ms',
    bodyHash: 'sm3',
  },
  success: OK,
  code: { json: 'code' },
  message: { json: 'message' },
  errors: [
    { value: { json: 'code' }, in: ['40101', '40102'], class: 'auth', advice: '令牌已过期' },
    {
      value: { json: 'code' },
      in: ['40103'],
      class: 'account',
      advice: '平台不认可签名，请用试算核对签名原文和密钥',
    },
    { value: { json: 'code' }, in: ['40901'], class: 'duplicate' },
    { value: { json: 'code' }, in: ['42901'], class: 'retry' },
    { value: { json: 'code' }, in: ['40301'], class: 'account' },
  ],
  idempotency: 'external-id',
  steps: {
    login: {
      method: 'POST',
      url: '{{base}}/token',
      headers: STAMPS,
      body: { kind: 'json', content: { appKey: '{{constant.appKey}}' } },
      read: { token: { json: 'data.token' } },
      success: { ...OK },
    },
    upload: {
      method: 'POST',
      url: '{{base}}/attachments',
      headers: HEADERS,
      body: { kind: 'multipart', content: { sha256: '{{file.sha256}}' }, file: 'file' },
      read: { fileId: { json: 'data.id' }, fileUrl: { json: 'data.url' } },
    },
    query: {
      method: 'GET',
      url: '{{base}}/articles',
      headers: HEADERS,
      query: { externalId: '{{externalId}}' },
      read: { reference: { json: 'data.items[0].docId' }, url: { json: 'data.items[0].url' } },
    },
    create: {
      method: 'POST',
      url: '{{base}}/articles',
      headers: HEADERS,
      body: { kind: 'json', content: ARTICLE },
      read: { reference: { json: 'data.docId' }, url: { json: 'data.url' } },
    },
    publish: {
      method: 'POST',
      url: '{{base}}/articles/{{reference}}/publish',
      headers: HEADERS,
      read: { url: { json: 'data.url' } },
    },
    update: {
      method: 'PUT',
      url: '{{base}}/articles/{{reference}}',
      headers: HEADERS,
      body: { kind: 'json', content: { ...ARTICLE, reason: '{{reason}}' } },
      read: { url: { json: 'data.url' } },
    },
    withdraw: {
      method: 'POST',
      url: '{{base}}/articles/{{reference}}/withdraw',
      headers: HEADERS,
      body: { kind: 'json', content: { reason: '{{reason}}' } },
    },
  },
}
