/** The forger owns the database and switches every trigger off. What no leader signed still does not
 *  leave: 0 calls outside, and the dispatch is held with the reason. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Composed } from '../../src/hub/compose.ts'
import type { Signed } from '../../src/hub/sign.ts'
import { sweep } from '../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { dispatchOf, type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let forger: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  forger = await openForger(database)
  await forger.lawful("select ensure_delivery_month('2026-11-01')")
  await addPhones(bureau, 30)
  await addPhones(bureau, 30, { from: 1_000, audience: 'major-hazard' })
})
afterAll(async () => {
  await forger.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  bureau.test.sink.calls = 0
})

/** Nothing went out, now or after the sweeps, and the dispatch says why. */
async function expectHeld(dispatchId: number | undefined, reason = 'proof-invalid'): Promise<void> {
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  expect(await dispatchOf(forger, dispatchId)).toEqual({ state: 'held', held_reason: reason })
}

const manifestOf = (composed: Composed, signed: Signed) =>
  JSON.stringify({ ...signed.manifest, bulletinId: composed.bulletinId })

/** Everything from the opinion to the batch, written as if a leader had signed. */
async function forgeWalk(composed: Composed, manifest: string, proof: string): Promise<number> {
  const [review] = await forger.forge<{ id: number }>(
    `insert into review (agency_id, bulletin_id, revision, hash, step, opinion, reviewer_id, note, at)
     values ($1, $2, 1, decode($3, 'hex'), 'secrecy-review', 'public', $4, '', now()) returning id`,
    [bureau.agencyId, composed.bulletinId, composed.hash, bureau.id('陆保密')],
  )
  expect(review).toBeDefined()
  const [signature] = await forger.forge<{ id: number }>(
    `insert into signature (agency_id, bulletin_id, revision, hash, signer_id, at, clearance, manifest,
       proof_kind, proof_key_id, proof)
     values ($1, $2, 1, decode($3, 'hex'), $4, now(), 'reviewed', $5, 'hmac', 'p1', decode($6, 'hex'))
     returning id`,
    [bureau.agencyId, composed.bulletinId, composed.hash, bureau.id('钱局长'), manifest, proof],
  )
  const [publication] = await forger.forge<{ id: number }>(
    `insert into publication (agency_id, bulletin_id, channel_id, category_id, origin, mode)
     values ($1, $2, 'board', 'notice', 'hub', 'earnest') returning id`,
    [bureau.agencyId, composed.bulletinId],
  )
  const [dispatch] = await forger.forge<{ id: number }>(
    `insert into dispatch (agency_id, bulletin_id, signature_id, manifest_line, channel_id, act,
       publication_id, revision, category_id, mode, lane, month, day, audience_rule, reach, tolerance,
       not_before, not_after, quiet_hold, state, created_at)
     values ($1, $2, $3, 0, 'board', 'publish', $4, 1, 'notice', 'earnest', 'urgent', '2026-11-01',
       '2026-11-25', '{"audiences":[]}', 1, 10, $5, $6, false, 'fanned-out', now()) returning id`,
    [
      ...[bureau.agencyId, composed.bulletinId, signature?.id, publication?.id],
      ...[MORNING, new Date(MORNING.getTime() + 7 * 86_400_000)],
    ],
  )
  await forger.forge(
    `insert into dispatch_payload (agency_id, dispatch_id, road_id, bulletin_id, hash)
     values ($1, $2, 'main', $3, decode($4, 'hex'))`,
    [bureau.agencyId, dispatch?.id, composed.bulletinId, composed.hash],
  )
  await forgeBatch(dispatch?.id ?? 0, 'board', "a.kind = 'place:board'")
  return dispatch?.id ?? 0
}

async function forgeBatch(dispatchId: number, channelId: string, whom: string): Promise<void> {
  await forger.forge(
    `with target as (select a.id from address a where a.agency_id = ${bureau.agencyId} and ${whom}),
     made as (insert into batch (agency_id, dispatch_id, month, channel_id, road_id, lane, address_from,
         address_to, size, state, due_at, quiet_hold)
       select ${bureau.agencyId}, $1, '2026-11-01', $2, 'main', 'urgent', min(id), max(id), count(*),
         'waiting', $3, false from target returning id)
     insert into delivery (agency_id, dispatch_id, month, address_id, batch_id, state)
     select ${bureau.agencyId}, $1, '2026-11-01', target.id, made.id, 'waiting' from target, made`,
    [dispatchId, channelId, MORNING],
  )
}

