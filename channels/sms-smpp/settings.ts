/** Settings of an SMPP line. Refuses what cannot work, every wrong field at once and by its name. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readLinePassword } from '../../src/kit/carrier/password.ts'
import { CLOSED_HOST } from '../../src/kit/reach.ts'
import { schemaProblems } from '../../src/kit/schema-problems.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'
import { MEANINGS } from './status.ts'

/** Text of a C-octet string: what the field of the protocol holds without its end. */
const octets = (max: number) =>
  z.string().regex(new RegExp(`^[\\x20-\\x7e]{0,${max}}$`), `最多 ${max} 个英文字符`)
const numbering = z.int().min(0).max(255)

const schema = z.strictObject({
  host: z.string().regex(/^[\w.:-]{1,253}$/, '请填写运营商网关的域名或 IP 地址'),
  port: z.int().min(1).max(65_535),
  /** TLS from the first byte; carriers mostly close the net instead */
  secure: z.boolean().default(false),
  systemId: octets(15).min(1, '请填写运营商给的系统编号'),
  /** name of the secret, never the password itself; SMPP knows 8 characters */
  passwordSecret: z.string().min(1).max(100),
  systemType: octets(12).default(''),
  /** `transceiver` sends and hears over one connection, `pair` over two, `transmitter` hears nothing */
  bind: z.enum(['transceiver', 'pair', 'transmitter']).default('transceiver'),
  serviceType: octets(5).default(''),
  addressRange: octets(40).default(''),
  from: z.strictObject({
    address: z.string().regex(/^[\dA-Za-z+]{1,20}$/, '请填写接入号，1 到 20 位'),
    ton: numbering.default(0),
    npi: numbering.default(1),
  }),
  to: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^\+?\d{0,4}$/, '请填写号码前缀，例如 86，或留空')
        .default('86'),
      ton: numbering.default(1),
      npi: numbering.default(1),
    })
    .prefault({}),
  /** how a long text travels: as parts with a joining header, or whole in message_payload */
  long: z.enum(['parts', 'payload']).default('parts'),
  /** `decimal`: the carrier names a message in hexadecimal and reports of it in decimal */
  receiptIds: z.enum(['same', 'decimal']).default('same'),
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
  /** submissions under way at once on the connection */
  window: z.int().min(1).max(1_000).default(10),
  connectTimeoutMs: z.int().min(50).max(120_000).default(10_000),
  answerTimeoutMs: z.int().min(50).max(120_000).default(20_000),
  enquireEveryMs: z.int().min(50).max(600_000).default(30_000),
  reconnectMsMin: z.int().min(10).max(60_000).default(1_000),
  reconnectMsMax: z.int().min(10).max(600_000).default(60_000),
  /** pause after "too fast" */
  slowerMs: z.int().min(10).max(600_000).default(1_000),
  /** the carrier's own numbers of command_status, in decimal */
  errors: z
    .record(
      z.string().regex(/^\d{1,10}$/, '请用十进制的状态码'),
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

export type SmppSettings = z.output<typeof schema>

/** @throws SettingsFault */
export function readSmppSettings(adapter: string, given: unknown, tools: Toolbox): SmppSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const problems = faultsOf(read.data, tools)
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

/** What no single field can know. */
function faultsOf(settings: SmppSettings, tools: Toolbox): readonly Problem[] {
  const faults: Problem[] = []
  const add = (field: string, text: string) => faults.push({ field, text })
  if (settings.countsWhen === 'receipt' && settings.bind === 'transmitter')
    add('countsWhen', '只发不收的连接没有回执，请改为 accepted 或更换 bind')
  if (settings.reconnectMsMax < settings.reconnectMsMin)
    add('reconnectMsMax', '不能小于 reconnectMsMin')
  if (tools.mayReach?.(settings.host, settings.port) === false) add('host', CLOSED_HOST)
  return faults
}

/** @throws SettingsFault when the secret is not there, or is none of SMPP's */
export function passwordOf(
  adapter: string,
  { passwordSecret }: SmppSettings,
  tools: Toolbox,
): string {
  const read = readLinePassword(passwordSecret, (name) => tools.secret(name))
  if (read.problems.length > 0) throw new SettingsFault(adapter, read.problems)
  return read.password
}
