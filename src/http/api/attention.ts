/** 关注: whatever is not finished in its time, in one list, with the reason and where to press. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  ACTION_WAYS,
  ATTENTION_ACTIONS,
  ATTENTION_REASONS,
  needsNobody,
  REASON_TEXTS,
} from '../../domain/attention.ts'
import { attention } from '../../hub/attention.ts'
import { type Api, answer, answers, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const item = z
  .object({
    reason: z.enum(ATTENTION_REASONS),
    reasonText: z.string(),
    action: z.enum(ATTENTION_ACTIONS),
    actionText: z.string(),
    route: z.string().optional().openapi({ description: '按哪里：路由，在 /api/v1 之下' }),
    verb: z.string().optional().openapi({ description: '命令行的写法' }),
    ...{ bulletinId: z.int().optional(), title: z.string().optional() },
    ...{ dispatchId: z.int().optional(), channelId: z.string().optional() },
    ...{ channelName: z.string().optional(), roadId: z.string().optional() },
    ...{ state: z.string().optional(), subjectId: z.int().optional() },
    count: z.int().openapi({ description: '送达、批次或项数；从不逐个地址列出' }),
    since: moment.optional(),
    detail: z.string().optional(),
  })
  .openapi('AttentionItem')
const list = z.object({
  at: moment,
  open: z.int().openapi({ description: '其中要有人处理的项数' }),
  items: z.array(item),
})

const attentionRoute = createRoute({
  ...{ method: 'get', path: '/attention', tags: ['发布和送达'] },
  summary: '没有按时办结的一切：原因和办法，要处理的在前',
  responses: answers('一份清单', list),
})

export function attentionRoutes(api: Api, { now }: ApiSettings): void {
  api.openapi(attentionRoute, async (c) => {
    const at = now()
    const found = await attention(c.get('hub'), { agencyId: c.get('actor').agencyId, at })
    return answer(c, list, {
      at,
      open: found.filter((one) => !needsNobody(one)).length,
      items: found.map((one) => {
        const { text, ...way } = ACTION_WAYS[one.action]
        return { ...one, ...way, reasonText: REASON_TEXTS[one.reason], actionText: text }
      }),
    })
  })
}
