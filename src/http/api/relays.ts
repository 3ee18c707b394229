/** 转发: registered sources, what was received from them, and a warning passed on word for word. */
import { createRoute, z } from '@hono/zod-openapi'
import { SOURCE_KINDS } from '../../domain/clearance/relay.ts'
import { confirmSource, receiveMessage, registerSource, relay } from '../../hub/clearance/relay.ts'
import { level, mode } from './content.ts'
import {
  type Api,
  answer,
  answers,
  given,
  hash,
  id,
  idPath,
  jsonBody,
  moment,
  page,
  pageOf,
  windowOf,
  windowQuery,
  writtenMoment,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'
import { fired } from './standing-orders.ts'
import { values } from './template.ts'

const tags = ['转发']
const TEXT_CHARACTERS_MAX = 8_000
const text = z.string().max(TEXT_CHARACTERS_MAX)

const source = z
  .object({
    ...{ id: z.int(), name: z.string(), kind: z.enum(SOURCE_KINDS), registeredBy: z.int() },
    at: moment,
    confirmation: z
      .object({ confirmedBy: z.int(), at: moment })
      .optional()
      .openapi({ description: '没有就还不能转发' }),
  })
  .openapi('RelaySource')
const sources = z.object({ items: z.array(source) })
const registered = z.object({ sourceId: z.int() }).openapi('RegisteredSource')
const message = z
  .object({
    ...{ id: z.int(), sourceId: z.int(), sourceName: z.string(), text: z.string(), hash },
    ...{ issuedAt: moment, receivedAt: moment, via: z.enum(['hand', 'api']) },
    enteredBy: z.int().nullable(),
  })
  .openapi('RelayedMessage')
const received = z.object({ messageId: z.int(), hash }).openapi('ReceivedMessage')

const sourcesRoute = createRoute({
  ...{ method: 'get', path: '/relay-sources', tags, summary: '转发来源' },
  responses: answers('全部来源，含待确认的', sources),
})
const registerRoute = createRoute({
  ...{ method: 'post', path: '/relay-sources', tags, summary: '登记一个来源' },
  request: {
    body: jsonBody(z.strictObject({ name: z.string().max(120), kind: z.enum(SOURCE_KINDS) })),
  },
  responses: answers('已登记，等另一人确认', registered, 201),
})
const confirmRoute = createRoute({
  ...{ method: 'post', path: '/relay-sources/{id}/confirm', tags, summary: '由另一人确认来源' },
  request: { params: idPath },
  responses: answers('已确认', registered),
})
const messagesRoute = createRoute({
  ...{ method: 'get', path: '/relayed-messages', tags, summary: '收到的预警，新的在前' },
  request: { query: z.object({ ...windowQuery, sourceId: id.optional() }) },
  responses: answers('一页收到的预警', pageOf(message)),
})
const receiveRoute = createRoute({
  ...{ method: 'post', path: '/relayed-messages', tags, summary: '登记收到的预警，原文不动' },
  request: {
    body: jsonBody(z.strictObject({ sourceId: z.int().min(1), text, issuedAt: writtenMoment })),
  },
  responses: answers('已登记', received, 201),
})
const relayRoute = createRoute({
  ...{ method: 'post', path: '/relays', tags, summary: '值班员按授权原样转发' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ standingOrderId: z.int().min(1), messageId: z.int().min(1), text },
        reminder: z.int().min(0).openapi({ description: '模板中第几条安全提醒，从 0 起' }),
        ...{ values: values.default({}), level: level.optional(), mode: mode.optional() },
      }),
    ),
  },
  responses: answers('已转发', fired),
})

export function relayRoutes(api: Api, settings: ApiSettings): void {
  sourcePart(api, settings)
  const { hub, now } = settings
  api.openapi(messagesRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given(filter) }
    const rows = await hub.store.lists.relayedMessages(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(message),
      page(rows, window.limit, (row) => row.id),
    )
  })
  api.openapi(receiveRoute, async (c) => {
    const { agencyId, person, via } = c.get('actor')
    const receipt = { agencyId, receivedAt: now(), ...c.req.valid('json') }
    // What a machine hands over nobody typed in.
    const by = via === 'machine' ? {} : { enteredBy: person.id }
    return answer(c, received, await receiveMessage(c.get('hub'), { ...receipt, ...by }), 201)
  })
  api.openapi(relayRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { level: wanted, mode: how, ...request } = c.req.valid('json')
    const made = await relay(c.get('hub'), {
      ...{ ...request, agencyId, firedBy: person.id, at: now() },
      ...given({ level: wanted, mode: how }),
    })
    const { bulletinId, signatureId, dispatchIds } = made
    return answer(c, fired, { bulletinId, signatureId, dispatchIds })
  })
}

function sourcePart(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(sourcesRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const rows = await hub.store.transact(agencyId, (tx) => tx.sources())
    // The proofs stay inside.
    const items = rows.map(({ confirmation, ...row }) => {
      if (!confirmation) return row
      const { confirmedBy, at } = confirmation
      return { ...row, confirmation: { confirmedBy, at } }
    })
    return answer(c, sources, { items })
  })
  api.openapi(registerRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const request = { agencyId, registeredBy: person.id, at: now(), ...c.req.valid('json') }
    return answer(c, registered, { sourceId: await registerSource(c.get('hub'), request) }, 201)
  })
  api.openapi(confirmRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: sourceId } = c.req.valid('param')
    await confirmSource(c.get('hub'), { agencyId, sourceId, confirmedBy: person.id, at: now() })
    return answer(c, registered, { sourceId })
  })
}
