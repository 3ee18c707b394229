/** One bulletin walks the API from draft to published page, corrected and withdrawn, by four people; with
 *  what is refused on the way, pages of lists, unchanged answers, and every field's fault at once. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPhones, drain, NOTIFY, PUBLISH } from '../../support/bureau.ts'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter'])
  await desk.enter('lu', ['secrecy-reviewer'])
  await desk.enter('qian', ['leader'])
  await desk.enter('wu', ['duty-officer'])
  await addPhones(desk.bureau, 3)
})
afterAll(() => desk.close())

function post(as: string, path: string, body: unknown = {}): Promise<Answer> {
  return desk.call('POST', path, { as, body })
}

async function reviewed(title: string) {
  const { body } = await post('shen', '/bulletins', draft(title))
  const { bulletinId, hash: seenHash } = body
  const at = `/bulletins/${bulletinId}`
  expect((await post('shen', `${at}/submit`, { seenHash })).status).toBe(200)
  const opinion = { seenHash, opinion: 'public' }
  expect((await post('lu', `${at}/review`, opinion)).status).toBe(200)
  return { at, bulletinId, seenHash }
}

it('walks from draft to page, with correction and withdrawal', async () => {
  const { at, seenHash, bulletinId } = await reviewed('关于燃气检查的通知')
  const orders = [PUBLISH, NOTIFY]
  const preview = await post('qian', `${at}/preview`, { orders })
  expect(preview.body.dispatches).toMatchObject([
    { channelId: 'board', reach: 1, roads: [{ roadId: 'main' }] },
    { channelId: 'wire', reach: 3 },
  ])
  const signed = await post('qian', `${at}/sign`, { seenHash, orders })
  expect(signed.status).toBe(200)
  await drain(desk.bureau)
  const [dispatchId] = signed.body.dispatchIds.slice(-1)
  const deliveries = await desk.call('GET', `/deliveries?dispatchId=${dispatchId}`, { as: 'lu' })
  expect(deliveries.body.items).toHaveLength(3)
  for (const { address } of deliveries.body.items) expect(address).toMatch(/^139\*{4}\d{4}$/)
  const edit = { seenHash, content: draft('关于燃气检查的通知（更正）').content }
  const revised = await desk.call('PUT', `${at}/revision`, { as: 'shen', body: edit })
  expect(revised.body).toMatchObject({ revision: 2 })
  const next = { seenHash: revised.body.hash }
  await post('shen', `${at}/submit`, next)
  await post('lu', `${at}/review`, { ...next, opinion: 'public' })
  expect((await post('qian', `${at}/amend`, { ...next, reason: '日期有误' })).status).toBe(200)
  await drain(desk.bureau)
  expect((await post('qian', `${at}/withdraw`, { ...next, reason: '文件废止' })).status).toBe(200)
  await drain(desk.bureau)
  const { body } = await desk.call('GET', `/publications?bulletinId=${bulletinId}`, { as: 'lu' })
  expect(body.items).toMatchObject([{ channelId: 'board', origin: 'hub' }])
  expect(body.items[0].withdrawnAt).not.toBeNull()
  const papers = await desk.call('GET', at, { as: 'lu' })
  expect(papers.body).toMatchObject({ revision: 2, state: 'signed' })
  expect(papers.body.reviews).toHaveLength(2)
  expect(papers.body.signatures).toHaveLength(3)
})

it('says no in the words of the doors', async () => {
  const { body } = await post('shen', '/bulletins', draft('未送审的'))
  const at = `/bulletins/${body.bulletinId}`
  const seen = { seenHash: body.hash }
  const early = await post('lu', `${at}/review`, { ...seen, opinion: 'public' })
  expect(early).toMatchObject({ status: 409, body: { code: 'not-submitted' } })
  const orders = [PUBLISH]
  const unread = await post('qian', `${at}/sign`, { ...seen, orders })
  expect(unread).toMatchObject({ status: 409, body: { code: 'not-reviewed' } })
  await post('shen', `${at}/submit`, seen)
  await post('lu', `${at}/return`, { ...seen, reason: '数字不对' })
  const returned = await post('lu', `${at}/review`, { ...seen, opinion: 'public' })
  expect(returned.body).toMatchObject({
    ...{ code: 'returned', title: '该稿已被退回', hint: '请拟稿人修改后重新送审' },
    type: '/api/v1/docs#returned',
  })
  expect(returned.body.trace_id).toBe(returned.headers.get('x-trace-id'))
  expect(desk.logged.join('\n')).toContain(returned.body.trace_id)
})

it('one duty officer stops it, with a reason', async () => {
  const { at, seenHash } = await reviewed('误发的通知')
  expect((await post('wu', `${at}/stop`, { reason: ' ' })).body.code).toBe('reason-missing')
  expect((await post('wu', `${at}/stop`, { reason: '内容有误' })).status).toBe(200)
  const late = await post('qian', `${at}/sign`, { seenHash, orders: [PUBLISH] })
  expect(late.body.code).toBe('stopped')
})

it('names every wrong field at once, and repeats none of what was written', async () => {
  const secret = '13800138000'
  const { status, headers, body } = await post('shen', '/bulletins', {
    ...{ categoryId: '通知', unknown: secret },
    content: { title: ' ', blocks: [{ kind: 'paragraph' }, { kind: 'poem', text: secret }] },
  })
  expect(status).toBe(422)
  expect(headers.get('content-type')).toContain('application/problem+json')
  const fields = body.errors.map((one: { field: string }) => one.field)
  expect(fields).toEqual(
    expect.arrayContaining([
      ...['categoryId', 'unknown', 'content.title', 'content.blocks.0.text'],
      'content.blocks.1.kind',
    ]),
  )
  expect(JSON.stringify(body)).not.toContain(secret)
  const list = { ...draft(), categoryId: 'hazard-list' }
  expect((await post('shen', '/bulletins', list)).body).toMatchObject({
    ...{ status: 422, code: 'missing-field', field: 'entries' },
  })
})

it('refuses what is no JSON, of another kind, or too large', async () => {
  const raw = (body: string, type: string) =>
    desk.call('POST', '/bulletins', { as: 'shen', body, headers: { 'content-type': type } })
  expect((await raw('{"a":', 'application/json')).body.code).toBe('malformed')
  expect((await raw('a=1', 'application/x-www-form-urlencoded')).status).toBe(415)
  const large = await raw(JSON.stringify({ a: 'x'.repeat(1_100_000) }), 'application/json')
  expect(large).toMatchObject({ status: 413, body: { code: 'too-large', limit: 1_048_576 } })
})

it('hands out a list in pages, each bulletin once', async () => {
  for (let index = 0; index < 5; index++) await post('shen', '/bulletins', draft(`分页${index}`))
  const seen: number[] = []
  let cursor = ''
  do {
    const { body } = await desk.call('GET', `/bulletins?limit=2${cursor}`, { as: 'shen' })
    expect(body.items.length).toBeLessThanOrEqual(2)
    seen.push(...body.items.map((one: { id: number }) => one.id))
    cursor = body.next === null ? '' : `&cursor=${body.next}`
  } while (cursor !== '')
  const all = await desk.call('GET', '/bulletins?limit=200', { as: 'shen' })
  expect(seen).toEqual(all.body.items.map((one: { id: number }) => one.id))
  expect(new Set(seen).size).toBe(seen.length)
  for (const query of ['limit=201', 'limit=0', 'cursor=zzz', 'cursor=YzE6LTE'])
    expect((await desk.call('GET', `/bulletins?${query}`, { as: 'shen' })).status).toBe(422)
})

it('tells who has an item unchanged so in a few bytes', async () => {
  const { body } = await post('shen', '/bulletins', draft('有标签的'))
  const path = `/bulletins/${body.bulletinId}`
  const first = await desk.call('GET', path, { as: 'shen' })
  const etag = first.headers.get('etag') ?? ''
  const again = () => desk.call('GET', path, { as: 'shen', headers: { 'if-none-match': etag } })
  expect(await again()).toMatchObject({ status: 304, body: '' })
  const edit = { seenHash: body.hash, content: draft('改过的').content }
  await desk.call('PUT', path.concat('/revision'), { as: 'shen', body: edit })
  expect((await again()).status).toBe(200)
})
