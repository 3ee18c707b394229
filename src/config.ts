/** Environment and `duoling.config.json`, parsed once; every fault is listed at once, and no value
 *  of a secret is ever repeated in a message. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { EnvironmentFault, errorCode } from './kit/environment-fault.ts'

export const CONFIG_FILE = 'duoling.config.json'

export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; otherwise STARTTLS where the server offers it */
  readonly secure: boolean
  readonly user?: string
  /** name of the secret, not the password */
  readonly passwordSecret?: string
  readonly from: string
}

export interface Config {
  /** absolute */
  readonly dataFolder: string
  readonly port: number
  readonly host: string
  /** 手机签发 alone at an address of its own, besides the common one; none when undefined */
  readonly sign: { readonly host: string; readonly port: number } | undefined
  /** where phones find 手机签发, without a slash at the end */
  readonly signUrl: string | undefined
  /** the embedded server when undefined */
  readonly databaseUrl: string | undefined
  /** live only where the file says so: nothing real is reached by accident */
  readonly mode: 'practice' | 'live'
  /** where readers find the portal, without a slash at the end */
  readonly publicUrl: string | undefined
  readonly smtp: SmtpSettings | undefined
  /** programs of this machine that roads may reach: a bridge to a chat platform, a mail relay */
  readonly allowLoopback: readonly { readonly host: string; readonly port: number }[]
  /** of the environment; those that were set for an agency outweigh them */
  readonly secret: (name: string) => string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

export class ConfigFault extends EnvironmentFault {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super({
      what: `配置有 ${problems.length} 处要改：\n${problems.map((one) => `  - ${one}`).join('\n')}`,
      next: `逐条改好环境变量或 ${CONFIG_FILE}，再运行一次`,
    })
    this.name = 'ConfigFault'
    this.problems = problems
  }
}

const VARIABLES = [
  ...['DUOLING_DATA', 'DUOLING_PORT', 'DUOLING_HOST', 'DATABASE_URL'],
  ...['DUOLING_SIGN_PORT', 'DUOLING_SIGN_HOST'],
]
const SECRET_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

const webAddress = (text: string) => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === ''
}

/** The pages of sign-off stand at the root of their host. */
const webOrigin = (text: string) => webAddress(text) && new URL(text).pathname === '/'

const smtpSchema = z.strictObject({
  host: z.string('要写邮件服务器的地址').regex(/^[A-Za-z0-9.:-]{1,253}$/, '不像一个服务器地址'),
  port: z
    .int('要写 1 到 65535 的整数')
    .min(1, '要写 1 到 65535 的整数')
    .max(65_535, '要写 1 到 65535 的整数'),
  secure: z.boolean('要写 true（端口 465）或 false'),
  user: z.string('要写文字').min(1, '不能为空').max(256, '最多 256 个字符').optional(),
  passwordSecret: z
    .string('要写密钥的名字')
    .regex(SECRET_NAME, '要写密钥的名字，如 smtp-password；密码用 duoling secret set 设置')
    .optional(),
  from: z
    .string('要写发件人信箱')
    .max(320, '最多 320 个字符')
    .regex(/^[^\r\n]*[^\s<>@]+@[^\s<>@]+>?$/, '要写信箱，如 某某局 <office@example.gov.cn>'),
})

const LOOPBACK_PLACE = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):([1-9]\d{0,4})$/
const LOOPBACK_PLACES_MAX = 50

const fileSchema = z.strictObject({
  mode: z.enum(['practice', 'live'], '必须写 "practice"（练习）或 "live"（正式）'),
  publicUrl: z
    .string('要写 http:// 或 https:// 开头的地址')
    .refine(webAddress, '要写 http:// 或 https:// 开头的地址')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  signUrl: z
    .string('要写 http:// 或 https:// 开头、不带路径的地址')
    .refine(webOrigin, '要写 http:// 或 https:// 开头、不带路径的地址')
    .transform((text) => text.replace(/\/+$/, ''))
    .optional(),
  smtp: smtpSchema.optional(),
  allowLoopback: z
    .array(
      z
        .string('要写 "127.0.0.1:端口"')
        .regex(LOOPBACK_PLACE, '要写本机的地址和端口，如 127.0.0.1:5700 或 [::1]:5700'),
      '要写成 ["127.0.0.1:5700"] 的样子',
    )
    .max(LOOPBACK_PLACES_MAX, `最多 ${LOOPBACK_PLACES_MAX} 个`)
    .optional(),
})

type FileSettings = z.infer<typeof fileSchema>

const KNOWN_KEYS = [...Object.keys(fileSchema.shape), ...Object.keys(smtpSchema.shape)]

/** @throws ConfigFault with every problem found. */
export function readConfig(environment: Environment, options: { readonly cwd: string }): Config {
  const problems: string[] = []
  // Compose files pass an empty value where nothing is meant.
  const value = (name: string) => environment[name]?.trim() || undefined
  const file = readFile(options.cwd, problems)
  const secret = (name: string) => environment[secretVariable(name)] || undefined
  const config: Config = {
    dataFolder: resolve(options.cwd, value('DUOLING_DATA') ?? 'data'),
    port: readPort('DUOLING_PORT', value('DUOLING_PORT') ?? '8020', problems),
    host: readHost('DUOLING_HOST', value('DUOLING_HOST') ?? '127.0.0.1', problems),
    sign: readSign(value, problems),
    signUrl: file?.signUrl,
    databaseUrl: readDatabaseUrl(value('DATABASE_URL'), problems),
    mode: file?.mode ?? 'practice',
    publicUrl: file?.publicUrl,
    smtp: file?.smtp === undefined ? undefined : smtpOf(file.smtp, problems),
    allowLoopback: (file?.allowLoopback ?? []).map((written) => {
      const [, host = '', port = ''] = LOOPBACK_PLACE.exec(written) ?? []
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
    }),
    secret,
  }
  problems.push(...mistyped(environment))
  if (problems.length > 0) throw new ConfigFault(problems)
  return config
}

