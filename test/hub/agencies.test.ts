/** Two bureaus in one database: every door of the one, given ids of the other, refuses and changes
 *  nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Composed, compose, revise } from '../../src/hub/compose.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { fanOut } from '../../src/hub/fan-out.ts'
import { markDuplicate } from '../../src/hub/mark-duplicate.ts'
import { confirmSheet, enterSheet, sheetCode } from '../../src/hub/paper.ts'
import { returnForEdit, review } from '../../src/hub/review.ts'
import { type Signed, sign } from '../../src/hub/sign.ts'
import { stop } from '../../src/hub/stop.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { unsubscribe } from '../../src/hub/unsubscribe.ts'
import {
  addPhones,
  type Bureau,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  type PersonName,
  PUBLISH,
  reviewBy,
  signed,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let ours: Bureau
let theirs: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl)
  ours = await foundBureau(test)
  theirs = await foundBureau(test)
  owner = await openForger(database)
  await addPhones(ours, 10)
  await addPhones(theirs, 20)
})
afterAll(async () => {
  await owner.close()
  await ours.test.close()
  await database.drop()
})

/** Every row of the other bureau, as text. */
async function theirRows(): Promise<string> {
  const tables = await owner.lawful<{ name: string }>(
    `select table_name as name from information_schema.columns
     where table_schema = 'public' and column_name = 'agency_id' order by 1`,
  )
  const parts: string[] = []
  for (const { name } of tables) {
    const rows = await owner.lawful<{ row: string }>(
      `select to_jsonb(t)::text as row from ${name} t where agency_id = $1 order by 1`,
      [theirs.agencyId],
    )
    parts.push(name, ...rows.map((one) => one.row))
  }
  return parts.join('\n')
}

it('both bureaus walk, and neither counts the other', async () => {
  await signed(ours, [PUBLISH, NOTIFY])
  await signed(theirs, [PUBLISH, NOTIFY])
  await drain(ours)
  expect(ours.test.sink.accepted.size).toBe(11)
  await drain(theirs)
  expect(ours.test.sink.accepted.size).toBe(32)
  for (const [bureau, accepted] of [[ours, 10] as const, [theirs, 20] as const]) {
    const year = await countYear(bureau.test.hub, bureau.agencyId, 2026)
    expect(year).toMatchObject({ messages: 1, publications: 1, broadcasts: 1 })
    expect(year.deliveries).toEqual({ accepted, delivered: 1 })
    expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
  }
})

interface Theirs {
  readonly drafted: Composed
  readonly reviewed: Composed
  readonly waiting: Composed & Signed
  readonly sheetId: number
  readonly addressId: number
  readonly taskIds: readonly number[]
}

/** Something of theirs at every door. */
async function atEveryDoor(): Promise<Theirs> {
  const { hub, sink } = theirs.test
  const drafted = await draftBy(theirs, '沈文书')
  const reviewed = await draftBy(theirs, '沈文书')
  await reviewBy(theirs, '陆保密', reviewed)
  sink.answer = () => ({ kind: 'awaiting', on: 'hand', withinMs: 1_000 })
  await signed(theirs, [NOTIFY])
  await drain(theirs)
  sink.answer = undefined
  const tasks = await owner.lawful<{ id: number }>(
    "select id::int from hand_task where state = 'open'",
  )
  expect(tasks).toHaveLength(20)
  const [address] = await owner.lawful<{ id: number }>(
    'select min(id)::int as id from address where agency_id = $1 and kind = $2',
    [theirs.agencyId, 'phone'],
  )
  const sheetId = await enterSheet(hub, {
    ...{ agencyId: theirs.agencyId, bulletinId: reviewed.bulletinId, at: MORNING },
    ...{ revisionHash: reviewed.hash, signerId: theirs.id('钱局长'), orders: [PUBLISH] },
    ...{ printedCode: sheetCode(reviewed.hash, [PUBLISH], theirs.id('钱局长')) },
    sheetHash: 'a'.repeat(64),
    enteredBy: theirs.id('沈文书'),
  })
  return {
    ...{ drafted, reviewed, sheetId, addressId: address?.id ?? 0 },
    waiting: await signed(theirs, [PUBLISH, NOTIFY]),
    taskIds: tasks.map((task) => task.id),
  }
}

type Attempt = readonly [door: string, act: () => Promise<unknown>]

