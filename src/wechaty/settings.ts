/** The settings of the bridge to WeChat, from one JSON object. Every wrong field is named at once; a token stands
 *  in none of them. */
import { z } from 'zod'
import { readSecrets, type SettingProblem, schemaProblems } from '../kit/schema-problems.ts'

const secretName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,99}$/, '请写机密的名称：小写字母、数字、短横，不是机密本身')
const PUPPET = /^(?:@[a-z0-9-]{1,60}\/)?wechaty-puppet-[a-z0-9-]{1,60}$/
const OPTIONS_CHARACTERS_MAX = 10_000
/** what a shared secret is guessed from */
const SECRET_CHARACTERS_MIN = 16

const schema = z.strictObject({
  /** name of the secret the hub proves itself with */
  secret: secretName,
  host: z
    .union([z.ipv4(), z.ipv6()], '请写本机的一个 IP 地址，例如 127.0.0.1')
    .default('127.0.0.1'),
  /** 0 takes any free port */
  port: z.int().min(0).max(65_535).default(8030),
  puppet: z
    .string()
    .regex(PUPPET, '请写 puppet 的包名，例如 wechaty-puppet-service')
    .default('wechaty-puppet-service'),
  /** name of the secret with the puppet's token */
  token: secretName.optional(),
  /** what the puppet takes besides its token: `endpoint`, `tls` … */
  puppetOptions: z
    .record(z.string().max(100), z.json())
    .refine((options) => !('token' in options), '令牌请写成机密，名称写在 token')
    .refine(
      (options) => JSON.stringify(options).length <= OPTIONS_CHARACTERS_MAX,
      `最多 ${OPTIONS_CHARACTERS_MAX} 个字符`,
    )
    .default({}),
  gapMs: z.int().min(1_000).max(600_000).default(4_000),
  jitterMs: z.int().min(0).max(600_000).default(4_000),
  lookupTimeoutMs: z.int().min(1_000).max(60_000).default(15_000),
  sendTimeoutMs: z.int().min(1_000).max(60_000).default(20_000),
})
export type BridgeSettings = z.output<typeof schema>

export interface BridgeSecrets {
  readonly secret: string
  readonly token: string | undefined
}

export function readBridgeSettings(
  given: unknown,
  secretOf: (name: string) => string | undefined,
):
  | { readonly settings: BridgeSettings; readonly secrets: BridgeSecrets }
  | { readonly problems: readonly SettingProblem[] } {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) return { problems: schemaProblems(read.error.issues) }
  const settings = read.data
  const { found, problems } = readSecrets(
    [
      ['secret', settings.secret],
      ['token', settings.token],
    ],
    (name) => {
      const value = secretOf(name)
      if (value === undefined) throw new Error(`no secret named ${name}`)
      return value
    },
  )
  const secret = found.get('secret') ?? ''
  const short = problems.length === 0 && [...secret].length < SECRET_CHARACTERS_MIN
  const all = [
    ...problems,
    ...(short
      ? [{ field: 'secret', text: `口令至少 ${SECRET_CHARACTERS_MIN} 个字符，请换一个随机的` }]
      : []),
  ]
  if (all.length > 0) return { problems: all }
  return { settings, secrets: { secret, token: found.get('token') } }
}
