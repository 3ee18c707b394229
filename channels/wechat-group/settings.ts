/** 微信群: the settings of a road over the bridge to WeChat. Each wrong field is named at once. */
import { z } from 'zod'
import { MESSAGE_CONTENTS } from '../../src/domain/message-text.ts'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { readSecrets, repeatedProblems, schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

const GROUPS_MAX = 500
/** What one message of a group holds. 待核 */
const CHARACTERS_MAX = 5_000
/** The bridge waits for its turn, its pace and WeChat before it answers. */
const ANSWER_MS = 65_000

const ADDRESS = /^https?:\/\/[\w.:[\]-]{1,200}(?:\/[\w./-]{0,100})?$/
const named = z.string().min(1).max(200)
const schema = z.strictObject({
  url: z
    .string()
    .refine(
      (text) => ADDRESS.test(text) && URL.canParse(text),
      '请填写微信桥的地址，例如 http://127.0.0.1:8030，不带参数',
    ),
  /** name of the secret the bridge was started with */
  secret: z.string().min(1).max(100),
  /** rooms whose address on the contact list is not their exact topic; with both, both must agree */
  groups: z
    .array(
      z
        .strictObject({ group: named, id: named.optional(), topic: named.optional() })
        .refine(({ id, topic }) => id !== undefined || topic !== undefined, {
          ...{ path: ['id'], error: '请写群编号 id，或群名 topic，或两样都写' },
        }),
    )
    .max(GROUPS_MAX)
    .default([]),
  contents: z.enum(MESSAGE_CONTENTS).default('whole'),
  link: z.boolean().default(false),
  linkCharacters: z.int().min(10).max(500).default(60),
  charactersMax: z.int().min(100).max(16_000).default(CHARACTERS_MAX),
  answerTimeoutMs: z.int().min(50).max(80_000).default(ANSWER_MS),
  rates: z
    .custom<Rates>(() => true)
    .check((context) => {
      context.issues.push(...ratesIssues(context.value))
    })
    .optional(),
})
export type WechatGroupSettings = z.output<typeof schema>

/** @throws SettingsFault naming every wrong field at once */
export function readWechatGroupSettings(adapter: string, given: unknown): WechatGroupSettings {
  const read = schema.safeParse(given, { error: z.locales.zhCN().localeError })
  if (!read.success) throw new SettingsFault(adapter, schemaProblems(read.error.issues))
  const { groups } = read.data
  const names = groups.map(({ group }) => group)
  const ids = groups.flatMap(({ id }) => id ?? [])
  const problems = [
    ...repeatedProblems('groups', 'group', names, '同一个群写了两次，请合并'),
    ...(new Set(ids).size === ids.length
      ? []
      : [{ field: 'groups', text: '两行写了同一个群编号，请合并，免得同一个群收到两遍' }]),
  ]
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return read.data
}

/** @throws SettingsFault */
export function secretOf(adapter: string, { secret }: WechatGroupSettings, tools: Toolbox): string {
  const { found, problems } = readSecrets([['secret', secret]], (name) => tools.secret(name))
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return found.get('secret') ?? ''
}
