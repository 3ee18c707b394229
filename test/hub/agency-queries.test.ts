/** Every statement the hub issues in a full walk names the agency for each business table it touches;
 *  those that serve all agencies at once stand in a list, each with its reason. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { revise } from '../../src/hub/compose.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { handText } from '../../src/hub/hand-text.ts'
import { fireDue } from '../../src/hub/schedule/fire-due.ts'
import { planDue } from '../../src/hub/schedule/schedules.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { unsubscribe } from '../../src/hub/unsubscribe.ts'
import { bulletinOfDispatch, readGauges } from '../../src/store/gauges.ts'
import { walkArrivals } from '../support/arrivals.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  reviewBy,
  signBy,
  signed,
  text,
} from '../support/bureau.ts'
import { walkClearances } from '../support/clearance-walk.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { walkDecisions } from '../support/decision-walk.ts'
import { walkDesk } from '../support/desk-walk.ts'
import { TOLD_CHANNEL, toldWire, walkReceipts } from '../support/receipt-walk.ts'
import { BOOK, switchOn } from '../support/schedules.ts'

/** What serves every agency at once, and why it may. */
const FOR_ALL: readonly { readonly marks: string; readonly why: string }[] = [
  { marks: 'lease_until < clock_timestamp()', why: 'reclaim: a dead lease is anybody’s to end' },
  {
    marks: "b.state in ('waiting', 'held') and d.not_after <= $",
    why: 'expire: a window closes for all',
  },
  {
    marks: 'b.due_at <= $',
    why: 'claim: one engine serves all; the batch brings its agency along',
  },
  {
    marks: "state = 'expanding' or (state = 'held' and held_reason is null",
    why: 'expandable: ids only',
  },
  {
    marks: "from batch where state = 'leased' group by lane",
    why: 'numbers of all lanes: no row is named',
  },
  {
    marks: 'select count(*) as unsealed from audit a',
    why: 'numbers of the whole chain: no row is named',
  },
  {
    marks: 'from breaker where open_until is not null) as open',
    why: 'numbers of all roads: no row is named',
  },
  { marks: "where d.state = 'stopped'", why: 'stops half carried out: ids only' },
  { marks: 'from batch where look_at', why: 'batches to look after: ids only' },
  { marks: 'from receipt where look_at <= $', why: 'roads with receipts to compare: ids only' },
  { marks: 'from reply where look_at <= $', why: 'agencies with replies to compare: ids only' },
  { marks: 'from receipt_watch where ask_at <= $', why: 'roads to ask on: ids only' },
  { marks: 'from receipt_watch where until_at <= $', why: 'a horizon passes for all' },
  { marks: "where b.state = 'held' and not b.bound", why: 'what closed roads hold: ids only' },
  {
    marks: 'from occurrence where look_at <= $',
    why: 'occurrences whose moment has come: ids only',
  },
  { marks: 'from schedule where planned_on is null', why: 'agencies to expand today: ids only' },
  {
    marks: 'from "account" where "login" = $',
    why: 'whoever signs in names no agency: the account is what says it',
  },
  {
    marks: 'from "account" where "user_id" = $',
    why: 'a session names no agency: the account is what says it',
  },
  {
    marks: 'from "road" where "enabled" = $',
    why: 'the roads of all agencies in one short memory',
  },
]

let database: TestDatabase
let bureau: Bureau
const statements = new Set<string>()
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, { adapters: [toldWire.adapter] })
  bureau = await foundBureau(test, [...CHANNELS, TOLD_CHANNEL])
  await addPhones(bureau, 10)
  const { pool } = test.connection
  pool.on('acquire', (client) => {
    const query = client.query as (...parts: unknown[]) => unknown
    if ('listened' in client) return
    Object.assign(client, {
      listened: true,
      query: (...parts: unknown[]) => {
        const [first] = parts
        const statement = typeof first === 'string' ? first : (first as { text?: string }).text
        if (statement) statements.add(statement.replaceAll(/\s+/g, ' ').trim())
        return query.apply(client, parts)
      },
    })
  })
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

