/** Settings of one road: which platform, whose address, which secrets, which columns. Names every wrong
 *  field at once, the profile's own mistakes included, before anything is ever sent. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { missingSecret } from '../../src/kit/schema-problems.ts'
import { isAvailable, isKeyed } from '../../src/kit/signing.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'
import { allowedUrl, whyNotListed } from './hosts.ts'
import { type Profile, profileSchema } from './profile.ts'
import { profileProblems } from './profile-check.ts'
import { atompub } from './profiles/atompub.ts'
import { hanweb } from './profiles/hanweb.ts'
import { micropub } from './profiles/micropub.ts'
import { serviceNetwork } from './profiles/service-network.ts'
import { trs } from './profiles/trs.ts'
import { wordpress } from './profiles/wordpress.ts'
import { parseTemplate } from './template.ts'

const ADAPTER = 'http-publish'
const MEBIBYTE = 1024 * 1024

/** Profiles that come with the product, by the name a setting uses. */
export const PROFILES: Readonly<Record<string, unknown>> = {
  atompub,
  hanweb,
  micropub,
  'service-network': serviceNetwork,
  trs,
  wordpress,
}

const hostSchema = z.strictObject({
  host: z
    .string()
    .regex(
      /^(?:[\w-]{1,63}(?:\.[\w-]{1,63})*|\[[0-9a-f:]{2,45}\])$/i,
      '请填写域名或 IP 地址，不带协议和路径',
    ),
  port: z.int().min(1).max(65_535).optional(),
  plain: z.boolean().default(false),
  internal: z.boolean().default(false),
})

const short = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, '不能含有换行或控制字符')

const schema = z.strictObject({
  /** the name of a profile that comes with the product, or a whole profile */
  profile: z.unknown(),
  /** where the interface begins, without a slash at the end; templates write `{{base}}` */
  base: z
    .string()
    .max(300)
    .regex(/^https?:\/\/[^?#]+[^/?#]$/, '请填写接口地址，以 https:// 开头，末尾不带斜线'),
  /** the only hosts this road calls; what an answer names beside them is not followed */
  hosts: z.array(hostSchema).min(1).max(20),
  constants: z.record(z.string().max(40), short).default({}),
  /** alias in the profile → name of the secret; never the secret itself */
  secrets: z.record(z.string().max(40), z.string().min(1).max(100)).default({}),
  /** category id → the platform's column */
  columns: z.record(z.string().max(60), short).default({}),
  columnDefault: short.optional(),
  /** our id on the platform begins with this; two installations on one platform need two */
  externalIdPrefix: z
    .string()
    .regex(/^[\w.-]{0,40}$/, '只能用英文字母、数字、点、横线和下划线')
    .default('duoling-'),
  /** where the public page stands when no answer says it; may use what the steps read */
  publicUrl: z
    .string()
    .max(500)
    .refine((text) => parseTemplate(text) !== undefined, '占位的写法应为 {{名称}}')
    .optional(),
  /** look at the public page afterwards: only then is the publication counted */
  probe: z.boolean().default(false),
  timeoutMs: z.int().min(50).max(120_000).default(15_000),
  answerBytesMax: z
    .int()
    .min(1_000)
    .max(16 * MEBIBYTE)
    .default(MEBIBYTE),
  attachmentBytesMax: z
    .int()
    .min(0)
    .max(50 * MEBIBYTE)
    .default(20 * MEBIBYTE),
  connections: z.int().min(1).max(20).default(2),
  /** the platform's limits on this account; none when absent */
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export type PublishSettings = Omit<z.output<typeof schema>, 'profile'> & {
  readonly profile: Profile
}

/** @throws SettingsFault */
export function readPublishSettings(given: unknown): PublishSettings {
  const error = z.locales.zhCN().localeError
  const own = schema.safeParse(given, { error })
  const problems: Problem[] = own.success
    ? []
    : own.error.issues.flatMap((one) => problemsOf(one, ''))
  const named = chosenProfile(given)
  const read = profileSchema.safeParse(named.profile, { error })
  if (named.problem) problems.push(named.problem)
  else if (!read.success)
    problems.push(...read.error.issues.flatMap((one) => problemsOf(one, 'profile')))
  if (read.success) problems.push(...profileProblems(read.data))
  if (own.success && read.success) problems.push(...together(own.data, read.data))
  else if (own.success) problems.push(...hostProblems(own.data))
  if (problems.length > 0 || !own.success || !read.success)
    throw new SettingsFault(ADAPTER, problems)
  return { ...own.data, profile: read.data }
}

function chosenProfile(given: unknown): { profile: unknown; problem?: Problem } {
  const profile =
    typeof given === 'object' && given !== null && 'profile' in given ? given.profile : undefined
  if (profile !== undefined && typeof profile !== 'string') return { profile }
  const names = Object.keys(PROFILES)
  if (profile !== undefined && names.includes(profile)) return { profile: PROFILES[profile] }
  const text = `请填写平台方案：${names.join('、')}，或写出完整的方案`
  return { profile: undefined, problem: { field: 'profile', text } }
}

function problemsOf(issue: z.core.$ZodIssue, under: string): readonly Problem[] {
  const path = [under, ...issue.path].filter((part) => part !== '').join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: path === '' ? key : `${path}.${key}`,
      text: '没有这一项设置，请删除或核对名称',
    }))
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative with the fewest complaints is the one that was meant.
    const [closest = []] = issue.errors.toSorted((a, b) => a.length - b.length)
    return closest.flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, under),
    )
  }
  return [{ field: path || 'settings', text: issue.message }]
}

