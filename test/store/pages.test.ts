/** The portal's pages in PostgreSQL: what a repeated call keeps, what a stop hides, and that no query
 *  reaches another agency's page. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PageWithdrawn } from '../../src/hub/ports/pages.ts'
import { type Item, NOW, type Seeded, seededPortal } from '../portal/seeded.ts'

let seeded: Seeded
beforeAll(async () => {
  seeded = await seededPortal()
})
afterAll(() => seeded.close())

const LATER = new Date(NOW.getTime() + 3_600_000)

function page(item: Item, more: { title?: string; etag?: string; html?: string; at?: Date } = {}) {
  const { title = '通知', etag = '"1"', html = '<p>1</p>', at = NOW } = more
  const path = `/item/${item.bulletinId}`
  return { ...item, path, title, etag, html: Buffer.from(html), at, state: 'current' as const }
}

it('keeps the first publication time, and the last change when the bytes are the same', async () => {
  const put = page(await seeded.bulletin())
  await seeded.store.put(put)
  await seeded.store.put({ ...put, at: LATER })
  expect(await seeded.store.facts(put)).toMatchObject({ publishedAt: NOW, changedAt: NOW })
  await seeded.store.put({ ...put, etag: '"2"', at: LATER, state: 'corrected' })
  const facts = await seeded.store.facts(put)
  expect(facts).toMatchObject({ publishedAt: NOW, changedAt: LATER, standing: 'corrected' })
})

it('puts from two processes at once leave one page', async () => {
  const item = await seeded.bulletin()
  const etags = Array.from({ length: 8 }, (_, index) => `"${index}"`)
  await Promise.all(etags.map((etag) => seeded.store.put(page(item, { etag, html: etag }))))
  const kept = await seeded.store.read(page(item))
  expect(String(Buffer.from(kept?.html ?? []))).toBe(kept?.etag)
})

it('a withdrawn page never returns, and a tombstone may stand where nothing was', async () => {
  const item = await seeded.bulletin()
  const put = page(item)
  await seeded.store.tombstone({ ...put, title: '已撤下' })
  expect(await seeded.store.facts(put)).toMatchObject({ standing: 'withdrawn', listed: false })
  await expect(seeded.store.put(put)).rejects.toThrow(PageWithdrawn)
})

it('a page put a moment after the stop stays hidden', async () => {
  const item = await seeded.bulletin()
  await seeded.stop(item)
  await seeded.store.put(page(item))
  expect(await seeded.store.facts(page(item))).toMatchObject({ standing: 'stopped' })
  await seeded.store.put(page(item, { etag: '"2"' }))
  expect(await seeded.store.facts(page(item))).toMatchObject({ standing: 'stopped' })
})

it('a page hidden by hand stays hidden when it is put again', async () => {
  const item = await seeded.bulletin()
  await seeded.store.put(page(item))
  await seeded.db
    .updateTable('page')
    .set({ hidden_at: NOW })
    .where('agency_id', '=', item.agencyId)
    .where('bulletin_id', '=', item.bulletinId)
    .execute()
  await seeded.store.put(page(item, { etag: '"2"' }))
  expect(await seeded.store.facts(page(item))).toMatchObject({ standing: 'stopped' })
})

it('lists neither exercises, tests, stopped nor withdrawn pages', async () => {
  const categoryId = 'policy-reading'
  const shown = await seeded.bulletin({ categoryId })
  const exercise = await seeded.bulletin({ categoryId, mode: 'exercise' })
  const test = await seeded.bulletin({ categoryId, mode: 'test' })
  const stopped = await seeded.bulletin({ categoryId })
  const withdrawn = await seeded.bulletin({ categoryId })
  for (const item of [shown, exercise, test, stopped, withdrawn]) await seeded.store.put(page(item))
  await seeded.stop(stopped)
  await seeded.store.tombstone(page(withdrawn, { etag: '"3"' }))
  const query = { agencyId: seeded.own, categoryId }
  const lines = await seeded.store.list({ ...query, offset: 0, limit: 10 })
  expect(lines.map((line) => line.path)).toEqual([`/item/${shown.bulletinId}`])
  expect(await seeded.store.years(query)).toEqual([{ year: 2026, pages: 1 }])
  expect(await seeded.store.facts(page(exercise))).toMatchObject({ listed: false })
})

it('the year is the one of Shanghai', async () => {
  const categoryId = 'finance'
  const before = new Date('2025-12-31T15:59:59Z')
  const after = new Date('2025-12-31T16:00:00Z')
  for (const at of [before, after])
    await seeded.store.put(page(await seeded.bulletin({ categoryId }), { at }))
  const query = { agencyId: seeded.own, categoryId }
  expect(await seeded.store.years(query)).toEqual([
    { year: 2026, pages: 1 },
    { year: 2025, pages: 1 },
  ])
  const lines = await seeded.store.list({ ...query, year: 2025, offset: 0, limit: 10 })
  expect(lines.map((line) => line.publishedAt)).toEqual([before])
})

it('a warning is in force until a visible page lifts or updates it', async () => {
  const since = new Date(NOW.getTime() - 86_400_000)
  const inForce = async () =>
    (await seeded.store.warnings({ agencyId: seeded.own, since })).map((line) => line.path)
  const warning = { categoryId: 'warning', level: 'yellow' } as const
  const first = await seeded.bulletin(warning)
  const red = await seeded.bulletin({ ...warning, level: 'red' })
  for (const item of [first, red]) await seeded.store.put(page(item))
  expect(await inForce()).toEqual([page(red).path, page(first).path])
  const lifting = await seeded.bulletin({
    ...warning,
    linked: { to: first.bulletinId, kind: 'lifts' },
  })
  expect(await inForce()).toContain(page(first).path)
  await seeded.store.put(page(lifting))
  expect(await inForce()).toEqual([page(red).path])
})

it('no query reaches another agency’s page', async () => {
  const mine = await seeded.bulletin({ categoryId: 'response' })
  const theirs = { ...page(mine), agencyId: seeded.other }
  await seeded.store.put(page(mine, { html: 'link' }))
  const before = await seeded.store.read(page(mine))
  expect(await seeded.store.facts(theirs)).toBeUndefined()
  expect(await seeded.store.read(theirs)).toBeUndefined()
  expect(await seeded.store.holdsLink({ ...theirs, link: 'link' })).toBe(false)
  const query = { agencyId: seeded.other, categoryId: 'response' }
  expect(await seeded.store.list({ ...query, offset: 0, limit: 99 })).toEqual([])
  expect(await seeded.store.years(query)).toEqual([])
  const since = new Date(0)
  expect(await seeded.store.warnings({ agencyId: seeded.other, since })).toEqual([])
  const columns = await seeded.store.columns(seeded.other)
  expect(columns.every((column) => column.pages === 0)).toBe(true)
  expect(await seeded.store.owner(seeded.other, '2026-11-24')).toMatchObject({
    shortName: '平湖应急',
  })
  await expect(seeded.store.put(theirs)).rejects.toThrow(/foreign key/)
  await seeded.store.tombstone({ ...theirs, etag: '"9"' })
  expect(await seeded.store.read(page(mine))).toEqual(before)
})