function readSign(value: (name: string) => string | undefined, problems: string[]): Config['sign'] {
  const [port, host] = [value('DUOLING_SIGN_PORT'), value('DUOLING_SIGN_HOST')]
  if (port === undefined) {
    if (host !== undefined)
      problems.push('写了 DUOLING_SIGN_HOST，还要写 DUOLING_SIGN_PORT（手机签发单独的端口）')
    return undefined
  }
  return {
    port: readPort('DUOLING_SIGN_PORT', port, problems),
    host: readHost('DUOLING_SIGN_HOST', host ?? '127.0.0.1', problems),
  }
}

function readPort(name: string, text: string, problems: string[]): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    problems.push(`${name} 要写 0 到 65535 的整数（0 表示任选），现在是 ${shown(text)}`)
  return port
}

function readHost(name: string, text: string, problems: string[]): string {
  if (!/^[A-Za-z0-9.:-]{1,253}$/.test(text))
    problems.push(`${name} 要写本机地址，如 127.0.0.1 或 0.0.0.0，现在是 ${shown(text)}`)
  return text
}

/** The value holds a password, so that no message repeats it. */
function readDatabaseUrl(text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.pathname.length < 2)
    problems.push('DATABASE_URL 要写成 postgres://用户:密码@主机:5432/数据库 的样子')
  return text
}

/** `smtp-password` is `DUOLING_SECRET_SMTP_PASSWORD` */
export function secretVariable(name: string): string {
  return `DUOLING_SECRET_${name.toUpperCase().replaceAll('-', '_')}`
}

function smtpOf(smtp: NonNullable<FileSettings['smtp']>, problems: string[]): SmtpSettings {
  const { user, passwordSecret, ...rest } = smtp
  if ((user === undefined) !== (passwordSecret === undefined))
    problems.push(`${CONFIG_FILE} 的 smtp：user 和 passwordSecret 要么都写，要么都不写`)
  return {
    ...rest,
    ...(user === undefined ? {} : { user }),
    ...(passwordSecret === undefined ? {} : { passwordSecret }),
  }
}

function readFile(cwd: string, problems: string[]): FileSettings | undefined {
  const text = readText(join(cwd, CONFIG_FILE), problems)
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    // Only the position: the parser quotes the text around it, which may be a misplaced password.
    const position = /line \d+ column \d+/.exec(error instanceof Error ? error.message : '')?.[0]
    problems.push(`${CONFIG_FILE} 不是完整的 JSON${position ? `（${position}）` : ''}`)
    return undefined
  }
  const parsed = fileSchema.safeParse(json)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) problems.push(...sentencesOf(issue))
  return undefined
}

function readText(path: string, problems: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'ENOENT') problems.push(`${CONFIG_FILE} 读不出来（${code}）：${path}`)
    return undefined
  }
}

function sentencesOf(issue: z.core.$ZodIssue): readonly string[] {
  const place = issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys')
    return [
      `${CONFIG_FILE} 的 ${place || '内容'}：${place ? issue.message : '要写成 { "mode": … }'}`,
    ]
  return issue.keys.map((key) => {
    const near = nearest(key, KNOWN_KEYS)
    const name = place ? `${place}.${key}` : key
    const hint = near ? `是不是 ${near}？` : `这里可以写 ${KNOWN_KEYS.join('、')}`
    return `${CONFIG_FILE} 没有 ${shown(name)} 这一项，${hint}`
  })
}

/** A misspelt variable would silently leave the default in force. */
function mistyped(environment: Environment): readonly string[] {
  return Object.keys(environment).flatMap((name) => {
    if (!name.startsWith('DUOL') || VARIABLES.includes(name)) return []
    if (/^DUOLING_(?:SECRET|TEST)_/.test(name)) return []
    const near = nearest(name, VARIABLES)
    return near ? [`没有 ${shown(name)} 这个环境变量，是不是 ${near}？`] : []
  })
}

const DISTANCE_MAX = 2

function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best && best.far <= DISTANCE_MAX ? best.candidate : undefined
}

/** Letters to add, drop, change or swap with their neighbour to turn one word into the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const at = (up: number, left: number) =>
        (up === 0 ? current : rows[row - up])?.[column - left] ?? Number.POSITIVE_INFINITY
      const same = a[row - 1] === b[column - 1]
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current.push(
        Math.min(
          at(0, 1) + 1,
          at(1, 0) + 1,
          at(1, 1) + (same ? 0 : 1),
          swapped ? at(2, 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    rows.push(current)
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY
}

function shown(text: string): string {
  return `“${text.replace(/[^\x20-\x7e\u4e00-\u9fff]/g, '?').slice(0, 80)}”`
}
