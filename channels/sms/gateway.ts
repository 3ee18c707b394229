/** 网关配置: how one vendor's HTTP interface is called and read, as data. What differs between vendors is
 *  written here and nowhere in code; names and values nobody knows are refused. */
import { z } from 'zod'
import { CHARSETS } from '../../src/kit/charset.ts'
import { SIGN_ALGORITHMS, SIGN_ENCODINGS, TIMESTAMP_FORMATS } from '../../src/kit/signing.ts'

/** A text with `{{name}}` where a value comes; the names stand in `VALUE_NAMES`. */
const template = z.string().max(2_000)
const name = z.string().regex(/^[A-Za-z][\w]{0,49}$/, '请用字母开头的字母、数字、下划线')
const secretName = z.string().min(1).max(100)
/** `data.list.0.code`; an empty path is the whole answer */
const path = z.string().regex(/^(?:[^.\s]{1,60}(?:\.[^.\s]{1,60}){0,9})?$/, '请填写用点分隔的路径')
const words = z.array(z.string().max(100)).min(1).max(100)
const pattern = z.string().min(1).max(300).refine(isPattern, '不是正则表达式，请核对写法')

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') !== undefined
  } catch {
    return false
  }
}

/** What may stand between the braces, beside `values.…`, `secrets.…` and `variables.…`. `md5.` and
 *  `sha256.` before a name put its digest in lower-case hex there. */
export const VALUE_NAMES = [
  /** recipients of the call in the vendor's form; alone in a JSON field it may be an array */
  'numbers',
  /** the whole message, its signature first */
  'text',
  /** the message without its signature */
  'body',
  /** 【桐乡应急】 and 桐乡应急 */
  'signature',
  'signatureName',
  /** code of the approved template, and its variables as JSON */
  'template',
  'variables',
  /** the same at each attempt of these recipients: 32 hex characters */
  'key',
  /** another one at each attempt */
  'nonce',
  'timestamp',
  'sign',
  /** what the vendor calls the encoding of this text */
  'coding',
  /** one message asked about: what the vendor called it, and its number */
  'reference',
  'number',
] as const

export type Leaf = string | number | boolean | readonly Leaf[] | { readonly [name: string]: Leaf }
const leaf: z.ZodType<Leaf> = z.lazy(() =>
  z.union([template, z.number(), z.boolean(), z.array(leaf), z.record(z.string(), leaf)]),
)

const call = z.strictObject({
  method: z.enum(['GET', 'POST']),
  url: template.regex(/^(?:https?:\/\/|\{\{values\.)/, '请填写以 http:// 或 https:// 开头的地址'),
  headers: z.record(z.string().regex(/^[\w-]{1,60}$/), template).default({}),
  authorization: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('basic'), user: template, password: secretName }),
      z.strictObject({ kind: z.literal('bearer'), token: secretName }),
    ])
    .optional(),
  /** `base64-json` sends the JSON text in base64 as the whole body; `xml` fills a text, escaping values */
  body: z.enum(['query', 'form', 'json', 'base64-json', 'xml']),
  fields: z.record(z.string().min(1).max(60), leaf).default({}),
  xml: z.string().max(5_000).optional(),
  contentType: z
    .string()
    .regex(/^[\w/+.; =-]{3,80}$/)
    .optional(),
})
export type Call = z.output<typeof call>

/** How an answer or a callback becomes a tree of named texts. */
const format = z.enum(['json', 'xml', 'form', 'text'])
const time = z.enum(['s', 'ms', 'yyyyMMddHHmmss', 'yyyy-MM-dd HH:mm:ss', 'iso'])
const when = z.strictObject({ path, in: words })

/** What a code means for a message: only `retry` is tried again. */
const MEANINGS = ['retry', 'recipient', 'message', 'account', 'duplicate', 'unsure'] as const
const errors = z.record(
  z.string().min(1).max(60),
  z.strictObject({
    means: z.enum(MEANINGS),
    text: z.string().min(1).max(100),
    /** shortest pause before the next attempt */
    waitMs: z.int().min(0).max(86_400_000).optional(),
  }),
)
export type ErrorTable = z.output<typeof errors>

const answer = z.strictObject({
  format,
  /** of format `text`: named groups become the members of the tree */
  pattern: pattern.optional(),
  code: path,
  success: words,
  reference: path.optional(),
  perNumber: z
    .strictObject({
      list: path,
      number: path,
      code: path,
      success: words,
      reference: path.optional(),
      /** what became of a number the list does not name */
      absent: z.enum(['accepted', 'unsure']),
    })
    .optional(),
})