/** Our agency's doors, tried on theirs, by the right person of ours and by theirs. */
function crossings({ drafted, reviewed, waiting, sheetId, taskIds }: Theirs): readonly Attempt[] {
  const { hub } = ours.test
  const base = { agencyId: ours.agencyId, at: MORNING }
  const attempts: Attempt[] = []
  const each = (name: PersonName, door: string, act: (id: number) => Promise<unknown>) => {
    for (const id of [ours.id(name), theirs.id(name)])
      attempts.push([`${door} by ${id}`, () => act(id)])
  }
  const { bulletinId, hash: seenHash } = reviewed
  const printedCode = sheetCode(seenHash, [PUBLISH], theirs.id('钱局长'))
  each('沈文书', 'compose', (authorId) =>
    compose(hub, {
      ...{ ...base, authorId, categoryId: 'notice', mode: 'earnest', level: 'routine' },
      ...{ content: text('越界'), linked: { to: bulletinId, kind: 'corrects' } },
    }),
  )
  each('沈文书', 'revise', (authorId) =>
    revise(hub, { ...base, bulletinId, authorId, seenHash, content: text('越界') }),
  )
  each('陆保密', 'review', (reviewerId) =>
    review(hub, {
      ...{ ...base, bulletinId: drafted.bulletinId, reviewerId },
      ...{ seenHash: drafted.hash, opinion: 'public' },
    }),
  )
  each('钱局长', 'return', (returnedBy) =>
    returnForEdit(hub, { ...base, bulletinId, returnedBy, seenHash, reason: '越界' }),
  )
  each('钱局长', 'sign', (signerId) =>
    sign(hub, { ...base, bulletinId, signerId, seenHash, orders: [PUBLISH] }),
  )
  each('吴值班', 'stop', (by) =>
    stop(hub, { ...base, bulletinId: waiting.bulletinId, by, reason: '越界' }),
  )
  each('沈文书', 'enter sheet', (enteredBy) =>
    enterSheet(hub, {
      ...{ ...base, bulletinId, revisionHash: seenHash, signerId: theirs.id('钱局长') },
      ...{ orders: [PUBLISH], printedCode },
      ...{ sheetHash: 'a'.repeat(64), enteredBy },
    }),
  )
  each('吴值班', 'confirm sheet', (confirmedBy) =>
    confirmSheet(hub, { ...base, sheetId, confirmedBy, printedCode }),
  )
  each('沈文书', 'confirm by hand', (by) => confirmByHand(hub, { ...base, by, taskIds }))
  each('沈文书', 'mark duplicate', (by) =>
    markDuplicate(hub, {
      ...{ ...base, by, channelId: 'board' },
      ...{ copy: waiting.bulletinId, original: waiting.bulletinId },
    }),
  )
  return attempts
}

it('every door refuses what belongs to the other bureau and changes nothing', async () => {
  const { hub } = ours.test
  const found = await atEveryDoor()
  const before = await theirRows()
  const shut = ['not-found', 'out-of-office', 'not-a-task', 'not-published', 'already-confirmed']
  for (const [door, act] of crossings(found)) {
    const refused = await act().catch((error) => error.refusal?.code ?? error)
    expect(shut, door).toContain(refused)
  }
  const { agencyId } = ours
  expect(await unsubscribe(hub, { agencyId, addressId: found.addressId, at: MORNING })).toBe(false)
  for (const dispatchId of found.waiting.dispatchIds)
    expect(await fanOut(hub, agencyId, dispatchId, MORNING)).toBe(true)
  await drain(ours)
  expect(await theirRows()).toBe(before)
})

it('the sweeps of the engine keep to each bureau’s own rows', async () => {
  const { hub, worker } = ours.test
  const here = await signed(ours, [NOTIFY])
  const there = await signed(theirs, [NOTIFY])
  await sweep(hub, worker, MORNING)
  await drain(ours)
  await drain(theirs)
  expect(await statesOf(owner, here.dispatchIds[0])).toEqual({ accepted: 10 })
  expect(await statesOf(owner, there.dispatchIds[0])).toEqual({ accepted: 20 })
})

it('no business table lets a row point into another bureau', async () => {
  const loose = await owner.lawful<{ child: string; columns: string }>(
    `select c.conrelid::regclass::text as child, string_agg(a.attname, ',') as columns
     from pg_constraint c
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
       join pg_attribute own on own.attrelid = c.conrelid and own.attname = 'agency_id'
     where c.contype = 'f' and c.connamespace = 'public'::regnamespace and c.conparentid = 0
       and c.confrelid <> 'agency'::regclass
     group by c.oid, c.conrelid having not 'agency_id' = any(array_agg(a.attname))`,
  )
  // The audit's seal stands over the whole installation.
  expect(loose).toEqual([])
  const keys = await owner.lawful<{ name: string }>(
    `select t.relname as name from pg_class t join pg_namespace n on n.oid = t.relnamespace
     where n.nspname = 'public' and t.relkind in ('r', 'p') and not t.relispartition
       and not exists (select 1 from pg_index i join pg_attribute a
         on a.attrelid = t.oid and a.attnum = any(i.indkey)
         where i.indrelid = t.oid and i.indisprimary and a.attname = 'agency_id')
       and t.relname not like 'kysely%' order by 1`,
  )
  // agency is the agency; the audit and its seals, and the installation, are one for all.
  expect(keys.map((one) => one.name)).toEqual(['agency', 'audit', 'audit_seal', 'installation'])
})
