/** After a restore every road rests. Releasing one of a channel's roads lets out what waited on that road,
 *  and nothing of another: nobody knows what that one sent since the backup. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sweep } from '../../src/hub/sweep.ts'
import { RESTORED } from '../../src/store/backup/load.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  release,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

const road = (id: string) => ({ id, adapter: 'test-wire', settings: {} })
const TWO: NewChannel = {
  ...{ id: 'two', name: 'two', line: 'two', addressing: 'recipient', addressKind: 'phone' },
  ...{ position: 9, roads: [road('first'), road('second')] },
}

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl), [...CHANNELS, TWO])
  owner = await openForger(database)
  await addPhones(bureau, 5)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

it('what waits on a restored road goes out when that road is released, not when another is', async () => {
  const { hub, worker, sink } = bureau.test
  await signed(bureau, [{ channelId: 'two', act: 'notify', audiences: ['media'] }])
  await owner.lawful('update road set held_reason = $1', [RESTORED])
  await release(bureau, 'two', 'second')
  await sweep(hub, worker, MORNING)
  await drain(bureau)
  expect(sink.texts).toEqual([])
  await release(bureau, 'two', 'first')
  await drain(bureau)
  expect(sink.texts).toHaveLength(5)
})