async function walkEverything(): Promise<void> {
  const { hub, worker } = bureau.test
  const { agencyId } = bureau
  const by = bureau.id('沈文书')
  bureau.test.sink.answer = (_, index) => {
    if (index === 0) return { kind: 'awaiting', on: 'hand', withinMs: 1_000 }
    return index === 1 ? { kind: 'unsure', code: 'x', detail: '' } : { kind: 'accepted' }
  }
  const composed = await signed(bureau, [PUBLISH, NOTIFY])
  await drain(bureau)
  const tasks = await hub.store.transact(agencyId, async (tx) => {
    await tx.handProgress(MORNING)
    return tx.openTasks({ limit: 100, keeperId: 0 }).then(() => tx.openTasks({ limit: 100 }))
  })
  const taskIds = tasks.map((task) => task.id)
  await handText(hub, { agencyId, taskId: taskIds[0] ?? 0 })
  await confirmByHand(hub, { agencyId, taskIds, by, at: MORNING, url: 'http://place.test/1' })
  const edited = await revise(hub, {
    ...{ agencyId, bulletinId: composed.bulletinId, at: MORNING, authorId: by },
    ...{ seenHash: composed.hash, content: text('改', { entries: [{ unit: '甲厂' }] }) },
  })
  await reviewBy(bureau, '陆保密', edited)
  await signBy(bureau, '钱局长', edited, [{ channelId: 'board', act: 'amend', reason: '改' }])
  await drain(bureau)
  await sweep(hub, worker, MORNING)
  await unsubscribe(hub, { agencyId, addressId: 5, at: MORNING })
  const last = await signed(bureau, [NOTIFY])
  await stop(hub, {
    ...{
      agencyId,
      bulletinId: last.bulletinId,
      by: bureau.id('钱局长'),
      reason: '误',
      at: MORNING,
    },
  })
  await walkReceipts(bureau)
  await walkClearances(bureau)
  await switchOn(bureau, 'weekly')
  await planDue(hub, BOOK, MORNING)
  await fireDue(hub, BOOK, MORNING)
  await walkDecisions(bureau)
  await walkDesk(bureau)
  await walkArrivals(bureau)
  await countYear(hub, agencyId, 2026)
  const { db } = bureau.test.connection
  await readGauges(db, MORNING)
  const [dispatchId = 0] = last.dispatchIds
  expect(await bulletinOfDispatch(db, agencyId, dispatchId)).toBe(last.bulletinId)
  expect(await verifyLog(hub, agencyId)).toEqual([])
}

const NO_ALIAS =
  'where|join|on|set|left|inner|cross|for|group|order|limit|using|values|union|select|as|returning'
const NAMED = new RegExp(
  String.raw`\b(?:from|join|into|update(?! set))\s+"?([a-z_]+)"?(?:\s+(?:as\s+)?"?(?!(?:${NO_ALIAS})\b)([a-z]\w*)"?)?`,
  'g',
)

/** Business tables of a statement, each with the name its columns go by. */
function tablesOf(statement: string, business: ReadonlySet<string>) {
  return [...statement.matchAll(NAMED)].flatMap(([, table = '', alias]) =>
    business.has(table) ? [{ table, alias: alias ?? table }] : [],
  )
}

/** A value given from outside, never only a column of another row. */
const GIVEN =
  /"?agency_id"? = \$\d|into "?\w+"? \("?agency_id"?|"agency_id"[^)]*\) values|update agency set .* where id = \$\d/

function whyNotKept(statement: string, business: ReadonlySet<string>): string | undefined {
  const tables = tablesOf(statement, business)
  if (tables.length === 0 || FOR_ALL.some(({ marks }) => statement.includes(marks)))
    return undefined
  if (!GIVEN.test(statement)) return 'no agency is given'
  for (const { table, alias } of tables) {
    const column = table === 'agency' ? 'id' : 'agency_id'
    const qualified = new RegExp(String.raw`\b${alias}"?\."?${column}\b`).test(statement)
    const plain = alias === table && new RegExp(String.raw`(?<!\.)"?\b${column}\b`).test(statement)
    if (!qualified && !plain) return `${alias} is not bound to the agency`
  }
  return undefined
}

async function businessTables(): Promise<ReadonlySet<string>> {
  const { rows } = await bureau.test.connection.pool.query<{ name: string }>(
    `select distinct table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'agency_id'`,
  )
  return new Set([...rows.map((row) => row.name), 'agency'])
}

it('names the agency for every business table of every statement', async () => {
  await walkEverything()
  const business = await businessTables()
  const touching = [...statements].filter((one) => tablesOf(one, business).length > 0)
  expect(touching.length).toBeGreaterThan(60)
  const loose = touching.flatMap((statement) => {
    const why = whyNotKept(statement, business)
    return why === undefined ? [] : [`${why}: ${statement}`]
  })
  expect(loose).toEqual([])
})

it.each([
  'select "id" from "bulletin" where "id" = $1',
  'update delivery d set state = $1 where d.dispatch_id = $2',
  'select 1 from dispatch d join batch b on b.dispatch_id = d.id where d.agency_id = $1',
  'select 1 from address a where a.agency_id = $1 and exists (select 1 from contact c where c.id = 1)',
  'select "number" from "revision" as "r" where "bulletin_id" = $1',
  'delete from audience_member where contact_id = $1',
])('sees what is missing in: %s', async (statement) => {
  expect(whyNotKept(statement, await businessTables())).toBeDefined()
})

it('every exception is in use', () => {
  const idle = FOR_ALL.filter(({ marks }) => ![...statements].some((one) => one.includes(marks)))
  expect(idle).toEqual([])
})
