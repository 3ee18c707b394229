/** 外发通知 against a real receiver: told once committed, signed by each live key, until it is answered. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { WEBHOOK_KINDS } from '../../src/domain/webhook.ts'
import { stop } from '../../src/hub/stop.ts'
import {
  addWebhook,
  dropOldWebhookKey,
  replayWebhook,
  rotateWebhook,
  setWebhook,
  testWebhook,
} from '../../src/hub/webhooks/subscriptions.ts'
import { createTeller, type Teller } from '../../src/hub/webhooks/teller.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import { isLoopbackAddress, isPublicAddress } from '../../src/kit/links.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Got, openReceiver, type Receiver, signaturesOf } from './webhook-receiver.ts'

let database: TestDatabase
let bureau: Bureau
let web: WebClient
let teller: Teller
let receiver: Receiver
let [got, statuses]: [Got[], number[]] = [[], []]
const address = () => `http://127.0.0.1:${receiver.port}/in`

beforeAll(async () => {
  receiver = await openReceiver()
  ;({ got, statuses } = receiver)
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await addPhones(bureau, 3)
  web = openWebClient({ allows: isLoopbackAddress })
  teller = tellerOver(web)
})
afterAll(async () => {
  await teller.close()
  await web.close()
  await bureau.test.close()
  await database.drop()
  await receiver.close()
})
beforeEach(async () => {
  for (const { id } of await list()) await setWebhook(bureau.test.hub, who(), { id, to: 'removed' })
  got.length = 0
  statuses.length = 0
  Object.assign(bureau.test.sink, { calls: 0, before: undefined, answer: undefined })
})

function tellerOver(client: Pick<WebClient, 'call'>): Teller {
  return createTeller(bureau.test.hub.store.webhooks, {
    ...{ web: client, newToken: randomUUID },
    onError: (error) => {
      throw error
    },
  })
}
const who = (at = MORNING) => ({ agencyId: bureau.agencyId, by: 'local:test' as const, at })
const list = () => bureau.test.hub.store.transact(bureau.agencyId, (tx) => tx.webhooks())
const rows = (id: number) =>
  bureau.test.hub.store.transact(bureau.agencyId, (tx) => tx.webhookDeliveries(id))
const subscribe = (url = address()) =>
  addWebhook(bureau.test.hub, who(), { name: '统计平台', url, kinds: WEBHOOK_KINDS })
const later = (seconds: number) => new Date(MORNING.getTime() + seconds * 1_000)
const bodies = () => got.map(({ body }) => JSON.parse(body))
const kinds = () => bodies().map((body) => body.kind)

it('tells what happened from the signature to the end, signed, without a word of the text', async () => {
  const { id, secret } = await subscribe()
  const { bulletinId } = await signed(bureau, [PUBLISH, NOTIFY], { title: '不外传的标题' })
  await drain(bureau)
  expect(await teller.round(MORNING)).toBe(4)
  expect(kinds().sort()).toEqual([
    ...['bulletin.signed', 'dispatch.finished', 'dispatch.finished', 'publication.published'],
  ])
  for (const one of got) {
    expect(signaturesOf(one, secret)).toEqual([true])
    expect(signaturesOf(one, `${secret}x`)).toEqual([false])
    expect(one.headers['x-duoling-event']).toBe(JSON.parse(one.body).id)
    expect(one.headers['x-duoling-signature']).toContain(`t=${MORNING.getTime() / 1_000},`)
  }
  for (const body of bodies())
    expect(body).toMatchObject({ mode: 'earnest', subject: { bulletinId } })
  const ended = bodies().filter((body) => body.kind === 'dispatch.finished')
  const counts = ended.map((body) => Object.values<number>(body.facts.deliveries))
  expect(counts.flat().sort()).toEqual([1, 3])
  expect(got.map(({ body }) => body).join()).not.toMatch(/标题|正文|139\d{8}/)
  expect(await teller.round(later(60))).toBe(0)
  expect(await list()).toMatchObject([{ id, waiting: 0, givenUp: 0, liveKeys: 1 }])
})

it('a stop and deliveries nobody is sure of are told; a fact taken back is not', async () => {
  await subscribe()
  bureau.test.sink.answer = () => ({ kind: 'unsure', code: 'cut', detail: '' })
  const { bulletinId, dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  await teller.round(later(1))
  const unsure = bodies().find((body) => body.kind === 'delivery.unsure')
  expect(unsure).toMatchObject({
    ...{ facts: { deliveries: 3 }, subject: { bulletinId, dispatchId: dispatchIds[0] } },
  })
  expect(kinds()).not.toContain('dispatch.finished')
  got.length = 0
  const stopBy = (reason: string) =>
    stop(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id('钱局长'), reason, at: MORNING },
    })
  await expect(stopBy(' ')).rejects.toMatchObject({ refusal: { code: 'reason-missing' } })
  await stopBy('内容有误')
  await teller.round(later(2))
  expect(kinds()).toContain('bulletin.stopped')
  expect(JSON.stringify(bodies())).not.toContain('内容有误')
})

it('tries again after 500 and after nobody listened, with the same id and the same bytes', async () => {
  const { id } = await subscribe()
  await testWebhook(bureau.test.hub, who(), id)
  statuses.push(500, 302)
  const wanted: Record<number, number> = { 0: 1, 9: 0, 10: 1, 29: 0, 30: 1 }
  for (const [seconds, tries] of Object.entries(wanted))
    expect({ seconds, tries: await teller.round(later(Number(seconds))) }).toEqual({
      seconds,
      tries,
    })
  expect(new Set(got.map(({ body }) => body)).size).toBe(1)
  expect(got.map(({ path }) => path)).toEqual(['/in', '/in', '/in'])
  expect(await rows(id)).toMatchObject([{ kind: 'ping', state: 'done', attempts: 3, fault: null }])

  const spare = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => spare.once('listening', resolve))
  const { port } = spare.address() as AddressInfo
  await new Promise((resolve) => spare.close(resolve))
  const closed = await subscribe(`http://127.0.0.1:${port}/`)
  await testWebhook(bureau.test.hub, who(), closed.id)
  await teller.round(later(40))
  expect(await rows(closed.id)).toMatchObject([{ state: 'waiting', fault: 'ECONNREFUSED' }])
  for (let day = 1; day < 30; day += 1) await teller.round(later(40 + day * 8_640))
  expect(await rows(closed.id)).toMatchObject([{ state: 'given-up', fault: 'ECONNREFUSED' }])
  expect(await list()).toMatchObject([{ givenUp: 0 }, { givenUp: 1, lastFault: 'ECONNREFUSED' }])
})

it('whoever dies between the call and the record is followed by another call of the same event', async () => {
  const { id } = await subscribe()
  const eventId = await testWebhook(bureau.test.hub, who(), id)
  const { webhooks } = bureau.test.hub.store
  const dying = createTeller(
    { ...webhooks, settle: () => Promise.reject(new Error('killed')) },
    { web, newToken: randomUUID, onError: () => {} },
  )
  await expect(dying.round(MORNING)).rejects.toThrow('killed')
  // Its lease keeps the event from everybody else.
  expect(await teller.round(later(1))).toBe(0)
  await endLeases()
  expect(await teller.round(later(2))).toBe(1)
  expect(got.map(({ headers }) => headers['x-duoling-event'])).toEqual([eventId, eventId])
  expect(await rows(id)).toMatchObject([{ state: 'done', attempts: 2 }])
})

it('an answer after the lease changes nothing', async () => {
  const { id } = await subscribe()
  const eventId = await testWebhook(bureau.test.hub, who(), id)
  const { webhooks } = bureau.test.hub.store
  const claim = () => webhooks.claim({ at: MORNING, token: randomUUID(), busy: [] })
  const [late] = await claim()
  await endLeases()
  const [held] = await claim()
  if (!late || !held) throw new Error('nothing was claimed')
  expect(await webhooks.settle(late, eventId, { kind: 'done' }, MORNING)).toBe(false)
  expect(await rows(id)).toMatchObject([{ state: 'waiting' }])
  expect(await webhooks.settle(held, eventId, { kind: 'done' }, MORNING)).toBe(true)
})

it('two keys sign until the old one is dropped, and no third is made', async () => {
  const { hub } = bureau.test
  const { id, secret: old } = await subscribe()
  await expect(dropOldWebhookKey(hub, who(), id)).rejects.toMatchObject({
    refusal: { code: 'value-not-allowed' },
  })
  const fresh = await rotateWebhook(hub, who(), id)
  await expect(rotateWebhook(hub, who(), id)).rejects.toMatchObject({
    refusal: { code: 'value-not-allowed' },
  })
  const ping = async (): Promise<Got> => {
    await testWebhook(hub, who(), id)
    await teller.round(MORNING)
    const last = got.at(-1)
    if (!last) throw new Error('nothing came')
    return last
  }
  const both = await ping()
  expect(signaturesOf(both, old)).toEqual([true, false])
  expect(signaturesOf(both, fresh)).toEqual([false, true])
  await dropOldWebhookKey(hub, who(), id)
  const one = await ping()
  expect(signaturesOf(one, old)).toEqual([false])
  expect(signaturesOf(one, fresh)).toEqual([true])
  const { db } = bureau.test.connection
  const kept = await db.selectFrom('webhook_key').selectAll().execute()
  const noted = await db.selectFrom('audit').selectAll().execute()
  const text = kept.map(({ cipher }) => cipher?.toString('latin1') ?? '').join()
  for (const secret of [old, fresh])
    expect(text + JSON.stringify([kept, noted])).not.toContain(secret.slice(16))
})

it('tells an event again on demand, also one from before the subscription, and keeps its id', async () => {
  const { hub } = bureau.test
  const first = await subscribe()
  await signed(bureau, [PUBLISH])
  await teller.round(MORNING)
  const eventId = String(bodies()[0]?.id)
  expect(kinds()[0]).toBe('bulletin.signed')
  got.length = 0
  expect(await replayWebhook(hub, who(), { id: first.id, wanted: { eventId } })).toBe(1)
  await teller.round(MORNING)
  expect(bodies().map((body) => body.id)).toEqual([eventId])
  const second = await subscribe()
  const since = new Date(0)
  expect(await replayWebhook(hub, who(), { id: second.id, wanted: { since } })).toBeGreaterThan(1)
  const wanted = { eventId: randomUUID() }
  await expect(replayWebhook(hub, who(), { id: second.id, wanted })).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
})

it('410 pauses the subscription; what waits leaves when it is resumed', async () => {
  const { hub } = bureau.test
  const { id } = await subscribe()
  await testWebhook(hub, who(), id)
  statuses.push(410)
  expect(await teller.round(MORNING)).toBe(1)
  expect(await list()).toMatchObject([{ pauseReason: 'gone', waiting: 1 }])
  await signed(bureau, [PUBLISH])
  expect(await teller.round(later(86_400))).toBe(0)
  await setWebhook(hub, who(), { id, to: 'on' })
  expect(await teller.round(later(86_401))).toBe(2)
  await setWebhook(hub, who(), { id, to: 'paused' })
  await testWebhook(hub, who(), id)
  expect(await teller.round(later(86_402))).toBe(0)
})

it('reaches no address of our own network, by number or by name', async () => {
  const guarded = openWebClient({ allows: isPublicAddress })
  const teller = tellerOver(guarded)
  const { port } = receiver
  for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
    const { id } = await subscribe(`http://${host}:${port}/`)
    await testWebhook(bureau.test.hub, who(), id)
    await teller.round(MORNING)
    expect(await rows(id)).toMatchObject([{ state: 'waiting', fault: 'EPRIVATE' }])
  }
  for (const url of ['https://10.1.2.3/', 'https://169.254.169.254/', 'https://[fd00::1]/'])
    await expect(subscribe(url)).rejects.toMatchObject({ refusal: { code: 'invalid-value' } })
  expect(got).toEqual([])
  await teller.close()
  await guarded.close()
})

it('a dead receiver holds up nobody else, and its other events cost no time-out each', async () => {
  const dead = await subscribe('http://127.0.0.1:1/')
  const { id } = await subscribe()
  for (const one of [dead.id, dead.id, dead.id, id]) await testWebhook(bureau.test.hub, who(), one)
  expect(await teller.round(MORNING)).toBe(2)
  expect(got).toHaveLength(1)
  expect((await rows(dead.id)).map((row) => row.attempts).sort()).toEqual([0, 0, 1])
})

it('nobody but the security officer, and nobody of another bureau', async () => {
  const { hub } = bureau.test
  const { id } = await subscribe()
  const leader = { ...who(), by: bureau.id('钱局长') }
  await expect(rotateWebhook(hub, leader, id)).rejects.toMatchObject({
    refusal: { code: 'not-allowed' },
  })
  const stranger = { ...who(), agencyId: bureau.agencyId + 1 }
  await expect(testWebhook(hub, stranger, id)).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
})

async function endLeases(): Promise<void> {
  await bureau.test.connection.db
    .updateTable('webhook_delivery')
    .set({ lease_until: new Date(0) })
    .where('lease_token', 'is not', null)
    .execute()
}