type Own = z.output<typeof schema>

function hostProblems({ base, hosts }: Own): readonly Problem[] {
  const problems = hosts.flatMap((one, index) => {
    const text = whyNotListed(one)
    return text === undefined ? [] : [{ field: `hosts.${index}.host`, text }]
  })
  if (!allowedUrl(base, hosts)) {
    const text = '接口地址不在 hosts 之列；未加密的 http 地址还须在该主机上写明 plain: true'
    problems.push({ field: 'base', text })
  }
  return problems
}

function together(own: Own, profile: Profile): readonly Problem[] {
  const problems = [...hostProblems(own)]
  const missing = (field: string, names: readonly string[], given: object, text: string) => {
    for (const name of names)
      if (!Object.hasOwn(given, name)) problems.push({ field: `${field}.${name}`, text })
    for (const name of Object.keys(given))
      if (!names.includes(name))
        problems.push({
          field: `${field}.${name}`,
          text: '平台方案没有用到这一项，请删除或核对名称',
        })
  }
  missing('constants', profile.constants, own.constants, '平台方案需要这一项，请填写')
  missing('secrets', profile.secrets, own.secrets, '平台方案需要这一项，请填写机密的名称')
  problems.push(...columnProblems(own, profile))
  if (own.probe && own.publicUrl === undefined && !readsUrl(profile))
    problems.push({
      field: 'probe',
      text: '平台的回答里没有公开地址，请填写 publicUrl，或关闭 probe',
    })
  return problems
}

/** A column the platform cannot read is named here, and not when a signed item is refused. */
function columnProblems({ columns, columnDefault }: Own, { fields }: Profile): readonly Problem[] {
  const named = Object.entries(columns).map(([id, column]) => [`columns.${id}`, column] as const)
  const given =
    columnDefault === undefined ? named : [...named, ['columnDefault', columnDefault] as const]
  if (!fields.column)
    return given.map(([field]) => ({ field, text: '平台方案没有栏目一项，请删除' }))
  return given.flatMap(([field, column]) => {
    if (column.trim() === '') return [{ field, text: '栏目编号是空的，请填写平台上的栏目编号' }]
    return fields.column?.number && !/^[1-9]\d{0,14}$/.test(column)
      ? [{ field, text: `这个平台的栏目编号是整数，「${column}」不是，请到平台上查看` }]
      : []
  })
}

function readsUrl({ steps }: Profile): boolean {
  return [steps.create, steps.publish, steps.query, steps.locate].some(
    (one) => one?.read['url'] !== undefined,
  )
}

/** Looks every secret up once, so that a missing one is known before anything is signed.
 *  @throws SettingsFault */
export function secretsOf(settings: PublishSettings, tools: Toolbox): ReadonlyMap<string, string> {
  const problems: Problem[] = []
  const found = new Map<string, string>()
  for (const [alias, name] of Object.entries(settings.secrets))
    try {
      found.set(alias, tools.secret(name))
    } catch {
      const text = missingSecret(name)
      problems.push({ field: `secrets.${alias}`, text })
    }
  const { sign } = settings.profile
  if (sign && !(isAvailable(sign.algorithm) && isAvailable(sign.bodyHash)))
    problems.push({
      field: 'profile.sign.algorithm',
      text: `这台机器的 OpenSSL 没有 ${isKeyed(sign.algorithm) ? sign.algorithm.slice(5) : sign.algorithm} 算法，请换用带国密算法的版本`,
    })
  if (problems.length > 0) throw new SettingsFault(ADAPTER, problems)
  return found
}
