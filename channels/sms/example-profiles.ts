/** 示例: gateways that stand for a kind of vendor. No document of one vendor is behind them; the simulator
 *  speaks the same, so that practice and tests have somebody to talk to. */
import type { GatewayData } from './gateway.ts'

const JSON_ERRORS: NonNullable<GatewayData['errors']> = {
  '1001': { means: 'account', text: '签名校验没有通过，请核对密钥和服务器时间' },
  '1002': { means: 'account', text: '这台机器的地址不在服务商的白名单中' },
  '1003': { means: 'account', text: '余额不足，请充值' },
  '1004': { means: 'account', text: '短信签名没有报备' },
  '2001': { means: 'recipient', text: '号码无效' },
  '2002': { means: 'recipient', text: '号码在服务商的黑名单中，或本人已退订' },
  '2003': { means: 'recipient', text: '这个号码今天收到的短信已到上限' },
  '3001': { means: 'message', text: '内容含服务商不接受的词语，请修改正文' },
  '3002': { means: 'message', text: '内容过长，请缩短正文' },
  '4001': { means: 'retry', text: '服务商要求放慢', waitMs: 1_000 },
  '4002': { means: 'retry', text: '服务商暂时忙' },
  '5001': { means: 'duplicate', text: '服务商已收过同样的短信' },
}

/** A vendor that speaks JSON, answers for each number, and pushes what became of them. */
export const JSON_VENDOR: GatewayData = {
  note: '示例：请按服务商文档改字段名、签名方法和错误码',
  numbers: { array: true, max: 500 },
  send: {
    method: 'POST',
    url: '{{values.url}}/send',
    body: 'json',
    fields: {
      account: '{{values.account}}',
      timestamp: '{{timestamp}}',
      nonce: '{{nonce}}',
      numbers: '{{numbers}}',
      text: '{{text}}',
      clientId: '{{key}}',
      sign: '{{sign}}',
    },
  },
  sign: {
    algorithm: 'hmac-sha256',
    encoding: 'hex',
    text: '{{values.account}}\n{{timestamp}}\n{{nonce}}',
    key: 'key',
  },
  answer: {
    format: 'json',
    code: 'code',
    success: ['0'],
    reference: 'id',
    perNumber: {
      list: 'results',
      number: 'number',
      code: 'code',
      success: ['0'],
      reference: 'id',
      absent: 'unsure',
    },
  },
  errors: JSON_ERRORS,
  push: {
    verify: [
      {
        kind: 'digest',
        place: 'header',
        name: 'x-signature',
        algorithm: 'hmac-sha256',
        encoding: 'hex',
        text: '{{header.x_timestamp}}\n{{body}}',
        key: 'key',
      },
    ],
    format: 'json',
    receipt: {
      list: 'reports',
      reference: 'id',
      address: 'number',
      state: 'state',
      delivered: ['DELIVRD'],
      failed: ['UNDELIV', 'EXPIRED', 'REJECTD', 'DELETED'],
      code: 'code',
      at: { path: 'time', format: 'yyyy-MM-dd HH:mm:ss' },
    },
    reply: { list: 'replies', from: 'number', text: 'text', id: 'id' },
    answer: { body: '{"code":"0"}', contentType: 'application/json' },
  },
  balance: {
    call: jsonCall('balance', {}),
    format: 'json',
    success: { path: 'code', in: ['0'] },
    path: 'parts',
  },
}

function jsonCall(name: string, more: Readonly<Record<string, string>>): GatewayData['send'] {
  return {
    method: 'POST',
    url: `{{values.url}}/${name}`,
    body: 'json',
    fields: {
      account: '{{values.account}}',
      timestamp: '{{timestamp}}',
      nonce: '{{nonce}}',
      sign: '{{sign}}',
      ...more,
    },
  }
}

/** The same vendor where it knows a call again by our own name of it, one number a call. */
export const JSON_SINGLE: GatewayData = {
  ...JSON_VENDOR,
  numbers: { array: true, max: 1 },
  keyed: true,
  lookUp: {
    call: jsonCall('query', { clientId: '{{key}}' }),
    format: 'json',
    success: { path: 'code', in: ['0'] },
    list: 'results',
    number: 'number',
    reference: 'id',
    absent: 'unsent',
  },
}

/** The same vendor where receipts and replies are fetched; each record is given once. */
export const JSON_PULLED: GatewayData = {
  ...JSON_VENDOR,
  push: undefined,
  pulls: [
    {
      per: 'queue',
      call: jsonCall('reports', {}),
      format: 'json',
      success: { path: 'code', in: ['0'] },
      receipt: JSON_VENDOR.push?.receipt,
    },
    {
      per: 'queue',
      call: jsonCall('replies', {}),
      format: 'json',
      success: { path: 'code', in: ['0'] },
      reply: JSON_VENDOR.push?.reply,
    },
  ],
}

/** A vendor that sends approved templates only. */
export const JSON_TEMPLATE: GatewayData = {
  ...JSON_VENDOR,
  signatureBy: 'vendor',
  links: 'forbidden',
  send: jsonCall('send', {
    numbers: '{{numbers}}',
    clientId: '{{key}}',
    signature: '{{signatureName}}',
    template: '{{template}}',
    variables: '{{variables}}',
  }),
}

/** An older vendor: a form in GBK, the password as MD5, and one line of text as the answer. */
export const GBK_FORM: GatewayData = {
  note: '示例：请按服务商文档改字段名和返回码',
  charset: 'gbk',
  numbers: { max: 100, separator: ',' },
  timestamp: 'yyyyMMddHHmmss',
  send: {
    method: 'POST',
    url: '{{values.url}}',
    body: 'form',
    fields: {
      user: '{{values.user}}',
      password: '{{sign}}',
      timestamp: '{{timestamp}}',
      mobiles: '{{numbers}}',
      content: '{{text}}',
    },
  },
  sign: {
    algorithm: 'md5',
    encoding: 'hex',
    text: '{{values.user}}{{secrets.password}}{{timestamp}}',
  },
  answer: {
    format: 'text',
    pattern: '^(?<code>ok|-\\d{1,5})(?::(?<id>\\w{1,40}))?',
    code: 'code',
    success: ['ok'],
    reference: 'id',
  },
  errors: {
    '-1': { means: 'account', text: '账号或密码不正确' },
    '-2': { means: 'account', text: '余额不足，请充值' },
    '-3': { means: 'message', text: '内容含服务商不接受的词语，请修改正文' },
    '-4': { means: 'retry', text: '服务商要求放慢', waitMs: 2_000 },
  },
}
