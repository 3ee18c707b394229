/** A profile: what one platform asks for, as data. It names steps, places for our fields, a signature,
 *  what counts as success and what an error means; it holds no secret and no address of a bureau. */
import { z } from 'zod'
import {
  DIGESTS,
  SIGN_ALGORITHMS,
  SIGN_ENCODINGS,
  TIMESTAMP_FORMATS,
} from '../../src/kit/signing.ts'
import { CHARSETS } from './charset.ts'
import { parseTemplate } from './template.ts'

/** Our own names of what may be published; a template writes `{{title}}`. */
export const FIELDS = [
  ...['title', 'body', 'summary', 'keywords', 'column', 'category', 'externalId'],
  ...['indexNumber', 'documentNumber', 'publisher', 'section', 'formedOn', 'publishedOn'],
  ...['disclosureMode', 'disclosurePeriod', 'audienceScope', 'subjectClass', 'genreClass'],
  ...['validity', 'source', 'contact', 'publicUrl'],
] as const
export type FieldName = (typeof FIELDS)[number]

const template = z
  .string()
  .max(20_000)
  .refine((text) => parseTemplate(text) !== undefined, '占位的写法应为 {{名称}} 或 {{名称|过滤器}}')
const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, '请求头名称只能用英文字母、数字和短横')
const valueName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9]{0,40}$/, '名称只能用英文字母和数字，以字母开头')

