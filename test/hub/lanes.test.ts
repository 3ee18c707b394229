/** A warning need not wait for bulk that fills its road: one call is kept for the urgent lane. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Adapter, Channel } from '../../channels/channel.ts'
import { createPump, type Pump } from '../../src/hub/pump.ts'
import {
  addPhones,
  type Bureau,
  foundBureau,
  MORNING,
  openTestHub,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createSink } from '../support/sink.ts'

const CALLS_MAX = 3
const RECIPIENTS = 40
const BATCH = 4

/** Calls the platform has not answered. */
const open: (() => void)[] = []
/** the bulletin of each call */
const called: number[] = []
let inTime = true

function slowAdapter(): Adapter {
  const wire = createSink().adapters.find(({ adapter }) => adapter === 'test-wire')
  return {
    adapter: 'slow',
    create(settings, tools) {
      const inner = wire?.create(settings, tools) as Channel
      return {
        ...inner,
        adapter: 'slow',
        capabilities: { ...inner.capabilities, batchMax: BATCH, concurrencyMax: CALLS_MAX },
        async send(batch) {
          called.push(batch.bulletinId)
          if (!inTime) await new Promise<void>((answer) => open.push(answer))
          return batch.recipients.map(() => ({ kind: 'accepted', units: 1 }))
        },
      }
    },
  }
}

let database: TestDatabase
let bureau: Bureau
let pump: Pump
const errors: unknown[] = []
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl, { adapters: [slowAdapter()] }), [
    {
      ...{ id: 'slow', name: 'slow', line: 'slow', addressing: 'recipient', position: 1 },
      addressKind: 'phone',
      roads: [{ id: 'main', adapter: 'slow', settings: {} }],
    },
  ])
  await addPhones(bureau, RECIPIENTS)
  pump = createPump(bureau.test.hub, bureau.test.worker, (error) => errors.push(error))
})
function answerAll(): void {
  inTime = true
  for (const answer of open.splice(0)) answer()
}
afterAll(async () => {
  answerAll()
  await pump.close()
  await bureau.test.close()
  await database.drop()
})

const order = {
  channelId: 'slow',
  act: 'notify',
  audiences: ['media'],
  throughQuietHours: true,
} as const

it('bulk leaves one call of its road to warnings, and they may take all', async () => {
  inTime = false
  const routine = await signed(bureau, [order], { title: '例行提醒' })
  await pump.look('normal', MORNING)
  expect(pump.underWay()).toBe(CALLS_MAX - 1)
  await expect.poll(() => called).toEqual([routine.bulletinId, routine.bulletinId])
  const red = await signed(bureau, [order], { title: '红色预警', level: 'red' })
  await pump.look('urgent', MORNING)
  expect(pump.underWay()).toBe(CALLS_MAX)
  await expect.poll(() => called.slice(CALLS_MAX - 1)).toEqual([red.bulletinId])
  // Answered in turn, each place that comes free goes to whoever may have it; nobody stays behind.
  answerAll()
  await pump.drain(() => MORNING)
  const batches = RECIPIENTS / BATCH
  const of = (id: number) => called.filter((one) => one === id).length
  expect([of(routine.bulletinId), of(red.bulletinId)]).toEqual([batches, batches])
  expect(errors).toEqual([])
})
