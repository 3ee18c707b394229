/** 乡镇街道 and 导出名单: the areas contacts stand in, and the list carried away, masked unless the role
 *  allows more and a reason is given. */
import { createRoute, z } from '@hono/zod-openapi'
import { changeAreas } from '../../hub/contacts/audiences.ts'
import { exportContacts } from '../../hub/contacts/contacts.ts'
import { type Api, answer, answers, given, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['通讯录和受众']
const AREAS_A_CALL_MAX = 500
const word = z.string().max(120)

const areas = z.object({ items: z.array(z.string()) })
const names = z.array(word).max(AREAS_A_CALL_MAX).optional()

const areasRoute = createRoute({
  ...{ method: 'get', path: '/areas', tags, summary: '乡镇街道' },
  responses: answers('在用的乡镇街道', areas),
})
const changeRoute = createRoute({
  ...{ method: 'post', path: '/areas', tags, summary: '增加或停用乡镇街道' },
  request: { body: jsonBody(z.strictObject({ add: names, retire: names })) },
  responses: answers('改后的乡镇街道', areas),
})
const exportRoute = createRoute({
  ...{ method: 'post', path: '/contacts/export', tags, summary: '导出名单（CSV），记入审计' },
  request: {
    body: jsonBody(
      z.strictObject({
        filter: z
          .strictObject({
            audience: z
              .string()
              .regex(/^[a-z0-9-]{1,40}$/, '应为受众编号，如 media')
              .optional(),
            ...{ area: word.optional(), tag: word.optional(), name: word.optional() },
            address: z.strictObject({ kind: z.string().max(40), value: word }).optional(),
          })
          .default({}),
        reveal: z
          .string()
          .max(200)
          .optional()
          .openapi({ description: '要看完整号码的原因；没有就遮蔽' }),
      }),
    ),
  },
  responses: {
    ...answers('名单'),
    200: {
      description: '名单，UTF-8（带 BOM）',
      content: { 'text/csv': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
})

export function contactListRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(areasRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const items = await hub.store.transact(agencyId, (tx) => tx.areas())
    return answer(c, areas, { items })
  })
  api.openapi(changeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const request = { agencyId, by: person.id, at: now(), ...given(c.req.valid('json')) }
    return answer(c, areas, { items: await changeAreas(c.get('hub'), request) })
  })
  api.openapi(exportRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { filter, reveal } = c.req.valid('json')
    const asked = { agencyId, by: person.id, at: now(), filter: given(filter) }
    const { csv } = await exportContacts(c.get('hub'), { ...asked, ...given({ reveal }) })
    return new Response(csv, {
      headers: {
        ...{ 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' },
        ...{ 'content-disposition': 'attachment; filename="contacts.csv"' },
        ...{ 'x-content-type-options': 'nosniff' },
      },
    })
  })
}
