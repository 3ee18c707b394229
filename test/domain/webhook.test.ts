/** When a subscriber is told again, when no more, and where none may stand. */
import { expect, it } from 'vitest'
import { afterWebhookAnswer, TRIES_MS_MAX, whyNotWebhook } from '../../src/domain/webhook.ts'

const FIRST = new Date('2026-11-25T02:00:00Z')
const after = (ms: number) => new Date(FIRST.getTime() + ms)

it('pauses grow from ten seconds, and the last attempt is made after 24 hours', () => {
  const pauses: number[] = []
  let at = FIRST
  for (let attempts = 1; ; attempts += 1) {
    const outcome = afterWebhookAnswer({ status: 500 }, { attempts, firstAt: FIRST, at })
    if (outcome.kind !== 'again') {
      expect(outcome).toEqual({ kind: 'given-up', fault: 'http-500' })
      break
    }
    pauses.push(outcome.nextAt.getTime() - at.getTime())
    at = outcome.nextAt
  }
  expect(pauses.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000])
  expect(Math.max(...pauses)).toBe(3 * 3_600_000)
  expect(at).toEqual(after(TRIES_MS_MAX))
  expect(pauses.length).toBeLessThan(25)
})

it('only a 2xx is done; 410 pauses; a redirection is a failure', () => {
  const when = { attempts: 1, firstAt: FIRST, at: FIRST }
  for (const status of [200, 202, 204, 299])
    expect(afterWebhookAnswer({ status }, when)).toEqual({ kind: 'done' })
  expect(afterWebhookAnswer({ status: 410 }, when)).toEqual({ kind: 'gone', fault: 'http-410' })
  for (const status of [199, 301, 307, 400, 404, 500])
    expect(afterWebhookAnswer({ status }, when)).toMatchObject({
      ...{ kind: 'again', fault: `http-${status}` },
    })
  expect(afterWebhookAnswer({ fault: 'ECONNREFUSED' }, when)).toEqual({
    ...{ kind: 'again', fault: 'ECONNREFUSED', nextAt: after(10_000) },
  })
})

it('names every wrong field at once', () => {
  const fields = (url: string, name = '统计平台') =>
    whyNotWebhook({ name, url, kinds: ['bulletin.signed'] }).map((one) => one.field)
  for (const url of ['https://hook.example.cn/in?x=1', 'http://127.0.0.1:8080/', 'http://[::1]/'])
    expect({ url, fields: fields(url) }).toEqual({ url, fields: [] })
  for (const url of [
    '',
    'hook',
    'ftp://a.cn/',
    'http://a.cn/',
    'https://u:p@a.cn/',
    'https://a.cn/#x',
  ])
    expect({ url, fields: fields(url) }).toEqual({ url, fields: ['url'] })
  const faults = whyNotWebhook({ name: ' ', url: `https://a.cn/${'x'.repeat(500)}`, kinds: [] })
  expect(faults.map((one) => one.field)).toEqual(['name', 'kinds', 'url'])
})
