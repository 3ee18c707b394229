/** 通讯录和受众: contacts masked, a list imported with its report, audiences and how far they go. */
import { createRoute, z } from '@hono/zod-openapi'
import { MODES } from '../../domain/bulletin.ts'
import { Refused } from '../../domain/refusal.ts'
import { keepAudience, reachOf, why } from '../../hub/contacts/audiences.ts'
import { listContacts, revealAddress } from '../../hub/contacts/contacts.ts'
import { importContacts } from '../../hub/contacts/import.ts'
import { channelId } from './content.ts'
import {
  type Api,
  answer,
  answers,
  cursorOf,
  given,
  hash,
  idPath,
  jsonBody,
  pageOf,
  windowOf,
  windowQuery,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['通讯录和受众']
const audienceId = z.string().regex(/^[a-z0-9-]{1,40}$/, '应为受众编号，如 media')
const audienceIds = z.array(audienceId).min(1).max(100)
const mode = z.enum(MODES)
const word = z.string().max(120)

const contact = z
  .object({
    ...{ id: z.int(), name: z.string(), creditCode: z.string().optional() },
    ...{ area: z.string().optional(), liaison: z.string().optional() },
    ...{ tags: z.array(z.string()), audiences: z.array(z.string()), forExercise: z.boolean() },
    addresses: z.array(
      z.object({
        ...{ id: z.int(), kind: z.string(), shown: z.string(), unsubscribed: z.boolean() },
      }),
    ),
  })
  .openapi('Contact')
const fault = z.object({
  ...{ row: z.int(), column: z.string(), text: z.string(), fix: z.string() },
})
const report = z
  .object({
    ...{ encoding: z.string(), fileHash: z.string(), rows: z.int(), new: z.int() },
    ...{ changed: z.int(), unchanged: z.int(), removedIfReplace: z.int() },
    ...{ newAreas: z.array(z.string()), errors: z.array(fault), warnings: z.array(fault) },
    importId: z.int().optional(),
  })
  .openapi('ContactImportReport')
const address = z
  .object({ kind: z.string(), value: z.string(), removed: z.boolean() })
  .openapi('RevealedAddress')
const audience = z
  .object({
    ...{ id: z.string(), name: z.string() },
    definition: z.unknown().optional().openapi({ description: '规则；名单没有这一项' }),
  })
  .openapi('Audience')
const audiences = z.object({ items: z.array(audience) })
const reach = z
  .object({
    ...{ reach: z.int(), addresses: z.int(), contacts: z.int(), unreadable: z.int() },
    excluded: z.record(z.string(), z.int()),
  })
  .openapi('Reach')
const reason = z.object({ reason: z.string(), text: z.string() }).openapi('ContactWhy')

const contactsRoute = createRoute({
  ...{ method: 'get', path: '/contacts', tags, summary: '联系人，号码已遮蔽' },
  request: {
    query: z.object({
      ...windowQuery,
      ...{ audience: audienceId.optional(), area: word.optional() },
      ...{ tag: word.optional(), name: word.optional() },
    }),
  },
  responses: answers('一页联系人', pageOf(contact)),
})
const importRoute = createRoute({
  ...{ method: 'post', path: '/contacts/import', tags },
  summary: '导入名单（xlsx、csv，先经 POST /blobs 上传）',
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ sha256: hash, fileName: z.string().min(1).max(200) },
        ...{ checkOnly: z.boolean().default(false), replaces: z.boolean().default(false) },
        mayAddAreas: z.boolean().default(false),
      }),
    ),
  },
  responses: answers('检查或导入的结果；有 errors 时什么也没写入', report),
})
const revealRoute = createRoute({
  ...{ method: 'post', path: '/addresses/{id}/reveal', tags, summary: '查看一个号码，记入审计' },
  request: { params: idPath, body: jsonBody(z.strictObject({ reason: z.string().max(200) })) },
  responses: answers('这个地址', address),
})
const whyRoute = createRoute({
  ...{ method: 'get', path: '/contacts/{id}/why', tags, summary: '为什么收得到或收不到' },
  request: {
    params: idPath,
    query: z.object({
      ...{ channelId, mode: mode.default('earnest') },
      audiences: z
        .string()
        .max(4_000)
        .transform((text) => text.split(','))
        .pipe(audienceIds)
        .openapi({ type: 'string', description: '受众编号，用逗号隔开' }),
    }),
  },
  responses: answers('原因', reason),
})
const audiencesRoute = createRoute({
  ...{ method: 'get', path: '/audiences', tags, summary: '受众：名单和规则' },
  responses: answers('全部受众', audiences),
})
const keepRoute = createRoute({
  ...{ method: 'put', path: '/audiences/{id}', tags, summary: '新建或修改一个受众' },
  request: {
    params: z.object({ id: audienceId }),
    body: jsonBody(
      z.strictObject({
        name: z.string().max(120),
        rule: z
          .record(z.string(), z.unknown())
          .optional()
          .openapi({ description: '{"meant": {"area"|"tag"|"all"|"any": …}, "minus": […]}' }),
      }),
    ),
  },
  responses: answers('这个受众', audience),
})
const reachRoute = createRoute({
  ...{ method: 'post', path: '/audiences/reach', tags, summary: '在一个渠道上可达多少' },
  request: {
    body: jsonBody(
      z.strictObject({ channelId, audiences: audienceIds, mode: mode.default('earnest') }),
    ),
  },
  responses: answers('可达数和每种原因排除的数', reach),
})

