/** 外发通知: entered, rotated, paused and told again by the security officer. A secret is told once. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { WEBHOOK_KINDS, whyNotWebhook } from '../../domain/webhook.ts'
import { WEBHOOK_STATES } from '../../hub/ports/webhooks.ts'
import {
  addWebhook,
  dropOldWebhookKey,
  replayWebhook,
  rotateWebhook,
  setWebhook,
  testWebhook,
  type WebhookActor,
} from '../../hub/webhooks/subscriptions.ts'
import { faultOf, RefusedFields } from '../errors.ts'
import type { ApiEnv } from '../guard.ts'
import { type Api, answer, answers, idPath, jsonBody, moment, writtenMoment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['外发通知']
const kinds = z.array(z.enum(WEBHOOK_KINDS)).min(1).max(WEBHOOK_KINDS.length)
const webhook = z
  .object({
    ...{ id: z.int(), name: z.string(), url: z.string(), kinds: z.array(z.enum(WEBHOOK_KINDS)) },
    ...{ createdAt: moment, pausedAt: moment.nullable() },
    pauseReason: z
      .enum(['person', 'gone', 'restored'])
      .nullable()
      .openapi({ description: 'gone：对方答复 410' }),
    ...{ liveKeys: z.int(), waiting: z.int(), givenUp: z.int() },
    ...{ lastDoneAt: moment.nullable(), lastFault: z.string().nullable() },
  })
  .openapi('Webhook')
const webhooks = z.object({ items: z.array(webhook) })
const delivery = z
  .object({
    ...{ eventId: z.string(), kind: z.enum([...WEBHOOK_KINDS, 'ping']), at: moment },
    ...{ bulletinId: z.int().nullable(), state: z.enum(WEBHOOK_STATES), attempts: z.int() },
    ...{ nextAt: moment, doneAt: moment.nullable(), fault: z.string().nullable() },
  })
  .openapi('WebhookDelivery')
const deliveries = z.object({ items: z.array(delivery) })
const secretMade = z.object({ id: z.int(), secret: z.string() }).openapi('WebhookSecret')
const done = z.object({ id: z.int(), done: z.literal(true) }).openapi('WebhookDone')
const replayed = z.object({ id: z.int(), events: z.int() }).openapi('WebhookReplayed')
const pinged = z.object({ id: z.int(), eventId: z.string() }).openapi('WebhookPinged')

const listRoute = createRoute({
  ...{ method: 'get', path: '/webhooks', tags, summary: '外发通知列表（不含密钥）' },
  responses: answers('全部订阅', webhooks),
})
const deliveriesRoute = createRoute({
  ...{
    method: 'get',
    path: '/webhooks/{id}/deliveries',
    tags,
    summary: '最近 100 个事件通知到没有',
  },
  request: { params: idPath },
  responses: answers('最近的事件', deliveries),
})
const addRoute = createRoute({
  ...{ method: 'post', path: '/webhooks', tags, summary: '新建外发通知；密钥只显示这一次' },
  request: { body: jsonBody(z.strictObject({ name: z.string(), url: z.string(), kinds })) },
  responses: answers('已新建', secretMade, 201),
})
const rotateRoute = createRoute({
  ...{ method: 'post', path: '/webhooks/{id}/rotate', tags },
  summary: '换发密钥：新旧两把同时签名；新密钥只显示这一次',
  request: { params: idPath },
  responses: answers('已换发', secretMade),
})
const replayRoute = createRoute({
  ...{
    method: 'post',
    path: '/webhooks/{id}/replay',
    tags,
    summary: '重发一个事件或某时刻以来的事件',
  },
  request: {
    params: idPath,
    body: jsonBody(
      z.union([z.strictObject({ eventId: z.uuid() }), z.strictObject({ since: writtenMoment })]),
    ),
  },
  responses: answers('已排入重发', replayed),
})
const testRoute = createRoute({
  ...{ method: 'post', path: '/webhooks/{id}/test', tags, summary: '发一个 ping 事件' },
  request: { params: idPath },
  responses: answers('已排入发送', pinged),
})
const verb = <P extends string>(path: P, summary: string) =>
  createRoute({
    ...{ method: 'post', path: `/webhooks/{id}/${path}` as const, tags, summary },
    request: { params: idPath },
    responses: answers('已办理', done),
  })
const dropOldRoute = verb('drop-old', '停用旧密钥')
const pauseRoute = verb('pause', '暂停；事件留着，恢复后再发')
const resumeRoute = verb('resume', '恢复，等着的事件立即再发')
const removeRoute = verb('remove', '删除订阅，密钥随即销毁')

export function webhookRoutes(api: Api, { now }: ApiSettings): void {
  const who = (c: Context<ApiEnv>): WebhookActor => {
    const { agencyId, person } = c.get('actor')
    return { agencyId, by: person.id, at: now() }
  }
  api.openapi(listRoute, async (c) => {
    const { store } = c.get('hub')
    const items = await store.transact(c.get('actor').agencyId, (tx) => tx.webhooks())
    return answer(c, webhooks, { items })
  })
  api.openapi(deliveriesRoute, async (c) => {
    const { id } = c.req.valid('param')
    const { store } = c.get('hub')
    const { agencyId } = c.get('actor')
    return answer(c, deliveries, {
      items: await store.transact(agencyId, (tx) => tx.webhookDeliveries(id)),
    })
  })
  api.openapi(addRoute, async (c) => {
    const wanted = c.req.valid('json')
    const faults = whyNotWebhook(wanted).map(faultOf)
    if (faults.length > 0) throw new RefusedFields(faults)
    return answer(c, secretMade, await addWebhook(c.get('hub'), who(c), wanted), 201)
  })
  api.openapi(rotateRoute, async (c) => {
    const { id } = c.req.valid('param')
    return answer(c, secretMade, { id, secret: await rotateWebhook(c.get('hub'), who(c), id) })
  })
  api.openapi(replayRoute, async (c) => {
    const { id } = c.req.valid('param')
    const wanted = c.req.valid('json')
    const events = await replayWebhook(c.get('hub'), who(c), { id, wanted })
    return answer(c, replayed, { id, events })
  })
  api.openapi(testRoute, async (c) => {
    const { id } = c.req.valid('param')
    return answer(c, pinged, { id, eventId: await testWebhook(c.get('hub'), who(c), id) })
  })
  changeRoutes(api, who)
}

function changeRoutes(api: Api, who: (c: Context<ApiEnv>) => WebhookActor): void {
  api.openapi(dropOldRoute, async (c) => {
    const { id } = c.req.valid('param')
    await dropOldWebhookKey(c.get('hub'), who(c), id)
    return answer(c, done, { id, done: true })
  })
  for (const [route, to] of [
    [pauseRoute, 'paused'],
    [resumeRoute, 'on'],
    [removeRoute, 'removed'],
  ] as const)
    api.openapi(route, async (c) => {
      const { id } = c.req.valid('param')
      await setWebhook(c.get('hub'), who(c), { id, to })
      return answer(c, done, { id, done: true })
    })
}
