/** 接口密钥: made, listed and revoked by the security officer. The secret is told once. */
import { createRoute, z } from '@hono/zod-openapi'
import { KEY_KINDS, SCOPES, whyNotKey } from '../../domain/api-key.ts'
import { Refused } from '../../domain/refusal.ts'
import { faultOf, RefusedFields } from '../errors.ts'
import { type Api, answer, answers, idPath, jsonBody, moment, writtenMoment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['接口密钥']
const key = z
  .object({
    ...{ id: z.int(), name: z.string(), kind: z.enum(KEY_KINDS), scopes: z.array(z.enum(SCOPES)) },
    ...{ personId: z.int(), personName: z.string(), createdAt: moment, expiresAt: moment },
    ...{ lastUsedAt: moment.nullable(), revokedAt: moment.nullable() },
  })
  .openapi('ApiKey')
const keys = z.object({ items: z.array(key) })
const made = z.object({ id: z.int(), token: z.string() }).openapi('NewApiKey')
const revoked = z.object({ id: z.int(), revoked: z.literal(true) }).openapi('RevokedApiKey')

const listRoute = createRoute({
  ...{ method: 'get', path: '/keys', tags, summary: '接口密钥列表（不含密钥本身）' },
  responses: answers('全部密钥', keys),
})
const addRoute = createRoute({
  ...{ method: 'post', path: '/keys', tags, summary: '新建接口密钥；密钥只显示这一次' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ name: z.string().max(60), kind: z.enum(KEY_KINDS) },
        personId: z.int().min(1).openapi({ description: '代表的人员；机器密钥的责任人' }),
        scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
        expiresAt: writtenMoment,
      }),
    ),
  },
  responses: answers('已新建', made, 201),
})
const revokeRoute = createRoute({
  ...{ method: 'post', path: '/keys/{id}/revoke', tags, summary: '吊销接口密钥' },
  request: { params: idPath },
  responses: answers('已吊销', revoked),
})

export function keyRoutes(api: Api, { keys: store, now }: ApiSettings): void {
  api.openapi(listRoute, async (c) =>
    answer(c, keys, { items: await store.list(c.get('actor').agencyId) }),
  )
  api.openapi(addRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const wanted = c.req.valid('json')
    const faults = whyNotKey(wanted, now()).map(faultOf)
    if (faults.length > 0) throw new RefusedFields(faults)
    const added = await store.add({ ...wanted, agencyId, at: now(), by: person.id })
    return answer(c, made, added, 201)
  })
  api.openapi(revokeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id } = c.req.valid('param')
    const done = await store.revoke({ agencyId, id, at: now(), by: person.id })
    if (!done) throw new Refused({ code: 'not-found', field: 'key' })
    return answer(c, revoked, { id, revoked: true })
  })
}
