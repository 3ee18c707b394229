/** 钉钉: the settings of a road, by robot or by work notification. Each wrong field is named at once. */
import { z } from 'zod'
import { MESSAGE_CONTENTS } from '../../src/domain/message-text.ts'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readSecrets, repeatedProblems, schemaProblems } from '../../src/kit/schema-problems.ts'
import { type Problem, SettingsFault, type Toolbox } from '../channel.ts'

const GROUPS_MAX = 500
const TWICE = '同一个群写了两次，请合并'
/** 发送工作通知: departments of one call */
const DEPARTMENTS_MAX = 20
const USERS_MAX = 100

const secretName = z.string().min(1).max(100)
const groupName = z.string().min(1).max(200)
const BASE_URL = /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost)[:/])[^?#\s]{1,200}$/
const shared = {
  /** another address for an edition with the same interface */
  baseUrl: z
    .string()
    .regex(BASE_URL, '请用 https 地址，不带参数')
    .default('https://oapi.dingtalk.com'),
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
  /** one robot a group; `token` names the secret with its access_token, `secret` the one with its 加签 key */
  robots: z
    .array(z.strictObject({ group: groupName, token: secretName, secret: secretName.optional() }))
    .min(1)
    .max(GROUPS_MAX),
  /** 自定义关键词 that every message of the robots has to contain */
  keyword: z.string().min(1).max(20).optional(),
})

const workSchema = z.strictObject({
  kind: z.literal('work'),
  ...shared,
  appKey: z.string().regex(/^\w{1,64}$/, '请填写应用的 AppKey'),
  agentId: z.int().min(1),
  /** name of the secret that holds AppSecret */
  secret: secretName,
  addressing: z.enum(['recipient', 'group']).default('recipient'),
  groups: z
    .array(
      z.strictObject({
        group: groupName,
        departments: z
          .array(z.string().regex(/^[1-9]\d{0,15}$/, '部门编号是数字'))
          .max(DEPARTMENTS_MAX)
          .default([]),
        users: z
          .array(z.string().regex(/^[A-Za-z0-9][\w.@-]{0,63}$/))
          .max(USERS_MAX)
          .default([]),
      }),
    )
    .max(GROUPS_MAX)
    .default([]),
})

/** 专有钉钉、浙政钉: people by accountId, groups as organisations and people of them. */
const governmentSchema = z.strictObject({
  kind: z.literal('government'),
  ...shared,
  baseUrl: shared.baseUrl.unwrap().default('https://openplatform-pro.ding.zj.gov.cn'),
  appKey: z.string().regex(/^[\w-]{1,100}$/, '请填写应用的 App Key'),
  /** name of the secret that holds App Secret */
  secret: secretName,
  tenantId: z.string().regex(/^\d{1,20}$/, '请填写租户编号（tenantId），是一串数字'),
  addressing: z.enum(['recipient', 'group']).default('recipient'),
  groups: z
    .array(
      z.strictObject({
        group: groupName,
        organizations: z
          .array(z.string().regex(/^[\w-]{1,64}$/, '请填写组织编码'))
          .max(USERS_MAX)
          .default([]),
        users: z
          .array(z.string().regex(/^[A-Za-z0-9][\w.@-]{0,63}$/))
          .max(USERS_MAX)
          .default([]),
      }),
    )
    .max(GROUPS_MAX)
    .default([]),
})

const schema = z.discriminatedUnion('kind', [robotSchema, workSchema, governmentSchema])
export type RobotSettings = z.output<typeof robotSchema>
export type WorkSettings = z.output<typeof workSchema>
export type GovernmentSettings = z.output<typeof governmentSchema>
export type DingtalkSettings = z.output<typeof schema>

/** @throws SettingsFault naming every wrong field at once */
export function readDingtalkSettings(adapter: string, given: unknown): DingtalkSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const problems = faultsOf(read.data)
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

function faultsOf(settings: DingtalkSettings): Problem[] {
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
    problems.push({ field: 'groups', text: '按群发送时，请写明每个群对应的部门或人员' })
  for (const [index, one] of settings.groups.entries())
    if (
      one.users.length + ('departments' in one ? one.departments : one.organizations).length ===
      0
    )
      problems.push({ field: `groups.${index}`, text: '请至少写一个部门或人员' })
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
