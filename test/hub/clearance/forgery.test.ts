/** The forger owns the database and switches every trigger off. Neither a forged order nor a changed one,
 *  nor what a queued text stands on changed behind it, puts a byte on the wire. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signPreparedText } from '../../../src/hub/clearance/prepared-text.ts'
import { receiveMessage, relay } from '../../../src/hub/clearance/relay.ts'
import {
  fireStandingOrder,
  revokeStandingOrder,
} from '../../../src/hub/clearance/standing-order.ts'
import type { Signed } from '../../../src/hub/sign.ts'
import { sweep } from '../../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
} from '../../support/bureau.ts'
import {
  fillBy,
  granted,
  HEAT_VALUES,
  knownSource,
  prepared,
  received,
  STORM,
  STORM_LIMITS,
  STORM_TEXT,
} from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { dispatchOf, type Forger, openForger } from '../../support/forger.ts'
import { quoting } from '../../support/quoting.ts'
import { createSink } from '../../support/sink.ts'

let database: TestDatabase
let bureau: Bureau
let forger: Forger
const sink = createSink()
const quote = quoting(sink)
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, { sink, adapters: [quote.adapter] })
  bureau = await foundBureau(test, [...CHANNELS, quote.channel])
  forger = await openForger(database)
  await addPhones(bureau, 30)
})
afterAll(async () => {
  await forger.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  sink.calls = 0
})

const refusal = (code: string) => ({ refusal: { code } })
const fire = (standingOrderId: number) =>
  fireStandingOrder(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, standingOrderId, values: HEAT_VALUES, at: MORNING },
    firedBy: bureau.id('吴值班'),
  })

/** Nothing went out, now or after the sweeps, and each dispatch says why. */
async function expectHeld({ dispatchIds }: Pick<Signed, 'dispatchIds'>, reason = 'proof-invalid') {
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  await drain(bureau)
  expect(sink.calls).toBe(0)
  for (const id of dispatchIds)
    expect(await dispatchOf(forger, id)).toEqual({ state: 'held', held_reason: reason })
}

async function prepareSigned() {
  const proposed = await prepared(bureau)
  const { bulletinId, hash } = await fillBy(bureau, '吴值班', proposed)
  const signed = await signPreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, signerId: bureau.id('钱局长') },
    ...{ at: MORNING, seenHash: hash },
  })
  return { ...signed, ...proposed, bulletinId }
}

describe('an order', () => {
  it.each([
    ['invented, with a proof of its own', "proof = decode(repeat('00', 32), 'hex')"],
    ['under a key the hub does not have', "proof_key_id = 'p2'"],
    ['whose text grants more', `text = replace(text, '"reachMax":100', '"reachMax":9000')`],
    ['whose text says something else', "text = replace(text, '停止露天作业', '照常作业')"],
    ['that may be used more often', 'uses_max = 1000, uses_per_day_max = 1000'],
    ['that lasts longer', "valid_until = valid_until + interval '1 day'"],
    ['of another signer', 'signer_id = signer_id + 1'],
  ])('%s fires nothing', async (_, change) => {
    const { standingOrderId } = await granted(bureau)
    await forger.forge(`update standing_order set ${change} where id = $1`, [standingOrderId])
    await expect(fire(standingOrderId)).rejects.toMatchObject(refusal('proof-invalid'))
    await drain(bureau)
    expect(sink.calls).toBe(0)
  })

  it('copied from a true one is no second one', async () => {
    const { standingOrderId } = await granted(bureau)
    const [copy] = await forger.forge<{ id: number }>(
      `insert into standing_order (agency_id, prepared_text_id, review_id, text, hash, author_id,
         reviewer_id, signer_id, uses_max, uses_per_day_max, valid_from, valid_until, at,
         proof_key_id, proof)
       select agency_id, prepared_text_id, review_id, text, sha256(hash), author_id, reviewer_id,
         signer_id, uses_max, uses_per_day_max, valid_from, valid_until, at, proof_key_id, proof
       from standing_order where id = $1 returning id::int`,
      [standingOrderId],
    )
    await expect(fire(copy?.id ?? 0)).rejects.toMatchObject(refusal('proof-invalid'))
  })

  it.each([
    ['changed', "update standing_order set text = replace(text, '35', '30') where id = $1"],
    ['widened', 'update standing_order set uses_max = 1000 where id = $1'],
    ['deleted', 'delete from standing_order where id = $1'],
    [
      'exchanged in the use',
      'update clearance_use set standing_order_id = 1 where standing_order_id = $1',
    ],
    ['left without its use', 'delete from clearance_use where standing_order_id = $1'],
    [
      'given other values',
      'update clearance_use set values_hash = hash where standing_order_id = $1',
    ],
    [
      'left without the opinion on its template',
      `delete from prepared_text_review v using standing_order o
       where o.id = $1 and v.prepared_text_id = o.prepared_text_id`,
    ],
  ])('%s after it was fired lets nothing out', async (_, statement) => {
    const { standingOrderId } = await granted(bureau)
    const fired = await fire(standingOrderId)
    await forger.forge(statement, [standingOrderId])
    await expectHeld(fired)
  })

  it('taken back stays taken back, whatever a row says of the dispatch', async () => {
    const { standingOrderId } = await granted(bureau)
    const fired = await fire(standingOrderId)
    await revokeStandingOrder(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, standingOrderId, by: bureau.id('钱局长') },
      ...{ reason: '有误', at: MORNING },
    })
    const ids = [[...fired.dispatchIds]]
    await forger.forge("update dispatch set state = 'fanned-out' where id = any($1)", ids)
    await forger.forge("update batch set state = 'waiting' where dispatch_id = any($1)", ids)
    await forger.forge("update delivery set state = 'waiting' where dispatch_id = any($1)", ids)
    await expectHeld(fired, 'order-revoked')
  })

  it('is no signature: its own proof under a dispatch is worth nothing', async () => {
    const { standingOrderId } = await granted(bureau)
    const fired = await fire(standingOrderId)
    await forger.forge(
      `update signature s set manifest = o.text, proof = o.proof from standing_order o
       where o.id = $1 and s.id = $2`,
      [standingOrderId, fired.signatureId],
    )
    await expectHeld(fired)
  })

  it('cannot be claimed by a text that was signed in the ordinary way', async () => {
    const { standingOrderId } = await granted(bureau)
    const fired = await fire(standingOrderId)
    await forger.forge("update signature set clearance = 'reviewed' where id = $1", [
      fired.signatureId,
    ])
    await expectHeld(fired)
  })
})

