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
  'delete from delivery',
  'delete from tally',
  'delete from bulletin',
  "update review set opinion = 'public'",
  "update signature set manifest = '{}'",
  'update dispatch_payload set hash = hash',
  'update attempt_end set late = false',
  'update publication_fact set occurred_at = now()',
  "update audit set action = ''",
  "update installation set kind = 'live'",
  'create function other() returns int language sql as $$select 1$$',
  'create or replace function refuse_change() returns trigger language plpgsql as $$begin return new; end$$',
  'drop function law_of_signature() cascade',
  'create trigger other before insert on signature execute function refuse_change()',
  'create schema other',
  'drop table delivery',
  'alter role duoling_hub superuser',
  "copy signature to program 'cat'",
  "select pg_read_file('/etc/hostname')",
])('the hub may not: %s', async (statement) => {
  await expect(hub.query(statement)).rejects.toThrow(/permission denied|must be owner|not owner/)
})

it('the hub may not become the owner', async () => {
  const owner = new URL(database.ownerUrl).username
  await expect(hub.query(`set role "${owner}"`)).rejects.toThrow(/permission denied/)
})

it('owns nothing, and may change no table whose rows are kept for ever', async () => {
  const owned = await hub.query(
    `select relname from pg_class where relowner in (
       select oid from pg_roles where rolname in ('duoling_hub', current_user))`,
  )
  expect(owned.rows).toEqual([])
  const changeable = await hub.query(
    `select tgrelid::regclass::text as name from pg_trigger
     where tgname = 'never_changed' and (has_table_privilege(tgrelid, 'update')
       or has_table_privilege(tgrelid, 'delete') or has_table_privilege(tgrelid, 'truncate'))`,
  )
  expect(changeable.rows).toEqual([])
  const guarded = await hub.query("select 1 from pg_trigger where tgname = 'never_changed'")
  expect(guarded.rows.length).toBeGreaterThanOrEqual(12)
})

it('a month made for the hub belongs to the owner as well', async () => {
  await hub.query("select ensure_delivery_month('2031-05-20')")
  await expect(hub.query('drop table delivery_203105')).rejects.toThrow(/must be owner/)
  await expect(hub.query('delete from delivery_203105')).rejects.toThrow(/permission denied/)
  await expect(hub.query("select ensure_delivery_month('1999-12-01')")).rejects.toThrow(/no month/)
})
