/** The bridge's interface on real sockets: nobody without the secret, nothing without bounds, and answers that say
 *  what is known. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { SECRET, startWechatBridge, type WechatBridge } from '../channels/wechat-group-kit.ts'

const ROOMS = [
  { id: '1@chatroom', topic: '危化品企业群' },
  { id: '2@chatroom', topic: '安监干部群' },
]
const MESSAGE = { key: 'k', room: { id: '1@chatroom' }, text: '内容' }
let live: WechatBridge

beforeEach(async () => {
  live = await startWechatBridge({ rooms: ROOMS })
})
afterEach(() => live.stop())

async function ask(
  method: string,
  path: string,
  { body, secret = SECRET }: { body?: string; secret?: string } = {},
) {
  const response = await fetch(live.bridge.url + path, {
    method,
    headers: secret === '' ? {} : { authorization: `Bearer ${secret}` },
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, body: await response.json() }
}
const send = (body: unknown) => ask('POST', '/v1/send', { body: JSON.stringify(body) })

it('says who is logged in and which rooms there are', async () => {
  expect(await ask('GET', '/v1/health')).toMatchObject({
    status: 200,
    body: { state: 'logged-in', name: '值班微信', rooms: 2, puppet: 'simulated' },
  })
  expect(await ask('GET', '/v1/rooms')).toEqual({ status: 200, body: { total: 2, rooms: ROOMS } })
  const some = await ask('GET', `/v1/rooms?topic=${encodeURIComponent('干部')}`)
  expect(some.body).toEqual({ total: 1, rooms: ROOMS.slice(1) })
  live.rooms.setFault('unreachable')
  expect((await ask('GET', '/v1/health')).body).toMatchObject({ state: 'unreachable' })
  expect(await ask('GET', '/v1/rooms')).toMatchObject({ status: 503 })
  live.rooms.setFault('scan')
  const waiting = await ask('GET', '/v1/health')
  expect(waiting.body).toEqual({ state: 'scan', puppet: 'simulated' })
  expect(await ask('GET', '/v1/rooms')).toMatchObject({ status: 409 })
})

it.each(['', 'wrong', `${SECRET}x`, SECRET.slice(1)])('turns “%s” away', async (secret) => {
  for (const [method, path] of [
    ['GET', '/v1/health'],
    ['GET', '/v1/rooms'],
    ['POST', '/v1/send'],
    ['GET', '/v1/nothing'],
  ] as const) {
    const body = method === 'POST' ? { body: JSON.stringify(MESSAGE) } : {}
    const answer = await ask(method, path, { ...body, secret })
    expect(answer).toEqual({ status: 401, body: { error: 'secret' } })
  }
  expect(live.rooms.messages()).toEqual([])
})

it.each([
  [undefined],
  [[]],
  ['text'],
  [{ ...MESSAGE, key: '' }],
  [{ ...MESSAGE, key: 'k'.repeat(201) }],
  [{ ...MESSAGE, text: '' }],
  [{ ...MESSAGE, text: 7 }],
  [{ ...MESSAGE, text: '长'.repeat(20_001) }],
  [{ ...MESSAGE, room: {} }],
  [{ ...MESSAGE, room: '1@chatroom' }],
  // One that cannot be read must not leave the other to search alone.
  [{ ...MESSAGE, room: { id: 1, topic: '危化品企业群' } }],
  [{ ...MESSAGE, room: { id: '1@chatroom', topic: '' } }],
  [{ ...MESSAGE, room: { id: '1@chatroom', regexp: '.*' } }],
])('sends nothing for a request that cannot be read: %j', async (body) => {
  expect(await send(body)).toEqual({ status: 400, body: { error: 'unreadable' } })
  expect(live.rooms.messages()).toEqual([])
})

it('takes no body beyond its bound, and no route it does not know', async () => {
  const long = await ask('POST', '/v1/send', { body: 'x'.repeat(300 * 1_024) }).catch(
    () => undefined,
  )
  // The connection may be cut before the answer is read.
  if (long) expect(long.status).toBe(413)
  for (const [method, path] of [
    ['GET', '/v1/send'],
    ['DELETE', '/v1/health'],
    ['GET', '/v1/health/'],
    ['GET', '/toString'],
  ] as const)
    expect(await ask(method, path)).toEqual({ status: 404, body: { error: 'no-such-route' } })
  expect(live.rooms.messages()).toEqual([])
  expect((await send(MESSAGE)).body).toEqual({ outcome: 'sent', id: 'message-1' })
})

it('remembers what became of a key', async () => {
  const look = async (key: string) => (await ask('GET', `/v1/sent?key=${key}`)).body
  expect(await look('k')).toEqual({ outcome: 'unknown' })
  await send(MESSAGE)
  expect(await look('k')).toEqual({ outcome: 'sent', id: 'message-1' })
  live.rooms.setFault('no-id')
  expect((await send({ ...MESSAGE, key: 'l' })).body).toEqual({ outcome: 'sent' })
  live.rooms.setFault('fails-late')
  await send({ ...MESSAGE, key: 'm' })
  expect(await look('m')).toEqual({ outcome: 'unsure', code: 'puppet-failed' })
})

it('says whether a message was taken back', async () => {
  await send(MESSAGE)
  const recall = (id: unknown) => ask('POST', '/v1/recall', { body: JSON.stringify({ id }) })
  expect((await recall('message-1')).body).toEqual({ recalled: true })
  expect((await recall('message-9')).body).toEqual({ recalled: false })
  expect((await recall(7)).status).toBe(400)
})

it('lives through bytes that are no request', async () => {
  const { port } = new URL(live.bridge.url)
  for (const bytes of [
    '\u0000\u0001\u0002',
    'GET',
    'POST /v1/send HTTP/1.1\r\n\r\n',
    '\r\n'.repeat(9),
  ]) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.end(bytes)
    await text(socket).catch(() => '')
  }
  expect((await ask('GET', '/v1/health')).status).toBe(200)
})
