/** 本单位词库: words the checks look for beside those that come with the product. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  DICTIONARY_VERSION,
  type DictionaryWord,
  WORD_KINDS,
} from '../../domain/checks/dictionary.ts'
import { SEVERITIES } from '../../domain/checks/finding.ts'
import { addWord, retireWord } from '../../hub/checks/dictionary.ts'
import { type Api, answer, answers, idPath, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['检查']
const UNLESS_MAX = 50
const text = z.string().max(60)

const word = z
  .object({
    ...{ id: z.int(), word: z.string(), kind: z.enum(WORD_KINDS), severity: z.enum(SEVERITIES) },
    ...{ instead: z.string().optional(), why: z.string(), since: z.string().optional() },
    unless: z.array(z.string()).optional(),
  })
  .openapi('DictionaryWord')
const words = z.object({
  version: z.string().openapi({ description: '随产品的词库的版本' }),
  items: z.array(word),
})
const added = z.object({ id: z.int() }).openapi('NewDictionaryWord')
const retired = z.object({ id: z.int(), retired: z.literal(true) }).openapi('RetiredWord')

const listRoute = createRoute({
  ...{ method: 'get', path: '/dictionary-words', tags, summary: '本单位词库' },
  responses: answers('在用的词', words),
})
const addRoute = createRoute({
  ...{ method: 'post', path: '/dictionary-words', tags, summary: '加一个词' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ word: text, kind: z.enum(WORD_KINDS), severity: z.enum(SEVERITIES) },
        instead: text.optional().openapi({ description: '应写成什么；要人判断的不填' }),
        why: z.string().max(200).openapi({ description: '给拟稿人看的理由' }),
        unless: z
          .array(text)
          .max(UNLESS_MAX)
          .optional()
          .openapi({ description: '在这些说法里是对的' }),
        since: z.iso.date('应为日期，如 2026-11-25').optional(),
      }),
    ),
  },
  responses: answers('已加入', added, 201),
})
const retireRoute = createRoute({
  ...{ method: 'post', path: '/dictionary-words/{id}/retire', tags, summary: '停用一个词' },
  request: { params: idPath },
  responses: answers('已停用', retired),
})

export function dictionaryRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const items = await hub.store.transact(agencyId, (tx) => tx.dictionaryWords())
    return answer(c, words, { version: DICTIONARY_VERSION, items })
  })
  api.openapi(addRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    // JSON holds no `undefined`, so that what is absent is absent.
    const wanted = c.req.valid('json') as DictionaryWord
    const request = { agencyId, by: person.id, at: now(), word: wanted }
    return answer(c, added, { id: await addWord(c.get('hub'), request) }, 201)
  })
  api.openapi(retireRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id } = c.req.valid('param')
    await retireWord(c.get('hub'), { agencyId, id, by: person.id, at: now() })
    return answer(c, retired, { id, retired: true })
  })
}
