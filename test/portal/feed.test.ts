/** The Atom feed: ids that outlive a change of address, times that follow changes, nothing unlisted. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOW, PUBLIC_URL, type Seeded, seededPortal } from './seeded.ts'

let seeded: Seeded
beforeAll(async () => {
  seeded = await seededPortal()
})
afterAll(() => seeded.close())

async function feed(path = '/feed.atom', publicUrl = PUBLIC_URL): Promise<string> {
  const answer = await seeded.portalWith({ publicUrl: () => publicUrl }).request(path)
  expect(answer.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8')
  return answer.text()
}

const idsOf = (xml: string) => [...xml.matchAll(/<id>(.*?)<\/id>/g)].map((match) => match[1])
const updatedOf = (xml: string) => /<updated>(.*?)<\/updated>/.exec(xml)?.[1]

it('an empty feed is a feed, and the same each time', async () => {
  const empty = await feed()
  expect(empty).toContain(
    `<link rel="self" type="application/atom+xml" href="${PUBLIC_URL}/feed.atom"/>`,
  )
  expect(updatedOf(empty)).toBeDefined()
  expect(await feed()).toBe(empty)
})

it('keeps its ids when the portal moves, and its time follows a correction', async () => {
  const item = await seeded.bulletin()
  await seeded.send(item, { title: 'A & B < C \u0001\ud800' })
  const before = await feed()
  expect(before).toContain('<title type="text">A &amp; B &lt; C ')
  expect(before).toContain(`href="${PUBLIC_URL}/item/${item.bulletinId}"`)
  expect(updatedOf(before)).toBe(NOW.toISOString())
  const moved = await feed('/feed.atom', 'https://elsewhere.test')
  expect(idsOf(moved)).toEqual(idsOf(before))
  for (const id of idsOf(before)) expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8/)
  const later = new Date(NOW.getTime() + 60_000)
  await seeded.send(item, { act: 'amend', reason: '笔误' }, later)
  const after = await feed()
  expect(updatedOf(after)).toBe(later.toISOString())
  expect(after).toContain('［已更正］')
  expect(idsOf(after)).toEqual(idsOf(before))
})

it('of one column holds that column only, under an id of its own', async () => {
  const item = await seeded.bulletin({ categoryId: 'finance' })
  await seeded.send(item, { title: '2026年部门预算' })
  const own = await feed('/feed.atom?category=finance')
  expect(own.match(/<entry>/g)).toHaveLength(1)
  expect(idsOf(own)[0]).not.toBe(idsOf(await feed())[0])
})

it('answers 304 to who has it', async () => {
  const first = await seeded.portal.request('/feed.atom')
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' }
  expect((await seeded.portal.request('/feed.atom', { headers })).status).toBe(304)
})
