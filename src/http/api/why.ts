/** 为什么没有收到: for a contact by its id, for a number or mailbox in the body of the request, because an address
 *  stands in every log on the way. Numbers come back masked. */
import { createRoute, z } from '@hono/zod-openapi'
import { WHY_REASONS } from '../../domain/why.ts'
import type { WhyWho } from '../../hub/ports/why.ts'
import { why } from '../../hub/why.ts'
import { type Api, answer, answers, id, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['发布和送达']
const one = z
  .object({
    ...{ reason: z.enum(WHY_REASONS), text: z.string(), dispatchId: z.int().optional() },
    ...{ channelId: z.string().optional(), channelName: z.string().optional() },
    ...{ act: z.string().optional(), roadId: z.string().optional() },
    address: z.string().optional().openapi({ description: '已遮蔽' }),
    ...{ state: z.string().optional(), code: z.string().optional(), since: moment.optional() },
  })
  .openapi('WhyAnswer')
const found = z
  .object({ bulletinId: z.int(), title: z.string(), answers: z.array(one) })
  .openapi('Why')

const typed = z.string().min(1).max(254)
const byContactRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}/why', tags },
  summary: '一个联系人为什么没有收到，或何时收到',
  request: { params: idPath, query: z.object({ contactId: id }) },
  responses: answers('每条发送令和地址一个原因', found),
})
const byAddressRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/why', tags },
  summary: '一个号码或邮箱为什么没有收到，号码写在请求内容里',
  request: {
    params: idPath,
    body: jsonBody(z.union([z.strictObject({ phone: typed }), z.strictObject({ mailbox: typed })])),
  },
  responses: answers('每条发送令和地址一个原因', found),
})

export function whyRoutes(api: Api, { now }: ApiSettings): void {
  api.openapi(byContactRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { contactId } = c.req.valid('query')
    const { id: bulletinId } = c.req.valid('param')
    const ask = { agencyId, bulletinId, who: { contactId }, at: now() }
    return answer(c, found, await why(c.get('hub'), ask))
  })
  api.openapi(byAddressRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const body = c.req.valid('json')
    const { id: bulletinId } = c.req.valid('param')
    const who: WhyWho =
      'phone' in body
        ? { kind: 'phone', value: body.phone }
        : { kind: 'mailbox', value: body.mailbox }
    return answer(c, found, await why(c.get('hub'), { agencyId, bulletinId, who, at: now() }))
  })
}
