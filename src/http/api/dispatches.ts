/** 发布、发送令、送达: what stands where, what was signed, and what became of each address (masked). */
import { createRoute, z } from '@hono/zod-openapi'
import { MODES } from '../../domain/bulletin.ts'
import { DELIVERY_STATES } from '../../domain/delivery.ts'
import { Refused } from '../../domain/refusal.ts'
import { channelId } from './content.ts'
import {
  type Api,
  answer,
  answerOne,
  answers,
  given,
  id,
  idPath,
  moment,
  page,
  pageOf,
  windowOf,
  windowQuery,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['发布和送达']
const mode = z.enum(MODES)

const publication = z
  .object({
    ...{ id: z.int(), bulletinId: z.int(), channelId: z.string(), categoryId: z.string() },
    ...{ title: z.string(), origin: z.enum(['hub', 'manual']), mode, url: z.string().nullable() },
    ...{ occurredAt: moment.nullable(), withdrawnAt: moment.nullable() },
    ...{ duplicateOf: z.int().nullable(), confirmedAt: moment.nullable() },
  })
  .openapi('Publication')

const dispatch = z
  .object({
    ...{ id: z.int(), bulletinId: z.int(), channelId: z.string(), act: z.string() },
    ...{ revision: z.int(), categoryId: z.string(), mode, lane: z.string(), reach: z.int() },
    ...{ tolerance: z.int(), notBefore: moment, notAfter: moment, state: z.string() },
    ...{ heldReason: z.string().nullable(), reason: z.string().nullable() },
    ...{ signatureId: z.int(), createdAt: moment },
  })
  .openapi('Dispatch')

const delivery = z
  .object({
    ...{ addressId: z.int(), kind: z.string(), address: z.string().nullable() },
    ...{ state: z.enum(DELIVERY_STATES), code: z.string().nullable(), units: z.int() },
    ...{ changedAt: moment, acknowledgedAt: moment.nullable() },
  })
  .openapi('Delivery')

const byBulletin = z.object({
  ...windowQuery,
  ...{ bulletinId: id.optional(), channelId: channelId.optional() },
})

const publicationsRoute = createRoute({
  ...{ method: 'get', path: '/publications', tags, summary: '发布列表' },
  request: { query: byBulletin },
  responses: answers('一页发布', pageOf(publication)),
})
const publicationRoute = createRoute({
  ...{ method: 'get', path: '/publications/{id}', tags, summary: '一条发布' },
  request: { params: idPath },
  responses: answers('这条发布', publication),
})
const dispatchesRoute = createRoute({
  ...{ method: 'get', path: '/dispatches', tags, summary: '发送令列表' },
  request: { query: byBulletin },
  responses: answers('一页发送令', pageOf(dispatch)),
})
const dispatchRoute = createRoute({
  ...{ method: 'get', path: '/dispatches/{id}', tags, summary: '一条发送令' },
  request: { params: idPath },
  responses: answers('这条发送令', dispatch),
})
const deliveriesRoute = createRoute({
  ...{ method: 'get', path: '/deliveries', tags, summary: '一条发送令的送达，地址已遮蔽' },
  request: {
    query: z.object({
      ...windowQuery,
      ...{ dispatchId: id, state: z.enum(DELIVERY_STATES).optional() },
    }),
  },
  responses: answers('一页送达', pageOf(delivery)),
})

export function dispatchRoutes(api: Api, { hub }: ApiSettings): void {
  const { lists } = hub.store
  api.openapi(publicationsRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given(filter) }
    const rows = await lists.publications(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(publication),
      page(rows, window.limit, (row) => row.id),
    )
  })
  api.openapi(publicationRoute, async (c) => {
    const found = await lists.publication(c.get('actor').agencyId, c.req.valid('param').id)
    if (!found) throw new Refused({ code: 'not-found', field: 'publication' })
    return answerOne(c, publication, found)
  })
  api.openapi(dispatchesRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given(filter) }
    const rows = await lists.dispatches(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(dispatch),
      page(rows, window.limit, (row) => row.id),
    )
  })
  api.openapi(dispatchRoute, async (c) => {
    const found = await lists.dispatch(c.get('actor').agencyId, c.req.valid('param').id)
    if (!found) throw new Refused({ code: 'not-found', field: 'dispatch' })
    return answerOne(c, dispatch, found)
  })
  api.openapi(deliveriesRoute, async (c) => {
    const { limit, cursor, dispatchId, state } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given({ state }) }
    const rows = await lists.deliveries(c.get('actor').agencyId, dispatchId, query)
    if (!rows) throw new Refused({ code: 'not-found', field: 'dispatch' })
    return answer(
      c,
      pageOf(delivery),
      page(rows, window.limit, (row) => row.addressId),
    )
  })
}
