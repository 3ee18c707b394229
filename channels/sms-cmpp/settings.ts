/** Settings of a CMPP line. Refuses what cannot work, every wrong field at once and by its name. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readLinePassword } from '../../src/kit/carrier/password.ts'
import { CLOSED_HOST } from '../../src/kit/reach.ts'
import { schemaProblems } from '../../src/kit/schema-problems.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'
import { MEANINGS } from './result.ts'

/** Text of a field of so many bytes. */
const octets = (max: number) =>
  z.string().regex(new RegExp(`^[\\x21-\\x7e]{0,${max}}$`), `最多 ${max} 个英文字符`)

const schema = z.strictObject({
  host: z.string().regex(/^[\w.:-]{1,253}$/, '请填写短信网关的域名或 IP 地址'),
  port: z.int().min(1).max(65_535),
  /** TLS from the first byte; carriers mostly close the net instead */
  secure: z.boolean().default(false),
  version: z.enum(['2.0', '3.0']),
  /** 企业代码, also the name of the login */
  spId: octets(6).min(1, '请填写运营商给的企业代码'),
  /** name of the secret, never the shared secret itself */
  passwordSecret: z.string().min(1).max(100),
  /** 业务代码 */
  serviceId: octets(10).default(''),
  /** 接入号, with our extension when there is one */
  from: z.string().regex(/^\d{1,21}$/, '请填写接入号，1 到 21 位数字'),
  numberPrefix: z.enum(['', '86']).default(''),
  fee: z
    .strictObject({
      /** 0 the recipient, 1 the sender, 2 the enterprise */
      userType: z.int().min(0).max(2).default(2),
      type: z
        .string()
        .regex(/^\d{2}$/, '请填写两位资费类别，例如 01')
        .default('01'),
      code: z
        .string()
        .regex(/^\d{0,6}$/, '最多 6 位数字')
        .default('000000'),
    })
    .prefault({}),
  countsWhen: z.enum(['accepted', 'receipt']).default('accepted'),
  signature: z
    .string()
    .regex(/^[^【】\p{Cc}\s]{2,12}$/u, '请填写已报备的签名，2 到 12 个字，不带【】'),
  message: z
    .strictObject({
      contents: z.enum(['whole', 'summary', 'title']).default('whole'),
      link: z.boolean().default(false),
      unsubscribe: z.string().max(20).default(''),
      lineBreak: z.enum(['\n', ' ', '；']).default('\n'),
    })
    .prefault({}),
  partsMax: z.int().min(1).max(20).default(8),
  linkCharacters: z.int().min(10).max(500).default(60),
  /** submissions under way at once on the connection; the document recommends 16 */
  window: z.int().min(1).max(1_000).default(16),
  connectTimeoutMs: z.int().min(50).max(120_000).default(10_000),
  answerTimeoutMs: z.int().min(50).max(120_000).default(30_000),
  activeTestEveryMs: z.int().min(50).max(600_000).default(60_000),
  reconnectMsMin: z.int().min(10).max(60_000).default(1_000),
  reconnectMsMax: z.int().min(10).max(600_000).default(60_000),
  /** pause after "too fast" */
  slowerMs: z.int().min(10).max(600_000).default(1_000),
  /** the gateway's own numbers of Result, in decimal */
  errors: z
    .record(
      z.string().regex(/^\d{1,10}$/, '请用十进制的返回码'),
      z.strictObject({ means: z.enum(MEANINGS), text: z.string().min(1).max(100) }),
    )
    .default({}),
  /** the carrier's limits on this account; none when absent */
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export type CmppSettings = z.output<typeof schema>

/** @throws SettingsFault */
export function readCmppSettings(adapter: string, given: unknown, tools: Toolbox): CmppSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const problems = faultsOf(read.data, tools)
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

/** What no single field can know. */
function faultsOf(settings: CmppSettings, tools: Toolbox): readonly Problem[] {
  const faults: Problem[] = []
  const add = (field: string, text: string) => faults.push({ field, text })
  if (settings.reconnectMsMax < settings.reconnectMsMin)
    add('reconnectMsMax', '不能小于 reconnectMsMin')
  if (tools.mayReach?.(settings.host, settings.port) === false) add('host', CLOSED_HOST)
  return faults
}

/** @throws SettingsFault when the secret is not there, or cannot be the shared one */
export function passwordOf(
  adapter: string,
  { passwordSecret }: CmppSettings,
  tools: Toolbox,
): string {
  const read = readLinePassword(passwordSecret, (name) => tools.secret(name))
  if (read.problems.length > 0) throw new SettingsFault(adapter, read.problems)
  return read.password
}