export function contactRoutes(api: Api, { hub, now, blobs }: ApiSettings): void {
  api.openapi(contactsRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const asked = { agencyId, by: person.id, at: now(), filter: given(filter) }
    const { contacts, next } = await listContacts(hub, { ...asked, ...window })
    const items = contacts.slice(0, window.limit)
    return answer(c, pageOf(contact), { items, next: next === undefined ? null : cursorOf(next) })
  })
  api.openapi(importRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { sha256, ...wanted } = c.req.valid('json')
    const bytes = await blobs(agencyId).read(sha256)
    if (!bytes) throw new Refused({ code: 'not-found', field: 'sha256' })
    const sheets = { read: (file: Uint8Array) => hub.documents.sheets(file) }
    const request = { agencyId, bytes, enteredBy: person.id, at: now(), sheets, ...wanted }
    return answer(c, report, await importContacts(c.get('hub'), request))
  })
  api.openapi(revealRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: addressId } = c.req.valid('param')
    const asked = { agencyId, by: person.id, at: now(), addressId, ...c.req.valid('json') }
    return answer(c, address, await revealAddress(c.get('hub'), asked))
  })
  api.openapi(whyRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { channelId: where, audiences: whom, mode: how } = c.req.valid('query')
    const found = await hub.store.transact(agencyId, async (tx) => {
      const channel = await tx.channel(where)
      if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: where })
      return why(tx, c.req.valid('param').id, channel, whom, how)
    })
    return answer(c, reason, found)
  })
  audienceRoutes(api, hub, now)
}

function audienceRoutes(api: Api, hub: ApiSettings['hub'], now: ApiSettings['now']): void {
  api.openapi(audiencesRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const items = await hub.store.transact(agencyId, (tx) => tx.audiences())
    return answer(c, audiences, { items })
  })
  api.openapi(keepRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { name, rule } = c.req.valid('json')
    const kept = { agencyId, by: person.id, at: now(), id: c.req.valid('param').id, name }
    const made = await keepAudience(c.get('hub'), rule === undefined ? kept : { ...kept, rule })
    return answer(c, audience, made)
  })
  api.openapi(reachRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { channelId: where, audiences: whom, mode: how } = c.req.valid('json')
    const found = await hub.store.transact(agencyId, async (tx) => {
      const channel = await tx.channel(where)
      if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: where })
      return reachOf(tx, channel, whom, how)
    })
    return answer(c, reach, { ...found, excluded: { ...found.excluded } })
  })
}
