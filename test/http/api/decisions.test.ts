/** The one list and the decisions over the API: who may press, what a second press does, and that a number
 *  somebody asks about stands in no log. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { addPhones, drain } from '../../support/bureau.ts'
import { tellingWire } from '../../support/telling.ts'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

const wire = tellingWire({ adapter: 'told', receipts: 'none', countsWhen: 'accepted' })
const PHONES = 4
let desk: Desk
beforeAll(async () => {
  desk = await openDesk({
    adapters: [wire.adapter],
    channels: [
      {
        ...{
          id: 'told',
          name: 'told',
          line: 'told',
          addressing: 'recipient',
          addressKind: 'phone',
        },
        ...{ position: 30 },
        roads: ['first', 'second'].map((id) => ({ id, adapter: 'told', settings: { name: id } })),
      },
    ],
  })
  await desk.enter('shen', ['drafter'])
  await desk.enter('lu', ['secrecy-reviewer'])
  await desk.enter('qian', ['leader'])
  await desk.enter('yun', ['operator'])
  await desk.enter('wu', ['duty-officer'])
  await addPhones(desk.bureau, PHONES)
})
afterAll(() => desk.close())
beforeEach(() => {
  wire.answers.clear()
  wire.accepted.clear()
})

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const get = (as: string, path: string) => desk.call('GET', path, { as })
type Answering = Parameters<typeof wire.answers.set>[1]

async function sent(title: string, answering?: Answering) {
  if (answering) wire.answers.set('first', answering)
  const { body } = await post('shen', '/bulletins', draft(title))
  const { bulletinId, hash: seenHash } = body
  const at = `/bulletins/${bulletinId}`
  await post('shen', `${at}/submit`, { seenHash })
  await post('lu', `${at}/review`, { seenHash, opinion: 'public' })
  const orders = [{ channelId: 'told', act: 'notify', audiences: ['media'] }]
  const signed = await post('qian', `${at}/sign`, { seenHash, orders })
  await drain(desk.bureau)
  wire.answers.clear()
  const dispatchId: number = signed.body.dispatchIds[0]
  return { at, bulletinId, dispatchId, path: `/dispatches/${dispatchId}` }
}
const refuse: Answering = (_, index) =>
  index === 0 ? { kind: 'refused', scope: 'recipient', code: 'x', detail: '' } : undefined
const unsure: Answering = () => ({ kind: 'unsure', code: 'timeout', detail: '' })

it('retries only the failed, for the duty desk, and a second press sends none', async () => {
  const { path, dispatchId } = await sent('重发失败的通知', refuse)
  expect((await post('shen', `${path}/retry-failed`)).body.code).toBe('not-allowed')
  const pressed = await Promise.all([1, 2].map(() => post('yun', `${path}/retry-failed`)))
  expect(pressed.map(({ body }) => body.retried).sort()).toEqual([0, 1])
  await drain(desk.bureau)
  expect(wire.accepted.size).toBe(PHONES)
  expect((await post('yun', `${path}/retry-failed`)).body).toEqual({ dispatchId, retried: 0 })
  expect((await post('yun', '/dispatches/999999/retry-failed')).status).toBe(404)
})

it('moves to another signed road, and skips with a reason', async () => {
  const moved = await sent('改走的通知', refuse)
  const road = { roadId: 'second', reason: '欠费' }
  expect((await post('qian', `${moved.path}/other-road`, road)).body).toMatchObject({ moved: 1 })
  expect((await post('yun', `${moved.path}/other-road`, road)).body).toMatchObject({ moved: 0 })
  const { path } = await sent('跳过的通知', () => ({ kind: 'retry', code: 'busy', detail: '' }))
  expect((await post('wu', `${path}/skip`, {})).status).toBe(422)
  expect((await post('wu', `${path}/skip`, { reason: ' ' })).body.code).toBe('reason-missing')
  const reason = { reason: '改发纸件' }
  expect((await post('wu', `${path}/skip`, reason)).body).toMatchObject({ skipped: PHONES })
  expect((await post('wu', `${path}/skip`, reason)).body).toMatchObject({ skipped: 0 })
})

it('says what a choice may do, asks the duty officer for the dangerous one, and wants the number seen', async () => {
  const { path, dispatchId } = await sent('可能已发出的通知', unsure)
  const { body } = await get('lu', `${path}/unsure`)
  expect(body.choices[1]).toMatchObject({ choice: 'not-sent-resend', mayGetTwice: PHONES })
  const decision = { choice: 'not-sent-resend', count: PHONES, reason: '平台后台查无此批' }
  expect((await post('yun', `${path}/decide-unsure`, decision)).body.code).toBe('not-allowed')
  const stale = await post('wu', `${path}/decide-unsure`, { ...decision, count: 1 })
  expect([stale.status, stale.body.code]).toEqual([409, 'count-changed'])
  expect((await post('wu', `${path}/decide-unsure`, decision)).body).toEqual({
    ...{ dispatchId, decided: PHONES, mayGetTwice: PHONES },
  })
  expect((await post('wu', `${path}/decide-unsure`, decision)).body).toMatchObject({ decided: 0 })
})

it('lists what is open in words with the way to press', async () => {
  await desk.bureau.test.connection.pool.query(
    "update road set held_reason = 'balance' where channel_id = 'told' and id = 'first'",
  )
  const { body } = await get('lu', '/attention')
  const road = body.items.find((one: { reason: string }) => one.reason === 'road-held')
  expect(road).toMatchObject({
    ...{ channelId: 'told', roadId: 'first', action: 'release-road', detail: 'balance' },
    route: 'POST /channels/{channelId}/roads/{roadId}/release',
    ...{ reasonText: '通路已停用', verb: 'duoling release' },
  })
  expect(body.open).toBeGreaterThan(0)
  await desk.bureau.test.connection.pool.query('update road set held_reason = null')
})

it('why: by contact in the address, by number only in the body, and masked in every answer and log', async () => {
  const { at } = await sent('为什么没有收到的通知', refuse)
  const asked = await post('shen', `${at}/why`, { phone: '13900000000' })
  expect(asked.body.answers).toMatchObject([{ reason: 'refused', code: 'x' }])
  expect(asked.body.answers[0].address).toBe('139****0000')
  expect((await get('shen', `${at}/why?phone=13900000000`)).status).toBe(422)
  expect((await get('lu', `${at}/why?contactId=1`)).body.code).toBe('not-allowed')
  expect((await get('qian', `${at}/why?contactId=1`)).body.answers).toHaveLength(1)
  const wrong = await post('shen', `${at}/why`, { phone: '139000000001' })
  expect(wrong.status).toBe(422)
  const written = JSON.stringify([asked.body, wrong.body, desk.logged])
  expect(written).not.toMatch(/1390000000/)
})
