/** The tables as kysely sees them are the tables there are: same names, same columns, same absence. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const FOLDER = join(import.meta.dirname, '../../src/store/schema')

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

const TABLE = /^ {2}(\w+): \{(?:\n([\s\S]*?)\n {2}\}|([^\n]*)\})$/gm

/** `table.column`, with `?` where it may be null. */
function written(): readonly string[] {
  const files = readdirSync(FOLDER).filter((name) => !/^(?:columns|tables)\.ts$/.test(name))
  const tables = files.flatMap((name) => [
    ...readFileSync(join(FOLDER, name), 'utf8').matchAll(TABLE),
  ])
  return tables
    .flatMap(([, table = '', many, one = '']) =>
      (many === undefined ? one.split(';') : many.split('\n')).flatMap((line) => {
        const [, column, type = ''] = /^\s*(\w+): (.+?)\s*$/.exec(line) ?? []
        const mayBeNull = /Nullable|OrNull/.test(type) ? '?' : ''
        return column ? [`${table}.${column}${mayBeNull}`] : []
      }),
    )
    .sort()
}

it('matches the migrations column for column', async () => {
  const { rows } = await owner.query<{ name: string }>(`
    select c.table_name || '.' || c.column_name || case when c.is_nullable = 'YES' then '?' else '' end
      as name
    from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
      and c.table_name not like 'kysely%' and c.table_name !~ '^delivery_\\d{6}$'`)
  expect(written()).toEqual(rows.map((row) => row.name).sort())
  expect(written().length).toBeGreaterThan(200)
})

/** Beside these every table belongs to one bureau. */
const COMMON = ['agency', 'installation', 'audit', 'audit_seal']

it('has the agency in the key and in every foreign key of each business table', async () => {
  const { rows } = await owner.query<{
    table: string
    kind: string
    columns: string[]
    to: string
  }>(`
    select c.conrelid::regclass::text as "table", c.contype as kind, c.confrelid::regclass::text as "to",
      array(select a.attname::text from unnest(c.conkey) with ordinality as k (number, position)
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
        order by k.position) as columns
    from pg_constraint c join pg_class t on t.oid = c.conrelid
    where c.connamespace = 'public'::regnamespace and c.contype in ('p', 'f') and t.relname !~ '^kysely'`)
  const business = rows.filter((row) => !COMMON.includes(row.table))
  expect(new Set(business.map((row) => row.table)).size).toBeGreaterThan(30)
  const keys = business.filter((row) => row.kind === 'p')
  expect(keys.filter((row) => row.columns[0] !== 'agency_id')).toEqual([])
  const references = business.filter((row) => row.kind === 'f')
  expect(references.filter((row) => !row.columns.includes('agency_id'))).toEqual([])
})
