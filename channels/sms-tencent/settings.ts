/** Settings of a road over Tencent Cloud's short message service. Names every wrong field at once. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { type ApprovedTemplates, templatesIssues } from '../../src/domain/template-rules.ts'
import { readSecrets, schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

/** cloud.tencent.com/document/api/382/55981 */
const NUMBERS_MAX = 200

const schema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: '请填写接口地址，例如 https://sms.tencentcloudapi.com' })
    .default('https://sms.tencentcloudapi.com'),
  region: z
    .string()
    .regex(/^[a-z]{2}-[a-z]+$/, '例如 ap-guangzhou')
    .default('ap-guangzhou'),
  secretId: z.string().regex(/^\w{3,128}$/, '请填写子用户的 SecretId'),
  /** the name of the secret, never the secret */
  secretKey: z.string().min(1).max(100),
  sdkAppId: z.string().regex(/^\d{5,20}$/, '请填写短信应用的 SdkAppId，一串数字'),
  signature: z
    .string()
    .regex(/^[^【】\p{Cc}\s]{2,12}$/u, '请填写已报备的签名，2 到 12 个字，不带【】'),
  /** variables in the order of the template's {1}, {2} */
  templates: z
    .custom<ApprovedTemplates>(() => true)
    .check((context) => {
      context.issues.push(...templatesIssues(context.value))
    }),
  numbersMax: z.int().min(1).max(NUMBERS_MAX).default(NUMBERS_MAX),
  extendCode: z
    .string()
    .regex(/^\d{1,20}$/, '短信码号扩展号只用数字')
    .optional(),
  /** the name of the secret at the end of the callback's address */
  callbackSecret: z.string().min(1).max(100).optional(),
  /** Tencent has opened the pulling of states for this account: receipts and lost answers are asked for */
  pulls: z.boolean().default(false),
  countsWhen: z.enum(['accepted', 'receipt']).default('accepted'),
  partsMax: z.int().min(1).max(20).default(8),
  callsMax: z.int().min(1).max(64).default(10),
  /** a health that is not well when fewer messages are left in the packages */
  low: z.int().min(0).max(10_000_000).default(1_000),
  answerTimeoutMs: z.int().min(50).max(120_000).default(20_000),
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export type TencentSmsSettings = z.output<typeof schema>

/** What the settings name, with the secrets read. */
export interface TencentSmsAccount {
  readonly settings: TencentSmsSettings
  readonly secret: string
  readonly callbackSecret?: string
}

/** @throws SettingsFault */
export function readAccount(
  adapter: string,
  given: unknown,
  tools: Pick<Toolbox, 'secret'>,
): TencentSmsAccount {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const settings = read.data
  const named = [
    ['secretKey', settings.secretKey],
    ['callbackSecret', settings.callbackSecret],
  ] as const
  const secrets = readSecrets(named, (name) => tools.secret(name))
  const problems = [...secrets.problems]
  if (settings.countsWhen === 'receipt' && !settings.pulls && settings.callbackSecret === undefined)
    problems.push({
      field: 'countsWhen',
      text: '按回执计数需要填写 callbackSecret，或开通拉取后把 pulls 设为 true',
    })
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  const secret = secrets.found.get('secretKey') ?? ''
  const callbackSecret = secrets.found.get('callbackSecret')
  return { settings, secret, ...(callbackSecret ? { callbackSecret } : {}) }
}
