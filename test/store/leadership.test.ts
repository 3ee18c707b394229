/** One process minds the timers: another takes over when its line is cut or it lets go, and nobody
 *  leads who cannot ask. A frozen process stands in `test/processes`. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLeadership } from '../../src/store/leadership.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let owner: Client
beforeAll(async () => {
  database = await createTestDatabase()
  owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

function candidate() {
  const changes: boolean[] = []
  return { changes, lead: openLeadership(database.hubUrl, (leads) => changes.push(leads)) }
}

/** Cuts the lines of whoever leads or wants to. */
async function cutAll(): Promise<void> {
  await owner.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'duoling leader' and datname = current_database()",
  )
}

async function untilLeads(...leads: readonly { round(): Promise<boolean> }[]): Promise<number> {
  for (;;) {
    for (const [index, one] of leads.entries()) if (await one.round()) return index
  }
}

it('gives the lead to one of many who ask at once, and to another when that one lets go', async () => {
  const all = Array.from({ length: 5 }, candidate)
  const rounds = await Promise.all(all.map((one) => one.lead.round()))
  expect(rounds.filter(Boolean)).toHaveLength(1)
  const again = await Promise.all(all.map((one) => one.lead.round()))
  expect(again).toEqual(rounds)
  const leader = all[rounds.indexOf(true)]
  await leader?.lead.close()
  expect(leader?.lead.leads).toBe(false)
  expect(leader?.changes).toEqual([true, false])
  expect(await leader?.lead.round()).toBe(false)
  const others = all.filter((one) => one !== leader).map((one) => one.lead)
  const next = await Promise.all(others.map((one) => one.round()))
  expect(next.filter(Boolean)).toHaveLength(1)
  await Promise.all(others.map((one) => one.close()))
})

it('loses the lead with its line, and takes it again when nobody else did', async () => {
  const { lead, changes } = candidate()
  expect(await lead.round()).toBe(true)
  await cutAll()
  while (lead.leads) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(changes).toEqual([true, false])
  expect(await untilLeads(lead)).toBe(0)
  await lead.close()
})

it('does not lead, and does not throw, where the database does not answer', async () => {
  const url = new URL(database.hubUrl)
  url.pathname = '/no_such_database'
  const lead = openLeadership(url.href, () => {})
  expect(await lead.round()).toBe(false)
  await lead.close()
})
