/** Settings of an SMS road: a gateway, the account on it, the signature, and what of a bulletin is said.
 *  Names every wrong field at once, also names inside templates that nobody fills. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { missingSecret } from '../../src/kit/schema-problems.ts'
import { isAvailable, isKeyed } from '../../src/kit/signing.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'
import { type Gateway, gatewaySchema, VALUE_NAMES, valueName } from './gateway.ts'
import { PROFILES } from './profiles.ts'

export const VARIABLE_SOURCES = [
  ...['title', 'text', 'summary', 'level', 'source', 'document-number', 'formed-on'],
  ...['agency', 'contact', 'reason', 'url'],
] as const
export type VariableSource = (typeof VARIABLE_SOURCES)[number]

const approved = z.strictObject({
  code: z.string().min(1).max(100),
  /** the approved words with `{{variable}}`, for preview and counting */
  wording: z.string().min(1).max(1_000),
  variables: z
    .array(
      z.strictObject({
        name: valueName,
        from: z.enum(VARIABLE_SOURCES),
        charactersMax: z.int().min(1).max(1_000).default(20),
      }),
    )
    .min(1)
    .max(20),
})
export type ApprovedTemplate = z.output<typeof approved>

const message = z.discriminatedUnion('form', [
  z.strictObject({
    form: z.literal('text'),
    /** `summary` needs a summary and else says the whole; a quote is always said whole */
    contents: z.enum(['whole', 'summary', 'title']).default('whole'),
    link: z.boolean().default(false),
    /** for example 回T退订, a word the hub understands as a wish to be taken off; empty says nothing */
    unsubscribe: z.string().max(20).default(''),
    lineBreak: z.enum(['\n', ' ', '；']).default('\n'),
  }),
  z.strictObject({
    form: z.literal('template'),
    publish: approved,
    amend: approved.optional(),
    withdraw: approved.optional(),
    /** whether the vendor takes an address inside a variable */
    linkInVariable: z.boolean().default(false),
  }),
])
export type MessageChoice = z.output<typeof message>

const schema = z.strictObject({
  /** a shipped profile; `gateway` replaces members of it */
  base: z.string().max(50).optional(),
  gateway: z.record(z.string(), z.unknown()).default({}),
  /** account names, sender numbers and whatever else `{{values.…}}` asks for */
  values: z
    .record(
      valueName,
      z
        .string()
        .max(500)
        .regex(/^[^\p{Cc}]*$/u, '不能含有换行或控制字符'),
    )
    .default({}),
  /** `{{secrets.…}}` to names of secrets */
  secrets: z.record(valueName, z.string().min(1).max(100)).default({}),
  signature: z
    .string()
    .regex(/^[^【】\p{Cc}\s]{2,12}$/u, '请填写已报备的签名，2 到 12 个字，不带【】'),
  message: message.prefault({ form: 'text' }),
  partsMax: z.int().min(1).max(20).default(8),
  /** what an address that is filled in later is reckoned to take */
  linkCharacters: z.int().min(10).max(500).default(60),
  callsMax: z.int().min(1).max(64).default(10),
  answerTimeoutMs: z.int().min(50).max(120_000).default(20_000),
  /** the platform's limits on this account; none when absent */
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export interface SmsSettings extends Omit<z.output<typeof schema>, 'base' | 'gateway'> {
  readonly gateway: Gateway
}

/** @throws SettingsFault */
export function readSmsSettings(adapter: string, given: unknown): SmsSettings {
  const locale = { error: z.locales.zhCN().localeError }
  const read = schema.safeParse(given, locale)
  const problems = read.success ? [] : read.error.issues.flatMap((one) => problemsOf(one))
  const outer = read.success ? read.data : partly(given)
  const known = outer.base !== undefined && Object.hasOwn(PROFILES, outer.base)
  const base = outer.base === undefined ? {} : known ? PROFILES[outer.base] : undefined
  if (base === undefined)
    problems.push({
      field: 'base',
      text: `没有这个网关配置，可以选 ${Object.keys(PROFILES).join('、')}，或只填写 gateway`,
    })
  const gateway = gatewaySchema.safeParse({ ...base, ...outer.gateway }, locale)
  if (!gateway.success)
    problems.push(...gateway.error.issues.flatMap((one) => problemsOf(one, 'gateway')))
  if (read.success && gateway.success) {
    const { base: _, ...rest } = read.data
    const settings = { ...rest, gateway: gateway.data }
    problems.push(...faultsOf(settings))
    if (problems.length === 0) return settings
  }
  throw new SettingsFault(adapter, problems)
}

/** What can be read of settings that are wrong elsewhere, so that the gateway's faults are named too. */
function partly(given: unknown): { base?: string; gateway: Record<string, unknown> } {
  const { base, gateway } = (given ?? {}) as { base?: unknown; gateway?: unknown }
  return {
    ...(typeof base === 'string' ? { base } : {}),
    gateway: typeof gateway === 'object' && gateway !== null ? { ...gateway } : {},
  }
}

function problemsOf(issue: z.core.$ZodIssue, above = ''): Problem[] {
  const place = [...(above ? [above] : []), ...issue.path].join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: place ? `${place}.${key}` : key,
      text: '没有这一项设置，请删除或核对名称',
    }))
  return [{ field: place || 'settings', text: issue.message }]
}