const receipt = z.strictObject({
  list: path.default(''),
  when: when.optional(),
  reference: path,
  address: path.optional(),
  state: path,
  /** a state in neither list is not the end */
  delivered: words,
  failed: z.array(z.string().max(100)).max(100),
  /** every state not called delivered is a failure */
  othersFailed: z.boolean().default(false),
  code: path.optional(),
  at: z.strictObject({ path, format: time }).optional(),
})
const reply = z.strictObject({
  list: path.default(''),
  when: when.optional(),
  from: path,
  text: path,
  id: path.optional(),
  reference: path.optional(),
  at: z.strictObject({ path, format: time }).optional(),
})
export type ReceiptMap = z.output<typeof receipt>
export type ReplyMap = z.output<typeof reply>

/** How a callback proves that the vendor sent it; all that are listed must hold. */
const verification = z.discriminatedUnion('kind', [
  /** the last part of the path, a query parameter or a header equals a secret nobody else knows */
  z.strictObject({
    kind: z.literal('secret'),
    place: z.enum(['path', 'query', 'header']),
    name: z
      .string()
      .regex(/^[\w-]{1,60}$/)
      .default('token'),
    secret: secretName,
  }),
  z.strictObject({ kind: z.literal('basic'), user: z.string().max(100), password: secretName }),
  /** a digest over `body` (raw), `header.…` (its hyphens as `_`), `query.…`, `field.…`, `secrets.…` */
  z.strictObject({
    kind: z.literal('digest'),
    place: z.enum(['query', 'header', 'field']),
    name: z.string().regex(/^[\w.-]{1,60}$/),
    algorithm: z.enum(SIGN_ALGORITHMS),
    encoding: z.enum(SIGN_ENCODINGS),
    text: template,
    key: secretName.optional(),
  }),
])
export type Verification = z.output<typeof verification>

const push = z.strictObject({
  verify: z.array(verification).min(1, '回执和回复必须能核对来源，请至少填写一种验证方式').max(4),
  format: z.enum(['json', 'xml', 'form', 'query']),
  receipt: receipt.optional(),
  reply: reply.optional(),
  answer: z
    .strictObject({
      body: z.string().max(500).default(''),
      contentType: z.string().max(80).default('text/plain; charset=utf-8'),
    })
    .prefault({}),
})
export type PushRule = z.output<typeof push>

const pull = z.strictObject({
  /** a queue gives each record once; otherwise one question a message or a number */
  per: z.enum(['queue', 'reference', 'number']),
  call,
  format,
  pattern: pattern.optional(),
  /** an answer without this is no answer */
  success: when.optional(),
  receipt: receipt.optional(),
  reply: reply.optional(),
})
export type PullRule = z.output<typeof pull>

export const gatewaySchema = z.strictObject({
  /** 示例 or 待核: why this profile may need correction, shown wherever it is chosen */
  note: z.string().max(200).optional(),
  charset: z.enum(CHARSETS).default('utf-8'),
  timestamp: z.enum(TIMESTAMP_FORMATS).default('s'),
  numbers: z
    .strictObject({
      separator: z.string().min(1).max(3).default(','),
      array: z.boolean().default(false),
      prefix: z
        .string()
        .regex(/^(?:\+?86|0086)?$/)
        .default(''),
      /** recipients one call may name */
      max: z.int().min(1).max(5_000).default(1),
    })
    .prefault({}),
  /** vendors that add the signature themselves get the body alone */
  signatureBy: z.enum(['us', 'vendor']).default('us'),
  links: z.enum(['allowed', 'forbidden']).default('allowed'),
  charactersMax: z.int().min(1).max(5_000).optional(),
  /** values of `coding` */
  codings: z.strictObject({ 'gsm-7': z.string(), 'ucs-2': z.string() }).optional(),
  send: call,
  sign: z
    .strictObject({
      algorithm: z.enum(SIGN_ALGORITHMS),
      encoding: z.enum(SIGN_ENCODINGS),
      text: template,
      key: secretName.optional(),
    })
    .optional(),
  answer,
  /** codes of the answers, and `http-503` for a status */
  errors: errors.default({}),
  /** the vendor knows `key` again and takes nothing twice; for one recipient a call */
  keyed: z.boolean().default(false),
  /** where a message has no name of the vendor's, our own `key` is its reference */
  ownReference: z.boolean().default(false),
  countsWhen: z.enum(['accepted', 'receipt']).default('accepted'),
  push: push.optional(),
  pulls: z.array(pull).max(4).default([]),
  /** asks what became of a doubtful call; the question names its `key` */
  lookUp: z
    .strictObject({
      call,
      format,
      success: when.optional(),
      list: path,
      /** a record belongs to this number */
      number: path,
      reference: path.optional(),
      /** `unsent` only where the vendor says that nothing taken can be missing */
      absent: z.enum(['unsent', 'unsure']),
    })
    .optional(),
  balance: z
    .strictObject({
      call,
      format,
      pattern: pattern.optional(),
      success: when.optional(),
      path,
      /** fewer parts than this is a warning */
      low: z.int().min(0).max(100_000_000).default(1_000),
    })
    .optional(),
})
export type Gateway = z.output<typeof gatewaySchema>
export type GatewayData = z.input<typeof gatewaySchema>
export const valueName = name