/** A repetition inside a repetition can take a regular expression minutes over a hostile answer. */
const NESTED_REPETITION = /\([^)]*[+*}][^)]*\)[+*{]/
const pattern = z
  .string()
  .max(300)
  .refine((text) => {
    try {
      return new RegExp(text, 'u') instanceof RegExp && !NESTED_REPETITION.test(text)
    } catch {
      return false
    }
  }, '正则表达式的写法不正确，或含有嵌套的重复')

/** Where in an answer a value stands. */
const source = z.union([
  /** `data.items[0].id` */
  z.strictObject({ json: z.string().min(1).max(200) }),
  /** `entry/link[@rel=edit]/@href`, namespaces left out */
  z.strictObject({ xml: z.string().min(1).max(200) }),
  z.strictObject({ header: headerName }),
  /** the first group, or the whole match */
  z.strictObject({ regex: pattern }),
])
export type Source = z.output<typeof source>

const scalar = z.union([z.string().max(200), z.number(), z.boolean()])
const statuses = z.array(z.int().min(100).max(599)).min(1).max(50)

/** All conditions that are written must hold. */
const condition = z.strictObject({
  status: statuses.optional(),
  value: source.optional(),
  /** the value is one of these; compared as text */
  in: z.array(scalar).min(1).max(200).optional(),
  contains: z.string().min(1).max(200).optional(),
})
export type Condition = z.output<typeof condition>

const ERROR_CLASSES = [
  'retry',
  'auth',
  'message',
  'account',
  'duplicate',
  'unsure',
  /** what was asked for is not there */
  'absent',
] as const

const errorRule = condition.extend({
  class: z.enum(ERROR_CLASSES),
  /** what staff should do; Chinese */
  advice: z.string().max(200).optional(),
})
export type ErrorRule = z.output<typeof errorRule>

const body = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('json'), content: z.json() }),
  z.strictObject({ kind: z.literal('form'), content: z.record(z.string().max(100), template) }),
  z.strictObject({
    kind: z.literal('multipart'),
    content: z.record(z.string().regex(/^[^"\r\n]{1,100}$/), template),
    /** the part that carries the file, in the step `upload` */
    file: z
      .string()
      .regex(/^[^"\r\n]{1,100}$/, '文件字段名不能含引号和换行')
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('xml'),
    content: template,
    mediaType: z
      .string()
      .regex(/^[\w.+/;= "-]{3,100}$/)
      .default('text/xml'),
  }),
  /** the file's bytes alone, in the step `upload` */
  z.strictObject({ kind: z.literal('file') }),
])

export const step = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  url: template,
  headers: z.record(headerName, template).default({}),
  query: z.record(z.string().max(100), template).default({}),
  body: body.optional(),
  signed: z.boolean().default(true),
  /** names the later steps may use; `reference` and `url` are kept with the publication */
  read: z.record(valueName, source).default({}),
  success: condition.optional(),
})
export type Step = z.output<typeof step>

const steps = z.union([step.transform((one) => [one]), z.array(step).min(1).max(4)])
const stepsOrNone = z.union([z.literal('none'), steps])

const sign = z.strictObject({
  canonical: template,
  algorithm: z.enum(SIGN_ALGORITHMS),
  encoding: z.enum(SIGN_ENCODINGS),
  /** alias of the key of an `hmac-` algorithm; the others name `{{secret.…}}` in the text */
  key: valueName.optional(),
  place: z.enum(['header', 'query', 'body']),
  name: z.string().regex(/^[\w.-]{1,64}$/, '签名字段名只能用英文字母、数字、点、横线和下划线'),
  /** around the signature, for example `HMAC {{signature}}` */
  form: template.default('{{signature}}'),
  timestamp: z.enum(TIMESTAMP_FORMATS).default('ms'),
  nonceCharacters: z.int().min(8).max(64).default(32),
  bodyHash: z.enum(DIGESTS).default('sha256'),
  parameters: z
    .strictObject({
      pair: z.string().max(4).default('='),
      join: z.string().max(4).default('&'),
      encoded: z.boolean().default(false),
      skipEmpty: z.boolean().default(false),
    })
    .default({ pair: '=', join: '&', encoded: false, skipEmpty: false }),
})
export type SignBlock = z.output<typeof sign>

const field = z.strictObject({
  required: z.boolean().default(false),
  charactersMax: z.int().min(1).max(5_000_000).optional(),
  /** `html` where the platform shows the field as HTML: every character a person wrote is escaped; the body
   *  is html by default, everything else text */
  as: z.enum(['html', 'text']).optional(),
  /** the platform knows whole numbers only; a column of another form is refused when it is set */
  number: z.boolean().default(false),
  /** our text → the platform's code, for example 主动公开 → 1 */
  values: z.record(z.string().max(100), z.string().max(100)).optional(),
})

const IDEMPOTENCY = ['external-id', 'put-url', 'query-before-create', 'none'] as const

export const profileSchema = z.strictObject({
  name: z.string().min(1).max(60),
  /** 示例 or 待核 and what the profile was written from; shown beside the channel */
  note: z.string().max(300).default(''),
  charset: z.enum(CHARSETS).default('utf-8'),
  /** what an installation must fill in besides the address */
  constants: z.array(valueName).max(50).default([]),
  /** aliases of secrets an installation must name */
  secrets: z.array(valueName).max(20).default([]),
  /** HTTP Basic (RFC 7617) on every step */
  basic: z.strictObject({ user: template, password: valueName }).optional(),
  fields: z.partialRecord(z.enum(FIELDS), field),
  sign: sign.optional(),
  success: condition.default({ status: [200, 201, 202, 204] }),
  errors: z.array(errorRule).max(100).default([]),
  /** where an error answer explains itself; shown without secrets and long numbers */
  message: source.optional(),
  code: source.optional(),
  idempotency: z.enum(IDEMPOTENCY),
  steps: z.strictObject({
    login: step.optional(),
    upload: step.optional(),
    query: step.optional(),
    create: step,
    publish: step.optional(),
    /** where the public page of `{{reference}}` stands, for platforms that make it later; reads `url` */
    locate: step.optional(),
    update: stepsOrNone.default('none'),
    withdraw: stepsOrNone.default('none'),
    health: step.optional(),
  }),
})
export type Profile = z.output<typeof profileSchema>
/** A profile as it is written down: what has a default may be left out. */
export type ProfileSource = z.input<typeof profileSchema>

/** Every step with the name it has in a message. */
export function stepsOf(profile: Profile): readonly (readonly [string, Step])[] {
  const { login, upload, query, create, publish, locate, update, withdraw, health } = profile.steps
  const single = Object.entries({ login, upload, query, create, publish, locate, health }).flatMap(
    ([name, one]) => (one === undefined ? [] : [[name, one] as const]),
  )
  const several = Object.entries({ update, withdraw }).flatMap(([name, list]) =>
    list === 'none' ? [] : list.map((one, index) => [`${name}.${index}`, one] as const),
  )
  return [...single, ...several]
}
