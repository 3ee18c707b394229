/** A road its platform refused is seen, left by a person's decision and released; and what the outside told
 *  us afterwards is listed, senders masked. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askOutside } from '../../../src/hub/receipts/poll.ts'
import { addPhones, drain, MORNING } from '../../support/bureau.ts'
import { tellingWire } from '../../support/telling.ts'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

const wire = tellingWire({ adapter: 'told', receipts: 'poll', perCall: 'batch' })
const road = (id: string) => ({ id, adapter: 'told', settings: { name: id } })
const channel = (id: string, roads: readonly string[], position: number) => ({
  ...({ id, name: id, line: id, addressing: 'recipient', addressKind: 'phone', position } as const),
  roads: roads.map(road),
})
let desk: Desk
beforeAll(async () => {
  desk = await openDesk({
    adapters: [wire.adapter],
    channels: [channel('told', ['first', 'second'], 30), channel('lone', ['only'], 31)],
  })
  await desk.enter('shen', ['drafter'])
  await desk.enter('lu', ['secrecy-reviewer'])
  await desk.enter('qian', ['leader'])
  await desk.enter('yun', ['operator'])
  await desk.enter('shenji', ['auditor'])
  await addPhones(desk.bureau, 4)
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const get = (as: string, path: string) => desk.call('GET', path, { as })

async function sent(title: string, channelId: string) {
  const { body } = await post('shen', '/bulletins', draft(title))
  const { bulletinId, hash: seenHash } = body
  const at = `/bulletins/${bulletinId}`
  await post('shen', `${at}/submit`, { seenHash })
  await post('lu', `${at}/review`, { seenHash, opinion: 'public' })
  const orders = [{ channelId, act: 'notify', audiences: ['media'] }]
  const signed = await post('qian', `${at}/sign`, { seenHash, orders })
  await drain(desk.bureau)
  return { at, bulletinId, dispatchId: signed.body.dispatchIds[0] }
}
const counts = async (dispatchId: number) => {
  const { body } = await get('lu', `/deliveries?dispatchId=${dispatchId}`)
  const states: readonly string[] = body.items.map((one: { state: string }) => one.state)
  return Object.fromEntries([...Map.groupBy(states, (one) => one)].map(([k, v]) => [k, v.length]))
}
const onTold = (one: { channelId: string }) => one.channelId === 'told'
const account = () => ({ kind: 'refused', scope: 'account', code: 'balance', detail: '' }) as const

it('a stopped road holds what waits for it, until the operator releases it', async () => {
  wire.answers.set('only', account)
  const { dispatchId } = await sent('停在一条通路上的通知', 'lone')
  const { body } = await get('shen', '/held-roads')
  expect(body.items).toMatchObject([{ channelId: 'lone', roadId: 'only', heldReason: 'balance' }])
  expect(body.items[0].batches).toBeGreaterThan(0)
  expect(await counts(dispatchId)).toEqual({ held: 4 })
  const release = '/channels/lone/roads/only/release'
  expect((await post('qian', release)).status).toBe(403)
  expect((await post('yun', '/channels/lone/roads/other/release')).status).toBe(404)
  wire.answers.clear()
  const released = await post('yun', release)
  expect(released.body).toEqual({ channelId: 'lone', roadId: 'only', batches: 1 })
  expect((await get('shen', '/held-roads')).body.items).toEqual([])
  await drain(desk.bureau)
  expect(await counts(dispatchId)).toEqual({ accepted: 4 })
  const { body: audit } = await get('shenji', '/audit?action=release-road')
  expect(audit.items).toMatchObject([{ subject: 'road/lone/only', facts: { batches: 1 } }])
})

it('moves to another signed road by decision, with a reason; its receipts and replies are seen', async () => {
  wire.answers.set('first', () => ({
    ...{ kind: 'refused', scope: 'message', code: 'x', detail: '' },
  }))
  const { at, bulletinId, dispatchId } = await sent('改走另一条通路的通知', 'told')
  expect(await counts(dispatchId)).toEqual({ failed: 4 })
  const move = `/dispatches/${dispatchId}/move-road`
  expect((await post('yun', move, { roadId: 'second', reason: '' })).body.code).toBe(
    'reason-missing',
  )
  expect((await post('yun', move, { roadId: 'third', reason: '欠费' })).status).toBe(404)
  const moved = await post('yun', move, { roadId: 'second', reason: '欠费' })
  expect(moved.body).toEqual({ dispatchId, moved: 4 })
  await drain(desk.bureau)
  const [reference = '', phones = []] = [...wire.named].at(-1) ?? []
  const [phone = ''] = phones
  wire.told = [
    { kind: 'receipt', reference, address: phone, state: 'delivered' },
    { kind: 'receipt', reference: 'nobody-knows', state: 'failed' },
    { kind: 'reply', from: phone, text: '收到', reference, id: 'r1' },
    { kind: 'reply', from: '13511112222', text: '你们是谁', id: 'r2' },
  ]
  const later = (ms: number) => new Date(MORNING.getTime() + ms)
  const fail = (error: unknown) => {
    throw error
  }
  for (const ms of [10_000, 60_000, 3_600_000]) await askOutside(desk.settings.hub, later(ms), fail)
  const replies = await get('lu', `${at}/replies`)
  expect(replies.body.items).toMatchObject([{ text: '收到', meaning: 'confirm', dispatchId }])
  expect(replies.body.items[0].sender).toMatch(/^139\*{4}\d{4}$/)
  const unmatched = await get('lu', '/unmatched-replies')
  expect(unmatched.body.items.filter(onTold)).toMatchObject([
    { text: '你们是谁', sender: '135****2222' },
  ])
  const unknown = await get('lu', '/unknown-receipts')
  expect(unknown.body.items.filter(onTold)).toMatchObject([
    { reference: 'nobody-knows', state: 'failed' },
  ])
  expect((await get('lu', `/bulletins/${bulletinId + 999}/replies`)).status).toBe(404)
})