it.each([
  ['an invented proof', (n: number) => '00'.repeat(n)],
  ['a proof of another length', () => 'abcd'],
  ['an empty proof', () => ''],
])('review, signature, publication, dispatch, batch and delivery with %s', async (_, proof) => {
  const composed = await draftBy(bureau, '沈文书', { title: '伪造' })
  const manifest = JSON.stringify({ version: 1, dispatches: [{ channelId: 'board' }] })
  await expectHeld(await forgeWalk(composed, manifest, proof(32)))
})

it('a signature under a key the hub does not have', async () => {
  const composed = await draftBy(bureau, '沈文书')
  const dispatchId = await forgeWalk(composed, '{}', randomUUID().replaceAll('-', ''))
  await forger.forge("update signature set proof_key_id = 'p2' where bulletin_id = $1", [
    composed.bulletinId,
  ])
  await expectHeld(dispatchId)
})

it('a true signature copied from another bulletin', async () => {
  const other = await signed(bureau, [PUBLISH], { title: '真的' })
  await drain(bureau)
  bureau.test.sink.calls = 0
  const [real] = await forger.lawful<{ manifest: string; proof: Buffer }>(
    'select manifest, proof from signature where id = $1',
    [other.signatureId],
  )
  const composed = await draftBy(bureau, '沈文书', { title: '搭车' })
  const proof = real?.proof.toString('hex') ?? ''
  await expectHeld(await forgeWalk(composed, real?.manifest ?? '', proof))
  const rewritten = await draftBy(bureau, '沈文书', { title: '改写' })
  await expectHeld(await forgeWalk(rewritten, manifestOf(rewritten, other), proof))
})

it.each([
  ['another act', "act = 'amend'"],
  ['a later end', "not_after = not_after + interval '1 year'"],
  ['an earlier beginning', "not_before = not_before - interval '1 hour'"],
  ['another mode', "mode = 'exercise'"],
  [
    'the publication of another bulletin',
    'publication_id = (select min(id) from publication), broadcast_id = null',
  ],
  ['another category', "category_id = 'warning'"],
  ['another audience', 'audience_rule = \'{"audiences":["major-hazard"]}\''],
  ['a larger reach', 'reach = 1000000'],
  ['a larger tolerance', 'tolerance = 1000000'],
  ['no rest at night', 'quiet_hold = not quiet_hold'],
  ['another line of the manifest', 'manifest_line = 1'],
  ['no line of the manifest', 'manifest_line = 99'],
])('a true signature whose dispatch was given %s', async (_, change) => {
  const { dispatchIds } = await signed(bureau, [NOTIFY, { ...NOTIFY, channelId: 'single' }])
  const [dispatchId, beside] = dispatchIds
  await forger.forge("update dispatch set state = 'stopped', manifest_line = 98 where id = $1", [
    beside,
  ])
  await forger.forge(`update dispatch set ${change} where id = $1`, [dispatchId])
  await expectHeld(dispatchId)
})

it('a true signature whose dispatch and batches were given another channel', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await forger.forge("update dispatch set channel_id = 'single' where id = $1", [dispatchIds[0]])
  await forger.forge("update batch set channel_id = 'single' where dispatch_id = $1", dispatchIds)
  await expectHeld(dispatchIds[0])
})

it('a true signature whose batches alone were given another channel, after one had left', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY])
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(1)
  bureau.test.sink.calls = 0
  await forgeBatch(dispatchIds[0] ?? 0, 'single', "a.kind = 'place:network'")
  await expectHeld(dispatchIds[0])
})

it('a payload swapped for another kept text of the same bulletin', async () => {
  const { dispatchIds, bulletinId, hash } = await signed(bureau, [NOTIFY, PUBLISH])
  await forger.forge(
    "update dispatch_payload set hash = decode($2, 'hex') where dispatch_id = $1",
    [dispatchIds[0], hash],
  )
  await forger.forge('update dispatch set state = $2 where id = $1', [dispatchIds[1], 'stopped'])
  expect(bulletinId).toBeGreaterThan(0)
  await expectHeld(dispatchIds[0], 'payload-changed')
})

it('a sealed text exchanged for that of another bulletin', async () => {
  const { dispatchIds, bulletinId } = await signed(bureau, [NOTIFY])
  await forger.forge(
    `update body set cipher = (select cipher from body where bulletin_id <> $1 limit 1)
     where bulletin_id = $1`,
    [bulletinId],
  )
  await expectHeld(dispatchIds[0])
})

it.each(['signature', 'dispatch_payload', 'body', 'item_key'])(
  'a true signature whose %s was deleted',
  async (table) => {
    const { dispatchIds, bulletinId } = await signed(bureau, [NOTIFY])
    await forger.forge(`delete from ${table} where bulletin_id = $1`, [bulletinId])
    await expectHeld(dispatchIds[0])
  },
)
