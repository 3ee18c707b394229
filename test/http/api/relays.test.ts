/** A warning of the weather service on its way through the API: its source registered by one and confirmed
 *  by another, its words received by hand and by a machine, and passed on unaltered. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPhones, drain, MORNING } from '../../support/bureau.ts'
import { STORM, STORM_LIMITS, STORM_TEXT } from '../../support/clearances.ts'
import { quoting } from '../../support/quoting.ts'
import { createSink } from '../../support/sink.ts'
import { type Answer, type Desk, openDesk } from './desk.ts'

const sink = createSink()
const wire = quoting(sink)
let desk: Desk
let drafter = 0
beforeAll(async () => {
  desk = await openDesk({ adapters: [wire.adapter], channels: [wire.channel] })
  drafter = await desk.enter('shen', ['drafter'])
  await desk.enter('lu', ['secrecy-reviewer'])
  await desk.enter('qian', ['leader'])
  await desk.enter('wu', ['duty-officer'])
  await addPhones(desk.bureau, 3)
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const issuedAt = '2026-11-25T09:50:00+08:00'

async function machineToken(scopes: readonly ('read' | 'import')[]): Promise<string> {
  const expiresAt = new Date(MORNING.getTime() + 86_400_000)
  const key = { name: '气象接口', kind: 'machine', scopes, expiresAt, at: MORNING } as const
  const { agencyId } = desk.bureau
  const { token } = await desk.settings.keys.add({ ...key, agencyId, personId: drafter })
  return token
}

it('goes from the source to the phones word for word', async () => {
  const named = { name: '桐乡市气象台', kind: 'weather' }
  const { body: source } = await post('wu', '/relay-sources', named)
  const { sourceId } = source
  const message = { sourceId, text: STORM_TEXT, issuedAt }
  expect((await post('wu', '/relayed-messages', message)).body.code).toBe('source-unknown')
  expect((await post('qian', `/relay-sources/${sourceId}/confirm`)).status).toBe(200)
  const { body: sources } = await desk.call('GET', '/relay-sources', { as: 'shen' })
  expect(sources.items).toMatchObject([{ id: sourceId, ...named, confirmation: {} }])
  expect(JSON.stringify(sources)).not.toContain('proof')
  const received = await post('wu', '/relayed-messages', message)
  expect(received.status).toBe(201)
  const { messageId } = received.body

  const { body: template } = await post('shen', '/prepared-texts', { template: STORM })
  const { preparedTextId, hash: seenHash } = template
  const view = { seenHash, opinion: 'public' }
  await post('lu', `/prepared-texts/${preparedTextId}/review`, view)
  const limits = { ...STORM_LIMITS, relay: { sourceIds: [sourceId], quoteHoursMax: 6 } }
  const grant = { preparedTextId, seenHash, limits }
  const { standingOrderId } = (await post('qian', '/standing-orders', grant)).body

  const request = { standingOrderId, messageId, reminder: 1, values: { 灾种: '暴雨橙色' } }
  const changed = await post('wu', '/relays', { ...request, text: `${STORM_TEXT}。` })
  expect(changed.body.code).toBe('quote-changed')
  const relayed = await post('wu', '/relays', { ...request, text: STORM_TEXT })
  expect(relayed.body.dispatchIds).toHaveLength(1)
  await drain(desk.bureau)
  expect(sink.accepted.size).toBe(3)
  const sent = sink.texts.join('\n')
  expect(sent).toContain(STORM_TEXT)
  expect(sent).toContain(STORM.reminders?.[1])
})

it('a machine hands a warning over in nobody’s name, within its scope', async () => {
  const { body } = await post('wu', '/relay-sources', { name: '水文站', kind: 'water' })
  await post('qian', `/relay-sources/${body.sourceId}/confirm`)
  const message = { sourceId: body.sourceId, text: '水位超警戒', issuedAt }
  const hand = async (scopes: readonly ('read' | 'import')[]) =>
    desk.call('POST', '/relayed-messages', {
      body: message,
      headers: { authorization: `Bearer ${await machineToken(scopes)}` },
    })
  expect((await hand(['read'])).body.code).toBe('scope-missing')
  expect((await hand(['import'])).status).toBe(201)
  const list = `/relayed-messages?sourceId=${body.sourceId}`
  const { body: messages } = await desk.call('GET', list, { as: 'wu' })
  expect(messages.items).toMatchObject([
    { sourceName: '水文站', text: '水位超警戒', via: 'api', enteredBy: null },
  ])
})

it('a character no text may hold is refused, not a fault', async () => {
  const { status, body } = await post('wu', '/relay-sources', {
    name: '气象台\u0000',
    kind: 'weather',
  })
  expect({ status, code: body.code }).toMatchObject({ status: 422 })
  const steps = { add: ['乡\u0000镇'] }
  await desk.enter('yun', ['operator'])
  expect((await post('yun', '/areas', steps)).status).toBe(422)
  const word = { word: '甲\u0000乙', kind: 'wrong', severity: 'hint', why: '错' }
  expect((await post('lu', '/dictionary-words', word)).body.code).toBe('invalid-value')
})