describe('a prepared text', () => {
  it.each([
    ['text', "update prepared_text set text = replace(text, '35', '30') where id = $1"],
    ['author', 'update prepared_text set author_id = author_id + 1 where id = $1'],
  ])('with another %s is filled by nobody', async (_, statement) => {
    const proposed = await prepared(bureau)
    await forger.forge(statement, [proposed.preparedTextId])
    await expect(fillBy(bureau, '吴值班', proposed)).rejects.toMatchObject(refusal('proof-invalid'))
  })

  it('with an opinion nobody gave is filled by nobody', async () => {
    const proposed = await prepared(bureau)
    await forger.forge(
      `insert into prepared_text_review (agency_id, prepared_text_id, hash, opinion, reviewer_id,
         note, at, proof_key_id, proof)
       select agency_id, prepared_text_id, hash, opinion, $2, note, at, proof_key_id, proof
       from prepared_text_review where prepared_text_id = $1`,
      [proposed.preparedTextId, bureau.id('周副局')],
    )
    await expect(fillBy(bureau, '吴值班', proposed)).rejects.toMatchObject(refusal('proof-invalid'))
  })

  it.each([
    ['template changed', "update prepared_text set text = text || ' ' where id = $1"],
    ['opinion changed', "update prepared_text_review set note = '改' where prepared_text_id = $1"],
    ['use deleted', 'delete from clearance_use where prepared_text_id = $1'],
  ])('signed, and then its %s: nothing leaves', async (_, statement) => {
    const signed = await prepareSigned()
    await forger.forge(statement, [signed.preparedTextId])
    await expectHeld(signed)
  })
})

describe('a relay', () => {
  async function queued() {
    const sourceId = await knownSource(bureau, `桐乡市气象台${quote.next()}`)
    const limits = { ...STORM_LIMITS, relay: { sourceIds: [sourceId], quoteHoursMax: 6 } }
    const { standingOrderId } = await granted(bureau, limits, STORM)
    const { messageId } = await received(bureau, sourceId)
    const request = {
      ...{ agencyId: bureau.agencyId, standingOrderId, messageId, text: STORM_TEXT, reminder: 0 },
      ...{ values: { 灾种: '暴雨橙色' }, firedBy: bureau.id('吴值班'), at: MORNING },
    }
    return { sourceId, messageId, request }
  }

  it('of a message nobody received, or that was changed, or from a source nobody confirmed', async () => {
    const { messageId, request, sourceId } = await queued()
    await forger.forge("update relayed_message set text = '无事' where id = $1", [messageId])
    await expect(relay(bureau.test.hub, { ...request, text: '无事' })).rejects.toMatchObject(
      refusal('proof-invalid'),
    )
    const other = await queued()
    await forger.forge("update relay_source set name = '假台' where id = $1", [other.sourceId])
    await expect(relay(bureau.test.hub, other.request)).rejects.toMatchObject(
      refusal('proof-invalid'),
    )
    await forger.forge(
      'update relay_source_confirmation set confirmed_by = 1 where source_id = $1',
      [sourceId],
    )
    const receipt = receiveMessage(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, sourceId, text: STORM_TEXT },
      ...{ issuedAt: MORNING, receivedAt: MORNING },
    })
    await expect(receipt).rejects.toMatchObject(refusal('proof-invalid'))
  })

  it.each([
    ['message changed', "update relayed_message set text = '无事' where id = $1"],
    ['message redated', 'update relayed_message set issued_at = now() where id = $1'],
    ['message deleted', 'delete from relayed_message where id = $1'],
    [
      'source renamed',
      `update relay_source s set name = '又一假台' from relayed_message m
       where m.id = $1 and s.id = m.source_id`,
    ],
    [
      'source’s confirmation deleted',
      `delete from relay_source_confirmation c using relayed_message m
       where m.id = $1 and c.source_id = m.source_id`,
    ],
  ])('queued, and then its %s: nothing leaves', async (_, statement) => {
    const { messageId, request } = await queued()
    const fired = await relay(bureau.test.hub, request)
    await forger.forge(statement, [messageId])
    await expectHeld(fired)
  })
})