/** What no single field can know: names that are filled, algorithms that exist, parts that fit. */
function faultsOf(settings: SmsSettings): Problem[] {
  const { gateway, message: said } = settings
  const faults = [...templatesOf(gateway)].flatMap(([field, text]) =>
    nameFaults(settings, field, text),
  )
  const add = (field: string, text: string) => faults.push({ field, text })
  const { sign } = gateway
  if (sign && !isAvailable(sign.algorithm))
    add('gateway.sign.algorithm', `这台机器没有 ${sign.algorithm} 算法，请更换或升级 OpenSSL`)
  if (sign && isKeyed(sign.algorithm) !== (sign.key !== undefined))
    add('gateway.sign.key', 'hmac 算法需要填写密钥的机密名称，其他算法不填')
  // A batch that is asked about or tried again may be smaller than the one that was sent, so that only a
  // key of one recipient is the same each time.
  for (const field of ['keyed', 'lookUp'] as const)
    if (gateway[field] && gateway.numbers.max > 1)
      add(`gateway.${field}`, '去重和查询按每个号码各自的编号进行，请把 numbers.max 设为 1')
  if (gateway.answer.format === 'text' && !gateway.answer.pattern)
    add('gateway.answer.pattern', '答复是文本时，请填写带命名组的正则表达式')
  const ends = [...(gateway.push ? [gateway.push] : []), ...gateway.pulls]
  if (gateway.countsWhen === 'receipt' && !ends.some((one) => one.receipt))
    add('gateway.countsWhen', '按回执计数需要填写 push.receipt 或 pulls 中的 receipt')
  for (const [index, one] of (gateway.push?.verify ?? []).entries())
    if (one.kind === 'digest' && isKeyed(one.algorithm) !== (one.key !== undefined))
      add(`gateway.push.verify.${index}.key`, 'hmac 算法需要填写密钥的机密名称，其他算法不填')
  if (said.form === 'text' && said.link && gateway.links === 'forbidden')
    add('message.link', '这个网关不接受链接，请关闭')
  if (said.form === 'template') faults.push(...approvedFaults(said))
  return faults
}

