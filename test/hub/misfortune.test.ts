/** Any answers, kills and late settlements in any order: the tallies agree, nobody gets a message twice
 *  that was not `unsure` in between, and nobody is lost. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FINAL_STATES } from '../../src/domain/delivery.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { attempt, claimNext, newWorker } from '../../src/hub/attempt.ts'
import { verifyLog } from '../../src/hub/count.ts'
import type { Claim, SettleRequest } from '../../src/hub/ports/engine.ts'
import type { Hub } from '../../src/hub/ports.ts'
import { sweep } from '../../src/hub/sweep.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

const RECIPIENTS = 12
/** What becomes of a claimed batch: killed before or after its call, answered late, or nothing at all. */
const FATES = ['normal', 'dies-before', 'dies-after', 'late', 'twice'] as const
type Fate = (typeof FATES)[number]
const ANSWERS = [
  'accepted',
  'retry',
  'refused',
  'unsure-sent',
  'unsure-not-sent',
  'thrown',
] as const
type Answer = (typeof ANSWERS)[number]

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, RECIPIENTS)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

/** A hub whose settlements are put aside instead of written. */
function withoutSettling(hub: Hub, aside: SettleRequest[]): Hub {
  const settle: Hub['store']['engine']['settle'] = async (request) => {
    aside.push(request)
    return 'settled'
  }
  return { ...hub, store: { ...hub.store, engine: { ...hub.store.engine, settle } } }
}

const at = (round: number) => new Date(MORNING.getTime() + round * 3_600_000)
const endLease = ({ batchId }: Claim) =>
  owner.lawful(
    "update batch set lease_until = clock_timestamp() - interval '1 second' where id = $1",
    [batchId],
  )
const pause = () => new Promise((resolve) => setTimeout(resolve, 5))

async function meet(fate: Fate, round: number): Promise<boolean> {
  const { hub } = bureau.test
  const worker = newWorker(`process-${round}`, 60_000)
  const claim = await claimNext(hub, worker, 'normal', at(round))
  if (!claim) return false
  if (fate === 'dies-before') {
    await endLease(claim)
    return true
  }
  const aside: SettleRequest[] = []
  await attempt(withoutSettling(hub, aside), worker, claim, at(round))
  const [request] = aside
  if (fate === 'dies-after' || fate === 'late') await endLease(claim)
  if (!request || fate === 'dies-after') return true
  if (fate === 'late') {
    await hub.store.engine.reclaim(at(round))
  }
  await hub.store.engine.settle(request)
  if (fate === 'twice') await hub.store.engine.settle(request)
  return true
}

function arm(answers: readonly Answer[]): void {
  const { sink } = bureau.test
  let turn = 0
  const truth = (key: string) => (sink.accepted.get(key) ?? 0) > 0
  const mark = (key: string) => sink.accepted.set(key, (sink.accepted.get(key) ?? 0) + 1)
  sink.answer = (batch, index): Outcome => {
    const key = batch.recipients[index]?.key ?? ''
    const answer = answers[turn++ % answers.length] ?? 'accepted'
    switch (answer) {
      case 'accepted':
        return { kind: 'accepted' }
      case 'retry':
        return { kind: 'retry', code: 'busy', detail: '' }
      case 'refused':
        return { kind: 'refused', scope: 'recipient', code: 'no', detail: '' }
      case 'thrown':
        mark(key)
        throw new Error('gone')
      default:
        if (answer === 'unsure-sent') mark(key)
        return { kind: 'unsure', code: 'timeout', detail: '' }
    }
  }
  sink.found = (batch, index): Outcome =>
    truth(batch.recipients[index]?.key ?? '')
      ? { kind: 'accepted' }
      : { kind: 'retry', code: 'not-sent', detail: '' }
}

interface Row {
  readonly address_id: number
  readonly dispatch_id: number
  readonly state: string
}

it('keeps tallies, singles and everybody', async () => {
  const { sink, hub, worker } = bureau.test
  const script = {
    fates: fc.array(fc.constantFrom(...FATES), { minLength: 3, maxLength: 12 }),
    answers: fc.array(fc.constantFrom(...ANSWERS), { minLength: 1, maxLength: 40 }),
    sweepEvery: fc.integer({ min: 1, max: 3 }),
  }
  await fc.assert(
    fc.asyncProperty(fc.record(script), async ({ fates, answers, sweepEvery }) => {
      sink.accepted.clear()
      arm(answers)
      const orders = [NOTIFY, { ...NOTIFY, channelId: 'single' }]
      const { dispatchIds } = await signed(bureau, orders)
      for (const [round, fate] of fates.entries()) {
        await meet(fate, round)
        await pause()
        if (round % sweepEvery === 0) await sweep(hub, worker, at(round))
        expect(await verifyLog(hub, bureau.agencyId)).toEqual([])
      }
      // The misfortune ends; what is left comes to its end.
      sink.answer = undefined
      for (let round = 20; round < 24; round++) {
        await pause()
        await sweep(hub, worker, at(round))
        await drain(bureau, at(round))
      }
      const rows = await owner.lawful<Row>(
        `select address_id::int, dispatch_id::int, state from delivery
         where dispatch_id = any($1::bigint[])`,
        [dispatchIds],
      )
      expect(rows).toHaveLength(2 * RECIPIENTS)
      for (const row of rows) {
        const key = `${bureau.agencyId}.${row.dispatch_id}.${row.address_id}`
        const times = sink.accepted.get(key) ?? 0
        expect([row.state, times]).toEqual([row.state, row.state === 'accepted' ? 1 : 0])
        expect(['accepted', ...FINAL_STATES]).toContain(row.state)
      }
      expect(await verifyLog(hub, bureau.agencyId)).toEqual([])
    }),
    { numRuns: 8 },
  )
})
