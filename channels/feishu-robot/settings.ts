/** 飞书: the settings of a road over group robots. Each wrong field is named at once. */
import { z } from 'zod'
import { MESSAGE_CONTENTS } from '../../src/domain/message-text.ts'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readSecrets, repeatedProblems, schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

const GROUPS_MAX = 500
const secretName = z.string().min(1).max(100)
const BASE_URL = /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost)[:/])[^?#\s]{1,200}$/

const schema = z.strictObject({
  /** another address only for 飞书 of a bureau's own, or Lark */
  baseUrl: z
    .string()
    .regex(BASE_URL, '请用 https 地址，不带参数')
    .default('https://open.feishu.cn'),
  /** one robot a group; `hook` names the secret with the last part of its address, `secret` the one with its
   *  signature key */
  robots: z
    .array(
      z.strictObject({
        group: z.string().min(1).max(200),
        hook: secretName,
        secret: secretName.optional(),
      }),
    )
    .min(1)
    .max(GROUPS_MAX),
  /** 自定义关键词 that every message of the robots has to contain */
  keyword: z.string().min(1).max(20).optional(),
  contents: z.enum(MESSAGE_CONTENTS).default('whole'),
  link: z.boolean().default(false),
  linkCharacters: z.int().min(10).max(500).default(60),
  answerTimeoutMs: z.int().min(50).max(60_000).default(10_000),
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})
export type FeishuSettings = z.output<typeof schema>

export interface Robot {
  readonly hook: string
  readonly secret: string | undefined
}

/** @throws SettingsFault naming every wrong field at once */
export function readFeishuSettings(adapter: string, given: unknown): FeishuSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const names = read.data.robots.map(({ group }) => group)
  const problems = repeatedProblems('robots', 'group', names, '同一个群写了两次，请合并')
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

/** The robots by their group, with every secret read, so that a missing one is found before a message.
 *  @throws SettingsFault */
export function robotsOf(
  adapter: string,
  { robots }: FeishuSettings,
  tools: Toolbox,
): ReadonlyMap<string, Robot> {
  const named = robots.flatMap(({ hook, secret }, index) => [
    [`robots.${index}.hook`, hook] as const,
    ...(secret === undefined ? [] : [[`robots.${index}.secret`, secret] as const]),
  ])
  const { found, problems } = readSecrets(named, (name) => tools.secret(name))
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return new Map(
    robots.map(({ group }, index): [string, Robot] => [
      group,
      {
        hook: found.get(`robots.${index}.hook`) ?? '',
        secret: found.get(`robots.${index}.secret`),
      },
    ]),
  )
}