function approvedFaults(said: Extract<MessageChoice, { form: 'template' }>): Problem[] {
  const faults: Problem[] = []
  for (const act of ['publish', 'amend', 'withdraw'] as const) {
    const { variables = [], wording = '' } = said[act] ?? {}
    const field = `message.${act}`
    if (said[act] && !variables.some(({ from }) => from === 'title' || from === 'text'))
      faults.push({ field: `${field}.variables`, text: '至少一个变量取自标题或正文' })
    for (const [index, one] of variables.entries()) {
      if (one.from === 'url' && !said.linkInVariable)
        faults.push({
          field: `${field}.variables.${index}.from`,
          text: '这个网关不接受变量中的链接，请把链接写进报备的模板',
        })
      if (!wording.includes(`{{${one.name}}}`))
        faults.push({ field: `${field}.wording`, text: `模板文字中没有 {{${one.name}}}` })
    }
    for (const [, name = ''] of wording.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g))
      if (!variables.some((one) => one.name === name))
        faults.push({ field: `${field}.wording`, text: `没有名为 ${name} 的变量` })
  }
  return faults
}

/** Every text of the gateway that may hold names, with its field. */
function* templatesOf(value: unknown, field = 'gateway'): Generator<[string, string]> {
  if (typeof value === 'string') yield [field, value]
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) yield* templatesOf(member, `${field}.${key}`)
}

const CALLBACK_NAMES = /^(?:body$|header\.|query\.|field\.)/

function nameFaults(settings: SmsSettings, field: string, text: string): Problem[] {
  return [...text.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g)].flatMap(([, full = '']) => {
    const name = full.replace(/^(?:md5|sha256)\./, '')
    const [kind = '', member = ''] = name.split('.')
    if (!/^[\w.]+$/.test(full))
      return [{ field, text: `名称只能用字母、数字、下划线和点：${full.slice(0, 40)}` }]
    if (field.startsWith('gateway.push') && CALLBACK_NAMES.test(name)) return []
    if (kind === 'values' || kind === 'secrets')
      return Object.hasOwn(settings[kind], member)
        ? []
        : [{ field: `${kind}.${member}`, text: `网关配置用到 ${name}，请填写（见 ${field}）` }]
    if (kind === 'variables' && member !== '') return []
    if ((VALUE_NAMES as readonly string[]).includes(name)) return []
    return [{ field, text: `没有名为 ${full.slice(0, 40)} 的值，请核对写法` }]
  })
}

/** Reads every secret the settings name, so that a missing one is found before the first message; by the
 *  name the gateway calls it.
 *  @throws SettingsFault */
export function secretsOf(
  adapter: string,
  settings: SmsSettings,
  tools: Toolbox,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const problems: Problem[] = []
  for (const [member, name] of Object.entries(settings.secrets))
    try {
      found.set(member, tools.secret(name))
    } catch {
      const text = missingSecret(name)
      problems.push({ field: `secrets.${member}`, text })
    }
  for (const [field, member] of secretFields(settings.gateway))
    if (!Object.hasOwn(settings.secrets, member))
      problems.push({ field: `secrets.${member}`, text: `网关配置用到它，请填写（见 ${field}）` })
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return found
}

function* secretFields(gateway: Gateway): Generator<[string, string]> {
  const calls: (readonly [string, Gateway['send'] | undefined])[] = [
    ['send', gateway.send],
    ['lookUp.call', gateway.lookUp?.call],
    ['balance.call', gateway.balance?.call],
    ...gateway.pulls.map((one, index) => [`pulls.${index}.call`, one.call] as const),
  ]
  for (const [place, one] of calls) {
    const { authorization } = one ?? {}
    if (authorization?.kind === 'basic')
      yield [`gateway.${place}.authorization.password`, authorization.password]
    if (authorization?.kind === 'bearer')
      yield [`gateway.${place}.authorization.token`, authorization.token]
  }
  if (gateway.sign?.key) yield ['gateway.sign.key', gateway.sign.key]
  for (const [index, one] of (gateway.push?.verify ?? []).entries()) {
    const name = one.kind === 'secret' ? one.secret : one.kind === 'basic' ? one.password : one.key
    const member = one.kind === 'secret' ? 'secret' : one.kind === 'basic' ? 'password' : 'key'
    if (name) yield [`gateway.push.verify.${index}.${member}`, name]
  }
}
