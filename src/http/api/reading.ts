/** 渠道、统计、审计: what is only read. */
import { createRoute, z } from '@hono/zod-openapi'
import { ENTRY_LEVELS } from '../../domain/bulletin.ts'
import { yearOf } from '../../domain/year.ts'
import { countYear } from '../../hub/count.ts'
import {
  type Api,
  answer,
  answerOne,
  answers,
  given,
  moment,
  page,
  pageOf,
  windowOf,
  windowQuery,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const channel = z
  .object({
    ...{ id: z.string(), name: z.string(), line: z.string(), addressKind: z.string() },
    ...{ addressing: z.enum(['place', 'group', 'recipient']), retiredAt: moment.nullable() },
    roads: z.array(
      z.object({
        ...{ id: z.string(), adapter: z.string(), enabled: z.boolean() },
        heldReason: z.string().nullable(),
      }),
    ),
  })
  .openapi('Channel')
const channels = z.object({ items: z.array(channel) })

const totals = z
  .object({
    ...{ year: z.int(), timezone: z.literal('Asia/Shanghai'), messages: z.int() },
    publications: z.int(),
    channels: z.array(
      z.object({
        ...{ id: z.string(), name: z.string(), line: z.string(), publications: z.int() },
        ...{ withdrawn: z.int(), manual: z.int() },
      }),
    ),
    cells: z.array(z.object({ channel: z.string(), category: z.string(), publications: z.int() })),
    entries: z.array(
      z.object({
        ...{ category: z.string(), level: z.enum(ENTRY_LEVELS).nullable(), units: z.int() },
      }),
    ),
    ...{ broadcasts: z.int(), broadcastsWithdrawn: z.int() },
    ...{ deliveries: z.record(z.string(), z.int()) },
  })
  .openapi('Totals')

const auditRow = z
  .object({
    ...{ id: z.int(), at: moment, recordedAt: moment, actorId: z.int().nullable() },
    ...{ actor: z.string().nullable(), action: z.string(), subject: z.string() },
    facts: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditRow')

const channelsRoute = createRoute({
  ...{ method: 'get', path: '/channels', tags: ['渠道和统计'], summary: '渠道和通路' },
  responses: answers('全部渠道，含停用的', channels),
})
const totalsRoute = createRoute({
  ...{ method: 'get', path: '/totals', tags: ['渠道和统计'], summary: '某一年的统计' },
  request: {
    query: z.object({
      year: z
        .string()
        .regex(/^20\d\d$/, '应为四位年份，如 2018')
        .transform(Number)
        .optional(),
    }),
  },
  responses: answers('这一年的统计', totals),
})
const auditRoute = createRoute({
  ...{ method: 'get', path: '/audit', tags: ['审计'], summary: '审计记录，新的在前' },
  request: {
    query: z.object({
      ...windowQuery,
      action: z
        .string()
        .regex(/^[a-z-]{1,60}$/, '应为动作名')
        .optional(),
      subject: z.string().max(120).optional(),
    }),
  },
  responses: answers('一页审计记录', pageOf(auditRow)),
})

export function readingRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(channelsRoute, async (c) => {
    const items = await hub.store.lists.channels(c.get('actor').agencyId)
    return answerOne(c, channels, { items })
  })
  api.openapi(totalsRoute, async (c) => {
    const { year = yearOf(now()) } = c.req.valid('query')
    return answerOne(c, totals, await countYear(hub, c.get('actor').agencyId, year))
  })
  api.openapi(auditRoute, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const window = windowOf({ limit, cursor })
    const query = { ...window, limit: window.limit + 1, ...given(filter) }
    const rows = await hub.store.lists.audit(c.get('actor').agencyId, query)
    return answer(
      c,
      pageOf(auditRow),
      page(rows, window.limit, (row) => row.id),
    )
  })
}
