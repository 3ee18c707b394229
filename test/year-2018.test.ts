/** The golden year: 2018 of the first bureau, walked through the real doors and counted from the log. */
import { type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { walkYear } from '../src/cli/walk-year.ts'
import type { YearTotals } from '../src/domain/totals.ts'
import { yearBounds } from '../src/domain/year.ts'
import { countYear, verifyLog } from '../src/hub/count.ts'
import { readYear2018, type Trap, type Year2018Row } from '../src/simulator/year-2018.ts'
import { connect, type Database } from '../src/store/connect.ts'
import { yearTotals } from '../src/store/totals.ts'
import { openPracticeBureau, type PracticeBureau } from './support/practice.ts'

let bureau: PracticeBureau
let year: YearTotals
const rows = readYear2018()
const id = (name: string) => bureau.people.get(name) ?? 0
beforeAll(async () => {
  bureau = await openPracticeBureau()
  const { app, agencyId } = bureau
  await walkYear(
    {
      ...{ hub: app.hub, pump: app.pump, agencyId },
      ...{ drafterId: id('沈文书'), reviewerId: id('陆保密'), leaderId: id('钱局长') },
    },
    rows,
  )
  year = await countYear(app.hub, agencyId, 2018)
}, 180_000)
afterAll(() => bureau.close())

const channel = (name: string) => year.channels.find((one) => one.id === name)
const cell = (channelId: string, category: string) =>
  year.cells.find((one) => one.channel === channelId && one.category === category)?.publications

it('counts what the report of 2018 says', () => {
  expect(channel('disclosure-portal')?.publications).toBe(151)
  expect(channel('service-network')?.publications).toBe(62)
  expect(cell('service-network', 'accident-handling')).toBe(3)
  expect(cell('service-network', 'penalty')).toBe(59)
  expect(channel('wechat-official')?.publications).toBe(134)
  expect(cell('wechat-official', 'exposure')).toBe(50)
  expect(cell('disclosure-portal', 'accident-report')).toBe(4)
  expect(cell('disclosure-portal', 'accident-flash')).toBe(1)
  expect(year).toMatchObject({ publications: 347, messages: 246, broadcasts: 112 })
  expect(year.entries).toEqual([
    { category: 'hazard-list', level: 'province', units: 1 },
    { category: 'hazard-list', level: 'prefecture', units: 1 },
    { category: 'hazard-list', level: 'county', units: 10 },
  ])
})

it('leaves no difference between log and tallies', async () => {
  expect(await verifyLog(bureau.app.hub, bureau.agencyId)).toEqual([])
})

it('balances: the cells of a channel are its publications', () => {
  for (const one of year.channels) {
    const cells = year.cells.filter((cell) => cell.channel === one.id)
    expect(cells.reduce((sum, cell) => sum + cell.publications, 0)).toBe(one.publications)
  }
})

/** What the log holds of a trap's row: its publications as they stand. */
async function standing(trap: Trap) {
  const row = rows.find((one) => one.trap === trap) as Year2018Row
  const { rows: found } = await sql<{
    channel: string
    year: number | null
    withdrawn: boolean
    origin: string
    duplicate: boolean
    mode: string
    facts: number
    attempts: number
  }>`
    select p.channel_id as channel, extract(year from p.occurred_at at time zone 'Asia/Shanghai')::int as year,
      p.withdrawn_at is not null as withdrawn, p.origin, p.duplicate_of is not null as duplicate, p.mode,
      (select count(*) from publication_fact f where f.agency_id = p.agency_id and f.publication_id = p.id) as facts,
      (select count(*) from attempt a join dispatch d on d.agency_id = a.agency_id and d.id = a.dispatch_id
        where d.agency_id = p.agency_id and d.publication_id = p.id) as attempts
    from bulletin b join publication p on p.agency_id = b.agency_id and p.bulletin_id = b.id
    where b.agency_id = ${bureau.agencyId} and b.title = ${row.title}
      and (b.origin = 'hub') = ${row.origin === 'hub'}
    order by p.id
  `.execute(bureau.app.connection.db)
  return found
}

describe('traps inside the numbers', () => {
  it('the post at 23:59:30 on the last day counts in 2018', async () => {
    expect(await standing('last-minute')).toMatchObject([{ year: 2018 }])
  })
  it('the post ten seconds into 2019 does not', async () => {
    expect(await standing('next-year')).toMatchObject([{ year: 2019 }])
  })
  it('a bulletin of 2018 counts in 2019 where it stood only then', async () => {
    expect((await standing('next-year-elsewhere')).map((one) => one.year)).toEqual([2018, 2019])
  })
  it('the first morning counts, though it is still 2017 in Greenwich', async () => {
    expect(await standing('first-morning')).toMatchObject([{ year: 2018 }])
  })
  it('the hand posting counts, flagged', async () => {
    expect(await standing('hand-posting')).toMatchObject([{ year: 2018, origin: 'manual' }])
    expect(channel('disclosure-portal')?.manual).toBe(1)
  })
  it('the withdrawn one stays counted and is counted as withdrawn', async () => {
    expect(await standing('withdrawn')).toMatchObject([{ year: 2018, withdrawn: true }])
    expect(channel('disclosure-portal')?.withdrawn).toBe(1)
    expect(await standing('reposted')).toMatchObject([{ year: 2018, withdrawn: false }])
  })
  it('the correction in place counts once', async () => {
    expect(await standing('amended')).toMatchObject([{ year: 2018, facts: 2 }])
  })
  it('the correction notice counts on its own', async () => {
    expect(await standing('correction-notice')).toMatchObject([{ year: 2018 }])
  })
  it('the retried one counts once', async () => {
    expect(await standing('retry')).toMatchObject([{ year: 2018, facts: 1, attempts: 2 }])
  })
  it('the failure, the duplicate, the exercise and the test never count', async () => {
    expect(await standing('failure')).toMatchObject([{ year: null }])
    expect(await standing('duplicate')).toMatchObject([{ duplicate: true, year: 2018 }])
    const { rows: never } = await sql<{ mode: string; sent: boolean }>`
      select mode, occurred_at is not null as sent from broadcast
      where agency_id = ${bureau.agencyId} and mode != 'earnest' order by mode
    `.execute(bureau.app.connection.db)
    expect(never).toEqual([
      { mode: 'exercise', sent: true },
      { mode: 'test', sent: true },
    ])
  })
})

/** Totals with one row gone, as the owner, in a transaction that is taken back each time. */
async function withoutEachRow(
  table: 'publication' | 'broadcast' | 'entry',
  where: RawBuilder<unknown>,
): Promise<{ rows: number; unnoticed: number }> {
  const owner = connect(bureau.database.ownerUrl, { connectionsMax: 1 })
  const { agencyId } = bureau
  const count = (db: Database) =>
    yearTotals(db, 2018, { agencyId, ...yearBounds(2018) }).then((totals) => JSON.stringify(totals))
  try {
    return await owner.db.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx)
      const whole = await count(tx)
      const { rows: found } = await sql<{ ctid: string }>`
        select t.ctid::text as ctid from ${sql.table(table)} t where t.agency_id = ${agencyId} and ${where}
      `.execute(tx)
      let unnoticed = 0
      for (const { ctid } of found) {
        await sql`savepoint one`.execute(tx)
        await sql`delete from ${sql.table(table)} where ctid = ${ctid}::tid`.execute(tx)
        if ((await count(tx)) === whole) unnoticed++
        await sql`rollback to savepoint one`.execute(tx)
      }
      return { rows: found.length, unnoticed }
    })
  } finally {
    await owner.close()
  }
}

describe('removing any one row changes a total', () => {
  const in2018 = sql`t.occurred_at < '2019-01-01 00:00+08' and t.mode = 'earnest'`
  it('of the publications', async () => {
    const counted = sql`${in2018} and t.duplicate_of is null`
    expect(await withoutEachRow('publication', counted)).toEqual({ rows: 347, unnoticed: 0 })
  })
  it('of the broadcasts', async () => {
    expect(await withoutEachRow('broadcast', in2018)).toEqual({ rows: 112, unnoticed: 0 })
  })
  it('of the listed units', async () => {
    expect(await withoutEachRow('entry', sql`true`)).toEqual({ rows: 12, unnoticed: 0 })
  })
})
