/** What is no plain JSON: uploads and downloads by hash, the progress of a bulletin as events, and the
 *  documentation, which needs no network. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { draftBy, drain, PUBLISH, reviewBy, signBy } from '../../support/bureau.ts'
import { type Desk, ORIGIN, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter'])
})
afterAll(() => desk.close())

function upload(content: Uint8Array<ArrayBuffer> | ReadableStream, type = 'application/pdf') {
  return desk.routes.request(`${ORIGIN}/api/v1/blobs`, {
    ...{ method: 'POST', body: content, duplex: 'half' },
    headers: { cookie: desk.cookieOf('shen'), origin: ORIGIN, 'content-type': type },
  } as RequestInit)
}

it('keeps a file under its hash and hands it back as a download', async () => {
  const content = new Uint8Array(2 * 1024 * 1024).fill(7)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const kept = await upload(content)
  expect(kept.status).toBe(201)
  expect(await kept.json()).toEqual({ sha256, bytes: content.length, mediaType: 'application/pdf' })
  const back = await desk.routes.request(`${ORIGIN}/api/v1/blobs/${sha256}`, {
    headers: { cookie: desk.cookieOf('shen') },
  })
  expect(back.headers.get('content-disposition')).toBe('attachment')
  expect(back.headers.get('x-content-type-options')).toBe('nosniff')
  expect(new Uint8Array(await back.arrayBuffer())).toEqual(content)
})

it('refuses a file over 50 MB while it comes in, and one of no kind', async () => {
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1024 * 1024
      controller.enqueue(new Uint8Array(1024 * 1024))
    },
  })
  const large = await upload(endless)
  expect(large.status).toBe(413)
  expect(sent).toBeLessThan(60 * 1024 * 1024)
  expect((await upload(new Uint8Array(3), 'nonsense')).status).toBe(415)
})

/** Events as they come, until `enough`. */
async function events(
  answer: Response,
  enough: (seen: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const seen = () => text.split('\n\n').filter((one) => one.includes('event: progress'))
  while (reader && !enough(seen())) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
  }
  await reader?.cancel()
  return seen()
}

it('tells each change of a bulletin as an event, and ends when the reader leaves', async () => {
  const composed = await draftBy(desk.bureau, '沈文书')
  await reviewBy(desk.bureau, '陆保密', composed)
  const left = new AbortController()
  const path = `${ORIGIN}/api/v1/bulletins/${composed.bulletinId}/progress`
  const answer = await desk.routes.request(
    new Request(path, { headers: { cookie: desk.cookieOf('shen') }, signal: left.signal }),
  )
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  expect(answer.headers.get('x-accel-buffering')).toBe('no')
  const signing = signBy(desk.bureau, '钱局长', composed, [PUBLISH]).then(() => drain(desk.bureau))
  const seen = await events(answer, (all) => all.at(-1)?.includes('"state":"published"') ?? false)
  await signing
  expect(seen.length).toBeGreaterThan(1)
  expect(seen[0]).toContain('"state":"not-signed"')
  const numbers = seen.map((one) => Number(/id: (\d+)/.exec(one)?.[1]))
  expect(numbers).toEqual(numbers.map((_, index) => index + 1))
  left.abort()
})

it('explains itself without network or script', async () => {
  const page = await desk.call('GET', '/docs')
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect(page.body).not.toMatch(/<script|src="|@import|url\(|https?:\/\//)
  expect(page.body).toContain('id="not-reviewed"')
  const { body } = await desk.call('GET', '/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  expect(body.paths['/bulletins'].post.security).toEqual([{ session: [] }, { key: [] }])
  expect(body.components.schemas.Content.required).toEqual(['title', 'blocks'])
})
