/** 外发通知 over the API: for the security officer alone, with every wrong field named and no secret kept. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('li', ['security-admin'])
  await desk.enter('qian', ['leader'])
})
afterAll(() => desk.close())

const WANTED = { name: '统计平台', url: 'https://hook.example.cn/in', kinds: ['bulletin.signed'] }
const call = (method: string, path: string, body?: unknown, as = 'li') =>
  desk.call(method, path, { as, ...(body === undefined ? {} : { body }) })

it('enters, rotates, pauses, tells again and removes, and shows each secret once', async () => {
  const made = await call('POST', '/webhooks', WANTED)
  expect(made.status).toBe(201)
  const { id, secret } = made.body
  expect(secret).toMatch(/^duoling_webhook_[\w-]{43}$/)
  const rotated = await call('POST', `/webhooks/${id}/rotate`)
  expect(rotated.body.secret).not.toBe(secret)
  expect((await call('POST', `/webhooks/${id}/rotate`)).body.code).toBe('value-not-allowed')
  const { body } = await call('GET', '/webhooks')
  expect(body.items).toMatchObject([{ id, ...WANTED, liveKeys: 2, waiting: 0, pauseReason: null }])
  for (const one of [secret, rotated.body.secret]) {
    expect(JSON.stringify(body)).not.toContain(one)
    expect(desk.logged.join('\n')).not.toContain(one)
  }
  for (const path of ['drop-old', 'pause', 'resume'])
    expect((await call('POST', `/webhooks/${id}/${path}`)).body).toEqual({ id, done: true })
  const { eventId } = (await call('POST', `/webhooks/${id}/test`)).body
  const deliveries = await call('GET', `/webhooks/${id}/deliveries`)
  expect(deliveries.body.items).toMatchObject([{ eventId, kind: 'ping', state: 'waiting' }])
  const since = '2026-01-01T00:00:00+08:00'
  expect((await call('POST', `/webhooks/${id}/replay`, { since })).body).toEqual({ id, events: 0 })
  const unknown = await call('POST', `/webhooks/${id}/replay`, { eventId })
  // A ping is of no kind somebody subscribes to.
  expect(unknown).toMatchObject({ status: 404, body: { code: 'not-found', field: 'event' } })
  expect((await call('POST', `/webhooks/${id}/remove`)).status).toBe(200)
  expect((await call('POST', `/webhooks/${id}/test`)).status).toBe(404)
  expect((await call('GET', '/webhooks')).body.items).toEqual([])
})

it('names every wrong field, and lets nobody else in', async () => {
  const wrong = await call('POST', '/webhooks', { ...WANTED, name: '', url: 'http://a.cn/' })
  expect(wrong.status).toBe(422)
  expect(wrong.body.errors.map((one: { field: string }) => one.field)).toEqual(['name', 'url'])
  const inside = await call('POST', '/webhooks', { ...WANTED, url: 'https://192.168.1.1/' })
  expect(inside.body).toMatchObject({ code: 'invalid-value', field: 'url' })
  expect((await call('POST', '/webhooks', { ...WANTED, kinds: ['ping'] })).status).toBe(422)
  expect((await call('POST', '/webhooks', WANTED, 'qian')).body.code).toBe('not-allowed')
})

it('a repeated request makes one subscription and answers the same secret', async () => {
  const headers = { 'idempotency-key': 'once-1' }
  const ask = () => desk.call('POST', '/webhooks', { as: 'li', body: WANTED, headers })
  const first = await ask()
  expect((await ask()).body).toEqual(first.body)
  expect((await call('GET', '/webhooks')).body.items).toHaveLength(1)
})
