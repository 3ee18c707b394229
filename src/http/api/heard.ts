/** 回执和回复: what recipients wrote back to a bulletin, and what was heard and belongs to nothing on file.
 *  Senders are masked. */
import { createRoute, z } from '@hono/zod-openapi'
import { Refused } from '../../domain/refusal.ts'
import {
  type Api,
  answer,
  answers,
  idPath,
  moment,
  page,
  pageOf,
  windowOf,
  windowQuery,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['发布和送达']
const reply = z
  .object({
    ...{ id: z.int(), channelId: z.string(), sender: z.string(), text: z.string() },
    ...{ meaning: z.enum(['confirm', 'unsubscribe', 'other']), occurredAt: moment },
    ...{ dispatchId: z.int().optional(), addressId: z.int().optional() },
  })
  .openapi('Reply')
const receipt = z
  .object({
    ...{ id: z.int(), channelId: z.string(), roadId: z.string(), reference: z.string() },
    ...{ state: z.enum(['delivered', 'failed']), code: z.string().optional() },
    ...{ occurredAt: moment, recordedAt: moment },
  })
  .openapi('UnknownReceipt')

const repliesRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}/replies', tags, summary: '收到的回复，新的在前' },
  request: { params: idPath, query: z.object(windowQuery) },
  responses: answers('一页回复', pageOf(reply)),
})
const unmatchedRoute = createRoute({
  ...{ method: 'get', path: '/unmatched-replies', tags, summary: '对应不上任何信息的回复' },
  request: { query: z.object(windowQuery) },
  responses: answers('一页回复', pageOf(reply)),
})
const unknownRoute = createRoute({
  ...{ method: 'get', path: '/unknown-receipts', tags, summary: '对应不上任何送达的回执' },
  request: { query: z.object(windowQuery) },
  responses: answers('一页回执', pageOf(receipt)),
})

export function heardRoutes(api: Api, { hub }: ApiSettings): void {
  const { receipts, lists } = hub.store
  const asked = ({ limit, after }: ReturnType<typeof windowOf>) => ({
    limit: limit + 1,
    ...(after === undefined ? {} : { beforeId: after }),
  })
  api.openapi(repliesRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id } = c.req.valid('param')
    if (!(await lists.bulletin(agencyId, id)))
      throw new Refused({ code: 'not-found', field: 'bulletin' })
    const window = windowOf(c.req.valid('query'))
    const rows = await receipts.repliesOf(agencyId, id, asked(window))
    return answer(
      c,
      pageOf(reply),
      page(rows, window.limit, (row) => row.id),
    )
  })
  api.openapi(unmatchedRoute, async (c) => {
    const window = windowOf(c.req.valid('query'))
    const rows = await receipts.unmatchedReplies(c.get('actor').agencyId, asked(window))
    return answer(
      c,
      pageOf(reply),
      page(rows, window.limit, (row) => row.id),
    )
  })
  api.openapi(unknownRoute, async (c) => {
    const window = windowOf(c.req.valid('query'))
    const rows = await receipts.unknownReceipts(c.get('actor').agencyId, asked(window))
    return answer(
      c,
      pageOf(receipt),
      page(rows, window.limit, (row) => row.id),
    )
  })
}
