/** Settings of a road that calls people over Aliyun's voice service. Names every wrong field at once. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { type ApprovedTemplates, templatesIssues } from '../../src/domain/template-rules.ts'
import { readSecrets, schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

const schema = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: '请填写接口地址，例如 https://dyvmsapi.aliyuncs.com' })
    .default('https://dyvmsapi.aliyuncs.com'),
  accessKeyId: z.string().regex(/^[\w.@-]{3,128}$/, '请填写 RAM 用户的 AccessKey ID'),
  /** the name of the secret, never the secret */
  accessKeySecret: z.string().min(1).max(100),
  /** the number people see; without it the platform's common numbers call */
  showNumber: z
    .string()
    .regex(/^[\w-]{3,40}$/, '请填写已购买的号码或服务实例')
    .optional(),
  templates: z
    .custom<ApprovedTemplates>(() => true)
    .check((context) => {
      context.issues.push(...templatesIssues(context.value))
    }),
  /** how often the words are said in one call */
  playTimes: z.int().min(1).max(3).default(3),
  volume: z.int().min(0).max(100).default(100),
  speed: z.int().min(-500).max(500).default(0),
  /** the key that means 收到; then a call without it is not delivered */
  confirmKey: z
    .string()
    .regex(/^[\d*#]$/, '请填写一个按键，0 到 9、* 或 #')
    .optional(),
  /** the name of the secret at the end of the callback's address; without it calls are asked for */
  callbackSecret: z.string().min(1).max(100).optional(),
  countsWhen: z.enum(['accepted', 'receipt']).default('receipt'),
  callsMax: z.int().min(1).max(64).default(10),
  answerTimeoutMs: z.int().min(50).max(120_000).default(20_000),
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export type AliyunVoiceSettings = z.output<typeof schema>

/** What the settings name, with the secrets read. */
export interface AliyunVoiceAccount {
  readonly settings: AliyunVoiceSettings
  readonly secret: string
  readonly callbackSecret?: string
}

/** @throws SettingsFault */
export function readAccount(
  adapter: string,
  given: unknown,
  tools: Pick<Toolbox, 'secret'>,
): AliyunVoiceAccount {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const settings = read.data
  const named = [
    ['accessKeySecret', settings.accessKeySecret],
    ['callbackSecret', settings.callbackSecret],
  ] as const
  const secrets = readSecrets(named, (name) => tools.secret(name))
  const problems = [...secrets.problems]
  const { confirmKey, countsWhen } = settings
  if (confirmKey !== undefined && settings.callbackSecret === undefined)
    problems.push({ field: 'callbackSecret', text: '按键由平台推送，请填写回调密钥的机密名称' })
  if (confirmKey !== undefined && countsWhen !== 'receipt')
    problems.push({ field: 'countsWhen', text: '按键确认的，按回执计数，请填 receipt' })
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  const secret = secrets.found.get('accessKeySecret') ?? ''
  const callbackSecret = secrets.found.get('callbackSecret')
  return { settings, secret, ...(callbackSecret ? { callbackSecret } : {}) }
}
