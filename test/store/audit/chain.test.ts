/** The chain of the audit: complete whatever order transactions end in, and broken by whatever is changed,
 *  dropped or cut off afterwards. */
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditHead, sealAudit, verifyAudit } from '../../../src/store/audit/chain.ts'
import { exportHead, keepHead, readHeads } from '../../../src/store/audit/heads.ts'
import { type Connection, connect } from '../../../src/store/connect.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

let database: TestDatabase
let here: Connection
let there: Connection
let forger: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  forger = await openForger(database)
  here = connect(database.hubUrl)
  there = connect(database.hubUrl)
  await forger.lawful("insert into agency (credit_code) values ('11330483MB1234567X')")
})
afterAll(async () => {
  await here.close()
  await there.close()
  await forger.close()
  await database.drop()
})

async function write(count: number, connection = here): Promise<void> {
  await sql`
    insert into audit (agency_id, at, actor_id, action, subject, facts)
    select 1, now(), n, 'sign', 'bulletin/' || n, jsonb_build_object('hash', md5(n::text))
    from generate_series(1, ${count}::int) n
  `.execute(connection.db)
}

/** Until so many rows are sealed: a transaction of another test's database, in the same server, may hold
 *  the chain up for a while. */
async function sealAll(rows: number, connection = here): Promise<number> {
  let sealed = 0
  while (sealed < rows) {
    const round = await sealAudit(connection.db)
    sealed += round
    if (round === 0) await pause(20)
  }
  return sealed
}

describe('sealing', () => {
  it('covers each row once, in rounds, and verifies', async () => {
    await write(12_000)
    expect(await sealAll(12_000)).toBe(12_000)
    expect(await sealAudit(here.db)).toBe(0)
    expect(await verifyAudit(here.db)).toEqual({ ok: true, rows: 12_000, unsealed: 0 })
    expect(await auditHead(here.db)).toMatchObject({ number: 12_000 })
  })

  it('waits for a transaction that wrote early and ends late, and never passes it over', async () => {
    const before = (await auditHead(here.db))?.number ?? 0
    await there.db.transaction().execute(async (tx) => {
      await sql`
        insert into audit (agency_id, at, action, subject, facts) values (1, now(), 'late', 'x', '{}')
      `.execute(tx)
      await write(10)
      // Everything newer waits, because the chain goes by the order of transactions.
      for (let round = 0; round < 5; round++) expect(await sealAudit(here.db)).toBe(0)
    })
    expect(await sealAll(11)).toBe(11)
    expect(await verifyAudit(here.db)).toEqual({ ok: true, rows: before + 11, unsealed: 0 })
  })

  it('is one process’s work at a time', async () => {
    await write(3_000)
    const before = (await auditHead(here.db))?.number ?? 0
    let sealed = 0
    while (sealed < 3_000) {
      const rounds = [here, there, here, there].map((one) => sealAudit(one.db))
      for (const round of await Promise.all(rounds)) sealed += round
    }
    expect(sealed).toBe(3_000)
    expect(await verifyAudit(here.db)).toMatchObject({ ok: true, rows: before + 3_000 })
  })
})

describe('whatever happens to the rows afterwards', () => {
  const idOf = async (number: number) => {
    const [row] = await forger.lawful<{ id: number }>(
      'select audit_id::int as id from audit_seal where number = $1',
      [number],
    )
    return row?.id ?? 0
  }

  it.each([
    ['facts = facts || \'{"hash": "other"}\''],
    ["action = 'review'"],
    ["subject = 'bulletin/1'"],
    ['actor_id = actor_id + 1'],
    ["at = at + interval '1 microsecond'"],
    ["recorded_at = recorded_at - interval '1 day'"],
  ])('a change is found where it is: %s', async (change) => {
    const id = await idOf(7_777)
    const [kept] = await forger.lawful<{ row: string }>(
      'select row_to_json(a)::text as row from audit a where id = $1',
      [id],
    )
    await forger.forge(`update audit set ${change} where id = $1`, [id])
    expect(await verifyAudit(here.db)).toMatchObject({
      ok: false,
      firstBad: { number: 7_777, auditId: id, what: 'changed' },
    })
    await forger.forge(
      `update audit a set facts = r.facts, action = r.action, subject = r.subject,
         actor_id = r.actor_id, at = r.at, recorded_at = r.recorded_at
       from json_populate_record(null::audit, $2::json) r where a.id = $1`,
      [id, kept?.row],
    )
    expect((await verifyAudit(here.db)).ok).toBe(true)
  })

  it('a row that is gone, and a seal that is gone, are found', async () => {
    const id = await idOf(9_000)
    await forger.forge('update audit_seal set audit_id = -1 where number = 9000')
    expect((await verifyAudit(here.db)).firstBad).toMatchObject({ number: 9_000, what: 'missing' })
    await forger.forge('update audit_seal set audit_id = $1 where number = 9000', [id])
    await forger.forge('update audit_seal set number = -9000 where number = 9000')
    expect((await verifyAudit(here.db)).ok).toBe(false)
    await forger.forge('update audit_seal set number = 9000 where number = -9000')
    expect((await verifyAudit(here.db)).ok).toBe(true)
  })
})

describe('a head kept elsewhere', () => {
  const key = { id: 'audit-1', bytes: Buffer.alloc(32, 7) }

  it('shows a chain that was cut short, or made anew', async () => {
    const head = await auditHead(here.db)
    if (!head) throw new Error('nothing is sealed')
    expect((await verifyAudit(here.db, [head])).ok).toBe(true)
    const further = { ...head, number: head.number + 1 }
    expect((await verifyAudit(here.db, [further])).firstBad?.what).toBe('seal-missing')
    const other = { ...head, sm3: '0'.repeat(64) }
    expect((await verifyAudit(here.db, [other])).firstBad).toMatchObject({
      number: head.number,
      what: 'head-differs',
    })
  })

  it('is believed only under the audit key, line by line', async () => {
    const path = join(tmpdir(), `heads-${process.pid}.jsonl`)
    const head = { number: 3, sha256: 'a'.repeat(64), sm3: 'b'.repeat(64) }
    const exported = exportHead(key, head, new Date('2026-11-25T02:00:00Z'))
    expect(await readHeads(path, key)).toEqual({ heads: [], foreign: 0 })
    await keepHead(path, exported)
    await keepHead(path, { ...exported, number: 4 })
    await keepHead(path, exportHead({ ...key, bytes: Buffer.alloc(32, 8) }, head, new Date(0)))
    await writeFile(path, '{"number": 5, "sha', { flag: 'a' })
    expect(await readHeads(path, key)).toEqual({ heads: [head], foreign: 3 })
    await rm(path)
  })
})
