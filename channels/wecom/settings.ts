/** 企业微信: the settings of a road, by robot or by an app's message. Each wrong field is named at once. */
import { z } from 'zod'
import { MESSAGE_CONTENTS } from '../../src/domain/message-text.ts'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readSecrets, repeatedProblems, schemaProblems } from '../../src/kit/schema-problems.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'

/** 4 hours, the longest interval of the platform's own check for the same message */
const DUPLICATE_SECONDS_MAX = 4 * 3_600
const GROUPS_MAX = 500
const TWICE = '同一个群写了两次，请合并'

const secretName = z.string().min(1).max(100)
const groupName = z.string().min(1).max(200)
const shared = {
  /** another address only where the platform stands in the bureau's own network */
  baseUrl: z
    .string()
    .regex(
      /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost)[:/])[^?#\s]{1,200}$/,
      '请用 https 地址，不带参数',
    )
    .default('https://qyapi.weixin.qq.com'),
  format: z.enum(['text', 'markdown']).default('text'),
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
}

const robotSchema = z.strictObject({
  kind: z.literal('robot'),
  ...shared,
  /** one robot a group; `group` is the group's address on the contact list, `key` the name of a secret */
  robots: z
    .array(z.strictObject({ group: groupName, key: secretName }))
    .min(1)
    .max(GROUPS_MAX),
})

const ids = (name: string) =>
  z
    .array(z.string().regex(/^[1-9]\d{0,9}$/, `${name}是数字`))
    .max(100)
    .default([])
const appSchema = z.strictObject({
  kind: z.literal('app'),
  ...shared,
  corpId: z.string().regex(/^\w{1,64}$/, '请填写企业 ID，以 ww 开头'),
  agentId: z.int().min(1),
  /** name of the secret that holds the app's Secret */
  secret: secretName,
  /** recipient: addresses are member accounts; group: each group of the contact list stands for
   *  departments, tags or members */
  addressing: z.enum(['recipient', 'group']).default('recipient'),
  groups: z
    .array(
      z.strictObject({
        group: groupName,
        parties: ids('部门编号'),
        tags: ids('标签编号'),
        users: z
          .array(z.string().regex(/^[A-Za-z0-9][\w.@-]{0,63}$/))
          .max(1_000)
          .default([]),
      }),
    )
    .max(GROUPS_MAX)
    .default([]),
  duplicateSeconds: z.int().min(60).max(DUPLICATE_SECONDS_MAX).default(DUPLICATE_SECONDS_MAX),
})

const schema = z.discriminatedUnion('kind', [robotSchema, appSchema])
export type RobotSettings = z.output<typeof robotSchema>
export type AppSettings = z.output<typeof appSchema>
export type WecomSettings = z.output<typeof schema>

/** @throws SettingsFault naming every wrong field at once */
export function readWecomSettings(adapter: string, given: unknown): WecomSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const problems = faultsOf(read.data)
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

function faultsOf(settings: WecomSettings): Problem[] {
  if (settings.kind === 'robot')
    return repeatedProblems(
      'robots',
      'group',
      settings.robots.map(({ group }) => group),
      TWICE,
    )
  const problems = repeatedProblems(
    'groups',
    'group',
    settings.groups.map(({ group }) => group),
    TWICE,
  )
  if (settings.addressing === 'group' && settings.groups.length === 0)
    problems.push({ field: 'groups', text: '按群发送时，请写明每个群对应的部门、标签或成员' })
  for (const [index, one] of settings.groups.entries())
    if (one.parties.length + one.tags.length + one.users.length === 0)
      problems.push({ field: `groups.${index}`, text: '请至少写一个部门、标签或成员' })
  return problems
}

/** @throws SettingsFault */
export function secretsOf(
  adapter: string,
  named: Parameters<typeof readSecrets>[0],
  tools: Toolbox,
): ReadonlyMap<string, string> {
  const { found, problems } = readSecrets(named, (name) => tools.secret(name))
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return found
}
