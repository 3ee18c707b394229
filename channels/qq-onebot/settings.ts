/** QQ 群: the settings of a road over an OneBot 11 client. Each wrong field is named at once. */
import { z } from 'zod'
import { MESSAGE_CONTENTS } from '../../src/domain/message-text.ts'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readSecrets, repeatedProblems, schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

const GROUPS_MAX = 500
/** What one message of a group holds. 待核 */
const CHARACTERS_MAX = 4_500

const ADDRESS = /^(?:https?|wss?):\/\/[\w.:[\]-]{1,200}(?:\/[\w./-]{0,100})?$/
export const GROUP_ID = /^[1-9]\d{4,11}$/
const schema = z.strictObject({
  /** http(s) calls, ws(s) keeps one connection to the client */
  url: z
    .string()
    .refine(
      (text) => ADDRESS.test(text) && URL.canParse(text),
      '请填写 QQ 客户端的地址，例如 http://127.0.0.1:3000 或 ws://127.0.0.1:3001，不带参数',
    ),
  /** name of the secret with the client's access token */
  accessToken: z.string().min(1).max(100).optional(),
  /** groups whose address on the contact list is a name and not their number */
  groups: z
    .array(
      z.strictObject({
        group: z.string().min(1).max(200),
        id: z.string().regex(GROUP_ID, '群号是 5 到 12 位数字'),
      }),
    )
    .max(GROUPS_MAX)
    .default([]),
  contents: z.enum(MESSAGE_CONTENTS).default('whole'),
  link: z.boolean().default(false),
  linkCharacters: z.int().min(10).max(500).default(60),
  charactersMax: z.int().min(100).max(20_000).default(CHARACTERS_MAX),
  answerTimeoutMs: z.int().min(50).max(60_000).default(15_000),
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})
export type OnebotSettings = z.output<typeof schema>

/** @throws SettingsFault naming every wrong field at once */
export function readOnebotSettings(adapter: string, given: unknown): OnebotSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const { groups } = read.data
  const problems = (['group', 'id'] as const).flatMap((name) => {
    const values = groups.map((one) => one[name])
    return repeatedProblems('groups', name, values, '同一个群写了两次，请合并')
  })
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

/** @throws SettingsFault */
export function tokenOf(
  adapter: string,
  { accessToken }: OnebotSettings,
  tools: Toolbox,
): string | undefined {
  if (accessToken === undefined) return undefined
  const named = [['accessToken', accessToken]] as const
  const { found, problems } = readSecrets(named, (name) => tools.secret(name))
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return found.get('accessToken')
}
