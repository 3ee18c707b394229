/** 预览: what each channel will say, what it loses, whom it reaches. Made by the code that is signed. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Segment } from '../../domain/payload.ts'
import { Refused } from '../../domain/refusal.ts'
import { readContent } from '../../hub/content.ts'
import { type PlannedDispatch, planDispatches } from '../../hub/manifest.ts'
import { orders, ordersOf } from './content.ts'
import { type Api, answer, answers, hash, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const segment = z.object({ text: z.string().optional(), hole: z.string().optional() })
const preview = z
  .object({
    ...{ revision: z.int(), hash },
    dispatches: z.array(
      z.object({
        ...{ channelId: z.string(), channelName: z.string(), act: z.string() },
        ...{ categoryId: z.string(), lane: z.string(), reach: z.int(), tolerance: z.int() },
        ...{ notBefore: moment, notAfter: moment, quietHours: z.enum(['hold', 'send']) },
        losses: z.array(z.string()),
        roads: z.array(
          z.object({
            ...{ roadId: z.string(), form: z.string() },
            /** of the payload with its holes: the one the signature names */
            payloadHash: hash,
            fields: z.record(z.string(), z.array(segment)),
          }),
        ),
      }),
    ),
  })
  .openapi('Preview')

const previewRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/preview', tags: ['办理'] },
  summary: '预览各渠道将发出的内容、损失和可达人数',
  request: { params: idPath, body: jsonBody(z.strictObject({ orders })) },
  responses: answers('与签发同一段代码得出的内容', preview),
})

export function previewRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(previewRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id } = c.req.valid('param')
    const wanted = ordersOf(c.req.valid('json').orders)
    const seen = await hub.store.transact(agencyId, async (tx) => {
      const bulletin = await tx.lockBulletin(id)
      const latest = await tx.latestRevision(id)
      if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
      const category = await tx.category(bulletin.categoryId)
      if (!category) throw new Refused({ code: 'not-found', field: 'category' })
      const content = await readContent(tx, id, latest.hash)
      const input = { bulletin, category, content, at: now() }
      return { latest, planned: await planDispatches(hub, tx, input, wanted) }
    })
    const { number: revision, hash: revisionHash } = seen.latest
    const dispatches = seen.planned.map(shown)
    return answer(c, preview, { revision, hash: revisionHash, dispatches })
  })
}

function shown({ channel, order, line, lane, payloads, losses, ...planned }: PlannedDispatch) {
  return {
    ...{ channelId: channel.id, channelName: channel.name, act: order.act, lane, losses },
    ...{ categoryId: planned.categoryId, reach: line.reach, tolerance: line.tolerance },
    ...{ notBefore: planned.notBefore, notAfter: planned.notAfter, quietHours: line.quietHours },
    roads: Object.entries(payloads).map(([roadId, { form, fields }]) => ({
      ...{ roadId, form, payloadHash: line.payloads[roadId] ?? '' },
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, parts]) => [name, parts.map(segmentOf)]),
      ),
    })),
  }
}

function segmentOf(part: Segment) {
  return typeof part === 'string' ? { text: part } : { hole: part.hole }
}
