/** Gateways the product knows, as data. What no document at hand confirms is marked 待核, and what stands
 *  for a kind of vendor only is marked 示例: either is corrected in the settings, not here. */
import {
  GBK_FORM,
  JSON_PULLED,
  JSON_SINGLE,
  JSON_TEMPLATE,
  JSON_VENDOR,
} from './example-profiles.ts'
import type { GatewayData } from './gateway.ts'

/** Kannel 1.4.5, user guide "Using SMS gateway" (sendsms) and "Delivery reports"; checked against it. Its
 *  callbacks carry our secret as a parameter, because Kannel signs nothing. */
const KANNEL: GatewayData = {
  numbers: { prefix: '', max: 1, separator: ' ' },
  codings: { 'gsm-7': '0', 'ucs-2': '2' },
  send: {
    method: 'GET',
    url: '{{values.url}}',
    body: 'query',
    fields: {
      username: '{{values.user}}',
      password: '{{secrets.password}}',
      from: '{{values.from}}',
      to: '{{numbers}}',
      text: '{{text}}',
      coding: '{{coding}}',
      charset: 'UTF-8',
      // delivered, failed, buffered, taken by the centre, turned back by the centre
      'dlr-mask': '31',
      'dlr-url':
        '{{values.callback}}?kind=receipt&token={{secrets.callback}}&reference={{key}}&state=%d&number=%p&at=%T',
    },
  },
  answer: {
    format: 'text',
    pattern: '^(?<code>\\d(?=: )|[A-Z][a-z()]+ [a-z]+)',
    code: 'code',
    success: ['0', '3'],
  },
  errors: {
    'Authorization failed': { means: 'account', text: 'Kannel 不认这个用户，请核对用户名和密码' },
    'Sender missing': { means: 'account', text: 'Kannel 要求发送号码，请填写 from' },
    'Missing receiver': { means: 'recipient', text: 'Kannel 没有收到号码' },
    'Number(s) has': { means: 'recipient', text: '号码在 Kannel 的黑名单中' },
    'Tried to': { means: 'account', text: 'Kannel 不许这个用户使用某个参数，请核对 sendsms-user' },
    'http-503': { means: 'retry', text: 'Kannel 暂时不能接收', waitMs: 1_000 },
  },
  ownReference: true,
  push: {
    verify: [{ kind: 'secret', place: 'query', name: 'token', secret: 'callback' }],
    format: 'query',
    receipt: {
      when: { path: 'kind', in: ['receipt'] },
      reference: 'reference',
      address: 'number',
      state: 'state',
      delivered: ['1'],
      // not delivered, turned back by the centre, expired
      failed: ['2', '16', '34'],
      at: { path: 'at', format: 's' },
    },
    reply: {
      when: { path: 'kind', in: ['reply'] },
      from: 'from',
      text: 'text',
      id: 'id',
      at: { path: 'at', format: 's' },
    },
  },
}

/** 云MAS（中国移动）HTTP 接口 norsubmit, from memory of its handbook: every name here is 待核. */
const CLOUD_MAS: GatewayData = {
  note: '待核：字段名、错误码和状态推送格式请对照服务商交付的《云MAS接口文档》核对后使用',
  numbers: { max: 5_000, separator: ',' },
  signatureBy: 'vendor',
  send: {
    method: 'POST',
    url: '{{values.url}}',
    body: 'base64-json',
    fields: {
      ecName: '{{values.ecName}}',
      apId: '{{values.apId}}',
      mobiles: '{{numbers}}',
      content: '{{body}}',
      // the code of the signature on the platform, not its words
      sign: '{{values.signCode}}',
      addSerial: '{{values.addSerial}}',
      mac: '{{sign}}',
    },
  },
  sign: {
    algorithm: 'md5',
    encoding: 'hex',
    text: '{{values.ecName}}{{values.apId}}{{secrets.secretKey}}{{numbers}}{{body}}{{values.signCode}}{{values.addSerial}}',
  },
  answer: { format: 'json', code: 'rspcod', success: ['success'], reference: 'msgGroup' },
  errors: {
    IllegalMac: { means: 'account', text: '签名校验没有通过，请核对密钥' },
    IllegalSignId: { means: 'account', text: '短信签名编码无效，请核对 signCode' },
    InvalidUsrOrPwd: { means: 'account', text: '账号或密码不正确' },
    NoSignId: { means: 'account', text: '没有填写短信签名编码' },
    InvalidMessage: { means: 'message', text: '短信内容不被接受，请修改正文' },
    TooManyMobiles: { means: 'account', text: '一次调用的号码超过上限，请减小 numbers.max' },
  },
  push: {
    verify: [{ kind: 'secret', place: 'path', secret: 'callback' }],
    format: 'json',
    receipt: {
      reference: 'msgGroup',
      address: 'mobile',
      state: 'errorCode',
      delivered: ['DELIVRD', 'CM:0000'],
      failed: [],
      othersFailed: true,
      at: { path: 'receiveDate', format: 'yyyyMMddHHmmss' },
    },
    reply: {
      from: 'mobile',
      text: 'smsContent',
      at: { path: 'sendTime', format: 'yyyy-MM-dd HH:mm:ss' },
    },
    answer: { body: 'OK' },
  },
}

export const PROFILES: Readonly<Record<string, GatewayData>> = {
  kannel: KANNEL,
  'cloud-mas': CLOUD_MAS,
  'json-vendor': JSON_VENDOR,
  'json-single': JSON_SINGLE,
  'json-pulled': JSON_PULLED,
  'json-template': JSON_TEMPLATE,
  'gbk-form': GBK_FORM,
}
