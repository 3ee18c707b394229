/** Idempotency-Key: a hundred equal POSTs at once are one bulletin and one answer; a process that dies
 *  lets the repetition run, and one that was overtaken commits nothing. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compose } from '../../../src/hub/compose.ts'
import type { AnswerClaim } from '../../../src/hub/ports/answers.ts'
import { MORNING, text } from '../../support/bureau.ts'
import { asOwner } from '../../support/database-server.ts'
import { type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
let author = 0
beforeAll(async () => {
  desk = await openDesk()
  author = await desk.enter('shen', ['drafter'])
  await desk.enter('wen', ['drafter'])
}, 60_000)
afterAll(() => desk.close())

function post(key: string, body: unknown = draft(), as = 'shen') {
  return desk.call('POST', '/bulletins', { as, body, headers: { 'idempotency-key': key } })
}

async function titled(title: string): Promise<number> {
  const rows = await desk.settings.hub.store.lists.bulletins(desk.bureau.agencyId, { limit: 500 })
  return rows.filter((row) => row.title === title).length
}

it('a hundred equal POSTs at once make one bulletin and get one answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => post('hundred', draft('百次提交的同一条'))),
  )
  expect(new Set(answers.map((one) => one.status))).toEqual(new Set([201]))
  expect(new Set(answers.map((one) => JSON.stringify(one.body))).size).toBe(1)
  expect(new Set(answers.map((one) => one.headers.get('location'))).size).toBe(1)
  expect(answers.filter((one) => one.headers.has('idempotency-replayed'))).toHaveLength(99)
  expect(await titled('百次提交的同一条')).toBe(1)
}, 60_000)

it('without a key each POST is its own', async () => {
  for (let index = 0; index < 2; index++)
    await desk.call('POST', '/bulletins', { as: 'shen', body: draft('没有幂等键') })
  expect(await titled('没有幂等键')).toBe(2)
})

it('the same key on another body or route is refused; on another person it is another key', async () => {
  await post('shared', draft('第一个'))
  const other = await post('shared', draft('另一个'))
  expect(other).toMatchObject({ status: 422, body: { code: 'key-reused' } })
  const elsewhere = await desk.call('POST', '/tasks/confirm', {
    ...{ as: 'shen', body: draft('第一个'), headers: { 'idempotency-key': 'shared' } },
  })
  expect(elsewhere.body.code).toBe('key-reused')
  expect((await post('shared', draft('第一个'), 'wen')).status).toBe(201)
  expect(await titled('第一个')).toBe(2)
  expect(await titled('另一个')).toBe(0)
})

it('a refusal that wrote nothing may be mended under the same key', async () => {
  const bad = await post('mended', { ...draft('改好再交'), categoryId: 'hazard-list' })
  expect(bad).toMatchObject({ status: 422, body: { code: 'missing-field', field: 'entries' } })
  expect((await post('mended', draft('改好再交'))).status).toBe(201)
})

it('refuses a key that is none', async () => {
  for (const key of ['', 'with blank', 'x'.repeat(201)])
    expect((await post(key)).body.code, key).toBe('invalid-value')
})

async function claimAs(key: string, body: unknown): Promise<AnswerClaim> {
  const claimed = await desk.settings.answers.claim({
    ...{ agencyId: desk.bureau.agencyId, actor: `person/${author}`, key },
    ...{ route: 'POST /api/v1/bulletins', body: Buffer.from(JSON.stringify(body)) },
  })
  if (claimed.kind !== 'mine') throw new Error(claimed.kind)
  return claimed.claim
}

async function runOut(key: string): Promise<void> {
  await asOwner(
    desk.database.ownerUrl,
    `update idempotency set claimed_until = now() - interval '1 second' where key = '${key}'`,
  )
}

/** What a process does that carries the request out by itself. */
function composeUnder(claim: AnswerClaim, title: string) {
  const { hub } = desk.settings
  const transact: typeof hub.store.transact = (agencyId, work) =>
    hub.store.transact(agencyId, async (tx) => {
      const done = await work(tx)
      await tx.markCarriedOut(claim)
      return done
    })
  return compose(
    { ...hub, store: { ...hub.store, transact } },
    {
      ...{ agencyId: desk.bureau.agencyId, authorId: author, at: MORNING, categoryId: 'notice' },
      ...{ mode: 'earnest', level: 'routine', content: text(title) },
    },
  )
}

it('a process that died before it wrote lets the repetition run', async () => {
  await claimAs('died', draft('死前未写'))
  await runOut('died')
  expect((await post('died', draft('死前未写'))).status).toBe(201)
  expect(await titled('死前未写')).toBe(1)
})

it('a process that wrote and died before it answered is not repeated', async () => {
  const claim = await claimAs('wrote', draft('写后未答'))
  await composeUnder(claim, '写后未答')
  await runOut('wrote')
  const again = await post('wrote', draft('写后未答'))
  expect(again).toMatchObject({ status: 409, body: { code: 'outcome-unknown' } })
  expect(await titled('写后未答')).toBe(1)
})

it('a process that was overtaken commits nothing', async () => {
  const slow = await claimAs('slow', draft('被接手'))
  await runOut('slow')
  expect((await post('slow', draft('被接手'))).status).toBe(201)
  await expect(composeUnder(slow, '被接手')).rejects.toThrow('taken over')
  expect(await titled('被接手')).toBe(1)
})

it('a kept answer cannot be read in the database, and is gone after a day', async () => {
  await post('sealed', draft('封存的答复'))
  const rows = await desk.bureau.test.connection.db
    .selectFrom('idempotency')
    .select('answer')
    .where('agency_id', '=', desk.bureau.agencyId)
    .where('key', '=', 'sealed')
    .execute()
  expect(rows[0]?.answer?.toString('latin1')).not.toContain('bulletinId')
  await asOwner(
    desk.database.ownerUrl,
    "update idempotency set at = now() - interval '25 hours' where key = 'sealed'",
  )
  expect((await post('sealed', draft('第二天同键'))).status).toBe(201)
})
