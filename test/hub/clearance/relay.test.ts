/** Relays: another body's words unaltered, a signed reminder beside them, inside a standing order. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  confirmSource,
  type RelayRequest,
  receiveMessage,
  registerSource,
  relay,
} from '../../../src/hub/clearance/relay.ts'
import { fireStandingOrder } from '../../../src/hub/clearance/standing-order.ts'
import { readContent } from '../../../src/hub/content.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
} from '../../support/bureau.ts'
import {
  granted,
  knownSource,
  received,
  STORM,
  STORM_LIMITS,
  STORM_TEXT,
} from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { quoting } from '../../support/quoting.ts'
import { createSink } from '../../support/sink.ts'

let database: TestDatabase
let bureau: Bureau
const sink = createSink()
const wire = quoting(sink)

beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, { sink, adapters: [wire.adapter] })
  bureau = await foundBureau(test, [...CHANNELS, wire.channel])
  await addPhones(bureau, 30)
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  Object.assign(wire, { charactersMax: 1_000, html: false })
  Object.assign(sink, { calls: 0, texts: [] })
})

const refusal = (code: string) => ({ refusal: { code } })
let sources = 0

async function relaying(quoteHoursMax = 6) {
  const sourceId = await knownSource(bureau, `桐乡市气象台${sources++}`)
  const relayLimits = { ...STORM_LIMITS, relay: { sourceIds: [sourceId], quoteHoursMax } }
  const { standingOrderId } = await granted(bureau, relayLimits, STORM)
  const { messageId, hash } = await received(bureau, sourceId)
  return { sourceId, standingOrderId, messageId, hash }
}

const relayBy = (
  name: PersonName,
  { standingOrderId, messageId }: { standingOrderId: number; messageId: number },
  change: Partial<RelayRequest> = {},
) =>
  relay(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, standingOrderId, messageId, text: STORM_TEXT, reminder: 0 },
    ...{ values: { 灾种: '暴雨橙色' }, firedBy: bureau.id(name), at: MORNING, ...change },
  })

it.each([false, true])('word for word with the reminder beside it (html: %s)', async (html) => {
  wire.html = html
  const order = await relaying()
  const { bulletinId, manifest } = await relayBy('吴值班', order, { level: 'red', reminder: 1 })
  expect(manifest).toMatchObject({
    clearance: 'relay',
    authority: { messageId: order.messageId, quoteHash: order.hash },
  })
  const content = await bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    readContent(tx, bulletinId, manifest.revisionHash),
  )
  const name = `桐乡市气象台${sources - 1}`
  expect(content.title).toBe(`转发：${name}2026-11-25 09:50发布暴雨橙色预警`)
  expect(content.blocks).toEqual([
    { kind: 'quote', text: STORM_TEXT, source: name, issuedAt: '2026-11-25 09:50' },
    { kind: 'paragraph', text: '请停止高处、吊装作业。' },
    { kind: 'paragraph', text: '值班电话0573-88000000。' },
  ])
  await drain(bureau)
  expect(sink.calls).toBe(1)
  if (!html) expect(sink.texts[0]).toContain(STORM_TEXT)
})

it.each([
  ['a word changed', STORM_TEXT.replace('50', '30')],
  ['a sentence left out', STORM_TEXT.slice(0, 16)],
  ['a blank at its end', `${STORM_TEXT} `],
  ['a line end changed', STORM_TEXT.replace('\n', '\r\n')],
])('refuses what was not received: %s', async (_, changed) => {
  const order = await relaying()
  await expect(relayBy('吴值班', order, { text: changed })).rejects.toMatchObject(
    refusal('quote-changed'),
  )
})

it('is never cut: a channel that cannot hold it refuses', async () => {
  wire.charactersMax = 40
  const order = await relaying()
  await expect(relayBy('吴值班', order)).rejects.toMatchObject({
    refusal: { code: 'payload-problem', field: 'quote' },
  })
  await drain(bureau)
  expect(sink.calls).toBe(0)
})

describe('inside the order', () => {
  it.each<[string, Partial<RelayRequest>, string]>([
    ['a reminder nobody signed', { reminder: 2 }, 'value-not-allowed'],
    ['a reminder of no number', { reminder: -1 }, 'value-not-allowed'],
    ['a kind it does not name', { values: { 灾种: '暴雪' } }, 'value-not-allowed'],
    ['a level it does not name', { level: 'blue' }, 'value-not-allowed'],
    ['a warning too old', { at: new Date(MORNING.getTime() + 6 * 3_600_000) }, 'value-not-allowed'],
  ])('refuses %s', async (_, change, code) => {
    const order = await relaying()
    await expect(relayBy('吴值班', order, change)).rejects.toMatchObject(refusal(code))
  })

  it('refuses a source the order does not name, and whoever is not on duty', async () => {
    const order = await relaying()
    const sourceId = await knownSource(bureau, `别的台${sources++}`)
    const { messageId } = await received(bureau, sourceId)
    await expect(relayBy('吴值班', { ...order, messageId })).rejects.toMatchObject(
      refusal('source-unknown'),
    )
    await expect(relayBy('沈文书', order)).rejects.toMatchObject(refusal('not-allowed'))
    await expect(relayBy('吴值班', { ...order, messageId: 999_999 })).rejects.toMatchObject(
      refusal('not-found'),
    )
  })

  it('counts as a use of it, and neither kind of order does the other’s work', async () => {
    const order = await relaying()
    for (let use = 0; use < 3; use++) await relayBy('吴值班', order)
    await expect(relayBy('吴值班', order)).rejects.toMatchObject(refusal('order-used-up'))
    const plain = await granted(bureau)
    const mixed = relayBy('吴值班', { ...order, standingOrderId: plain.standingOrderId })
    await expect(mixed).rejects.toMatchObject({ refusal: {} })
    const other = await relaying()
    const bare = fireStandingOrder(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, standingOrderId: other.standingOrderId, at: MORNING },
      ...{ values: { 灾种: '暴雨橙色' }, firedBy: bureau.id('吴值班') },
    })
    await expect(bare).rejects.toMatchObject({ refusal: { code: 'missing-field', field: 'quote' } })
  })
})

describe('sources and messages', () => {
  const register = (name: string, by: PersonName = '吴值班') =>
    registerSource(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, name, kind: 'weather', at: MORNING },
      registeredBy: bureau.id(by),
    })
  const confirm = (sourceId: number, by: PersonName) =>
    confirmSource(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, sourceId, confirmedBy: bureau.id(by), at: MORNING },
    })

  it('a source is vouched for by two people before anything is received from it', async () => {
    const sourceId = await register('周副局登记', '周副局')
    await expect(received(bureau, sourceId)).rejects.toMatchObject(refusal('source-unknown'))
    await expect(confirm(sourceId, '周副局')).rejects.toMatchObject(refusal('confirmer-is-enterer'))
    await expect(confirm(sourceId, '吴值班')).rejects.toMatchObject(refusal('not-allowed'))
    await confirm(sourceId, '钱局长')
    await expect(confirm(sourceId, '陆保密')).rejects.toMatchObject(refusal('already-confirmed'))
    await received(bureau, sourceId)
    await expect(register('周副局登记')).rejects.toMatchObject(refusal('value-not-allowed'))
    await expect(register(' ')).rejects.toMatchObject(refusal('missing-field'))
    await expect(register('台'.repeat(61))).rejects.toMatchObject(refusal('too-long'))
    await expect(register('台\u202e')).rejects.toMatchObject(refusal('value-not-allowed'))
  })

  it.each<[string, string, number, string]>([
    ['nothing', '  ', 0, 'missing-field'],
    ['too much', '长'.repeat(2_001), 0, 'too-long'],
    ['what a reader would not see', '暴雨\u200b预警', 0, 'value-not-allowed'],
    ['what was issued tomorrow', '暴雨预警', 86_400_000, 'value-not-allowed'],
  ])('does not receive %s', async (_, text, ahead, code) => {
    const sourceId = await knownSource(bureau, `台${sources++}`)
    const receipt = receiveMessage(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, sourceId, text, receivedAt: MORNING },
      issuedAt: new Date(MORNING.getTime() + ahead),
    })
    await expect(receipt).rejects.toMatchObject(refusal(code))
  })
})
