/** Settings of a road over Aliyun's short message service. Names every wrong field at once. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { type ApprovedTemplates, templatesIssues } from '../../src/domain/template-rules.ts'
import { readSecrets, schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

/** SendSms takes 1,000 numbers, SendBatchSms 100 (help.aliyun.com, SendSms and SendBatchSms). */
const NUMBERS_MAX = 1_000
export const BATCH_NUMBERS_MAX = 100

const schema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: '请填写接口地址，例如 https://dysmsapi.aliyuncs.com' })
    .default('https://dysmsapi.aliyuncs.com'),
  accessKeyId: z.string().regex(/^[\w.@-]{3,128}$/, '请填写 RAM 用户的 AccessKey ID'),
  /** the name of the secret, never the secret */
  accessKeySecret: z.string().min(1).max(100),
  signature: z
    .string()
    .regex(/^[^【】\p{Cc}\s]{2,12}$/u, '请填写已报备的签名，2 到 12 个字，不带【】'),
  templates: z
    .custom<ApprovedTemplates>(() => true)
    .check((context) => {
      context.issues.push(...templatesIssues(context.value))
    }),
  /** numbers of one call; a warning always goes one number a call, because the platform delays groups */
  numbersMax: z.int().min(1).max(NUMBERS_MAX).default(1),
  extendCode: z
    .string()
    .regex(/^\d{1,20}$/, '上行扩展码只用数字')
    .optional(),
  /** the name of the secret at the end of the callback's address; without it receipts are asked for */
  callbackSecret: z.string().min(1).max(100).optional(),
  countsWhen: z.enum(['accepted', 'receipt']).default('accepted'),
  partsMax: z.int().min(1).max(20).default(8),
  callsMax: z.int().min(1).max(64).default(10),
  answerTimeoutMs: z.int().min(50).max(120_000).default(20_000),
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export type AliyunSmsSettings = z.output<typeof schema>

/** What the settings name, with the secrets read. */
export interface AliyunSmsAccount {
  readonly settings: AliyunSmsSettings
  readonly secret: string
  readonly callbackSecret?: string
}

/** @throws SettingsFault */
export function readAccount(
  adapter: string,
  given: unknown,
  tools: Pick<Toolbox, 'secret'>,
): AliyunSmsAccount {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const settings = read.data
  const named = [
    ['accessKeySecret', settings.accessKeySecret],
    ['callbackSecret', settings.callbackSecret],
  ] as const
  const secrets = readSecrets(named, (name) => tools.secret(name))
  const problems = [...secrets.problems]
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  const secret = secrets.found.get('accessKeySecret') ?? ''
  const callbackSecret = secrets.found.get('callbackSecret')
  return { settings, secret, ...(callbackSecret ? { callbackSecret } : {}) }
}
