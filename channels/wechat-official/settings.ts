/** Settings of a road to one official account: its credentials by name, whether followers are told, the
 *  cover, the callback. Names every wrong field at once. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readSecrets, schemaProblems } from '../../src/kit/schema-problems.ts'
import { wechatKey } from '../../src/kit/wechat-crypto.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'

const secretName = z.string().min(1).max(100)
const mediaId = z.string().regex(/^[\w-]{10,256}$/, '请填写永久素材的 media_id')

const schema = z.strictObject({
  appId: z.string().regex(/^wx[0-9A-Za-z]{10,30}$/, '请填写公众平台上的 AppID，以 wx 开头'),
  /** name of the secret that holds the AppSecret */
  secret: secretName,
  base: z
    .string()
    .max(200)
    .regex(
      /^(?:https:\/\/[\w.-]{1,100}(?::\d{1,5})?|http:\/\/127\.0\.0\.1:\d{1,5})$/,
      '请填写接口地址，以 https:// 开头，末尾不带斜线',
    )
    .default('https://api.weixin.qq.com'),
  /** true: 群发, followers are told and a send of the quota is used; false: 发布 only */
  push: z.boolean().default(false),
  /** 公众号 (once 订阅号): one send a day; 服务号: four a month */
  account: z.enum(['subscription', 'service']).default('subscription'),
  /** only followers under this tag are told; all when absent */
  tagId: z.int().min(0).max(1_000_000_000).optional(),
  /** API群发保护 is on: an administrator has to tap within 30 minutes */
  protection: z.boolean().default(true),
  /** HH:mm: what was signed until then goes out in one send; absent: each item in a send of its own */
  bundleAt: z
    .array(
      z
        .string()
        .regex(/^(?:0[7-9]|1\d|2[01]):[0-5]\d$/, '请填写 07:00 到 21:59 的时刻，例如 16:30'),
    )
    .min(1)
    .max(6)
    .optional(),
  /** a send goes on when the platform finds a text that may be reprinted */
  ignoreReprint: z.boolean().default(false),
  author: z
    .string()
    .regex(/^[^\p{Cc}]{1,16}$/u, '作者最多 16 字，不能含有换行')
    .optional(),
  coverMediaId: mediaId.optional(),
  /** the first picture of the text is its cover, where there is one */
  coverFromPicture: z.boolean().default(true),
  /** a title over 32 characters is shortened and stands whole above the text; otherwise it is refused */
  shortenTitle: z.boolean().default(false),
  /** 阅读原文 leads to the public page of the item */
  link: z.boolean().default(false),
  comments: z.boolean().default(false),
  /** openid of one's own for previews; tests go nowhere else */
  previewTo: z
    .string()
    .regex(/^[\w-]{20,64}$/, '请填写自己的 openid')
    .optional(),
  callback: z
    .strictObject({
      token: secretName,
      /** 安全模式: name of the secret that holds the EncodingAESKey */
      aesKey: secretName.optional(),
      /** 明文模式, in which the signature does not cover what is said */
      plain: z.boolean().default(false),
    })
    .optional(),
  timeoutMs: z.int().min(50).max(120_000).default(20_000),
  /** the platform's limits in place of those of the account's kind */
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})

export type OfficialSettings = z.output<typeof schema>

/** @throws SettingsFault */
export function readOfficialSettings(adapter: string, given: unknown): OfficialSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const problems = faultsOf(read.data)
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

function faultsOf(settings: OfficialSettings): readonly Problem[] {
  const { push, tagId, bundleAt, callback, coverMediaId, coverFromPicture } = settings
  const problems: Problem[] = []
  if (!push && tagId !== undefined)
    problems.push({ field: 'tagId', text: '只发布不群发时没有标签，请删除，或把 push 设为 true' })
  if (!push && bundleAt !== undefined)
    problems.push({ field: 'bundleAt', text: '只有群发才合并，请删除，或把 push 设为 true' })
  if (callback && callback.plain === (callback.aesKey !== undefined))
    problems.push({
      field: 'callback.aesKey',
      text: '安全模式请填写 EncodingAESKey 的机密名称；明文模式请只写 plain: true',
    })
  if (coverMediaId === undefined && !coverFromPicture)
    problems.push({
      field: 'coverMediaId',
      text: '每篇图文都要有封面，请填写 coverMediaId，或打开 coverFromPicture',
    })
  return problems
}

export interface Secrets {
  readonly secret: string
  readonly token?: string
  readonly aesKey?: Buffer
}

/** Looks every secret up once, so that a missing one is known before anything is signed.
 *  @throws SettingsFault */
export function secretsOf(adapter: string, settings: OfficialSettings, tools: Toolbox): Secrets {
  const { secret, callback } = settings
  const named = [
    ['secret', secret],
    ['callback.token', callback?.token],
    ['callback.aesKey', callback?.aesKey],
  ] as const
  const read = readSecrets(named, (name) => tools.secret(name))
  const problems = [...read.problems]
  const token = read.found.get('callback.token')
  const encoded = read.found.get('callback.aesKey')
  const aesKey = encoded ? wechatKey(encoded) : undefined
  if (encoded && !aesKey)
    problems.push({
      field: 'callback.aesKey',
      text: 'EncodingAESKey 应为 43 个字母和数字，请从公众平台复制后更新机密',
    })
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return {
    secret: read.found.get('secret') ?? '',
    ...(token ? { token } : {}),
    ...(aesKey ? { aesKey } : {}),
  }
}

const MINUTE_MS = 60_000
/** 群发接口每分钟限制请求 60 次 (公众号文档, 群发接口). */
const MASS_CALLS_A_MINUTE = 60
const SENDS = {
  subscription: { window: 'day', max: 1 },
  service: { window: 'month', max: 4 },
} as const

export function ratesOf({ rates, push, account, appId }: OfficialSettings): Rates | undefined {
  if (rates || !push) return rates
  return {
    account: `wechat-${appId}`,
    limits: [
      { scope: 'account', ...SENDS[account], unit: 'message' },
      { scope: 'account', window: MINUTE_MS, max: MASS_CALLS_A_MINUTE, unit: 'call' },
    ],
  }
}
