/** The law inside the database holds without the hub: its role can neither alter nor drop. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let hub: Client
beforeAll(async () => {
  database = await createTestDatabase()
  hub = new Client({ connectionString: database.hubUrl })
  await hub.connect()
})
afterAll(async () => {
  await hub.end()
  await database.drop()
})

it.each([
  'alter table delivery add column x int',
  'drop table signature',
  'drop trigger law_of_review on review',
  'alter table signature disable trigger all',
  'create table other (x int)',
  'truncate review',
  'delete from signature',
  'update revision set number = 2',
  'set session_replication_role = replica',
])('the hub may not: %s', async (statement) => {
  await expect(hub.query(statement)).rejects.toThrow(/permission denied|must be owner/)
})
