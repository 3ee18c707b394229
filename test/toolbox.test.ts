/** Roads of a live installation against real sockets: the loopback, the hub's and the database's port stay shut
 *  whatever name leads there, and one allowance opens one place. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SMPP } from '../channels/sms-smpp/protocol.ts'
import { Line } from '../src/kit/carrier/line.ts'
import { openGuardedSocket, openWebClient } from '../src/kit/http.ts'
import { openMailLine } from '../src/kit/mail/line.ts'
import type { MayReach } from '../src/kit/reach.ts'
import { reachOf } from '../src/toolbox.ts'

let web: Server
let heard = 0
const sockets = new Set<Socket>()
const plain = createPlainServer((socket) => {
  heard += 1
  sockets.add(socket)
  socket.on('error', () => {})
  socket.end('220 test\r\n')
})
const portOf = (server: { address(): AddressInfo | string | null }) =>
  (server.address() as AddressInfo).port
beforeAll(async () => {
  web = createServer((_request, response) => {
    heard += 1
    response.end('{}')
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  web.close()
  for (const socket of sockets) socket.destroy()
  plain.close()
})

const HUB = 'postgres://hub:x@127.0.0.1:54999/x'
const live = (...ports: readonly number[]) =>
  reachOf({
    ...{ practice: false, hubUrl: HUB },
    allowLoopback: ports.map((port) => ({ host: '127.0.0.1', port })),
  })

async function ask(allows: MayReach, url: string) {
  const client = openWebClient({ allows })
  const answer = await client.call({ method: 'GET', url, timeoutMs: 5_000, bytesMax: 100 })
  await client.close()
  return answer
}

it('a request certainly did not leave for a closed place, by its address or by a name', async () => {
  const port = portOf(web)
  for (const url of [
    ...[`http://127.0.0.1:${port}/`, `http://localhost:${port}/`, `http://[::1]:${port}/`],
    ...[`http://0x7f000001:${port}/`, `http://2130706433:${port}/`, `http://0.0.0.0:${port}/`],
    ...[`http://[::ffff:127.0.0.1]:${port}/`, 'http://169.254.169.254/latest/meta-data/'],
  ])
    expect([url, await ask(live(), url)]).toEqual([url, { kind: 'unreachable', code: 'EPRIVATE' }])
  expect(heard).toBe(0)
})

it('one allowance opens one port of this machine, and the database never', async () => {
  const port = portOf(web)
  for (const host of ['127.0.0.1', 'localhost'])
    expect(await ask(live(port), `http://${host}:${port}/`)).toMatchObject({ kind: 'answer' })
  const other = await ask(live(port + 1), `http://127.0.0.1:${port}/`)
  expect(other).toMatchObject({ kind: 'unreachable', code: 'EPRIVATE' })
  const database = reachOf({
    ...{ practice: false, hubUrl: `postgres://hub:x@127.0.0.1:${port}/x` },
    allowLoopback: [{ host: '127.0.0.1', port }],
  })
  expect(await ask(database, `http://localhost:${port}/`)).toMatchObject({ code: 'EPRIVATE' })
  const itself = reachOf({
    ...{ practice: false, hubUrl: HUB, port, allowLoopback: [{ host: '127.0.0.1', port }] },
  })
  expect(await ask(itself, `http://127.0.0.1:${port}/`)).toMatchObject({ code: 'EPRIVATE' })
})

it('mail, carrier lines and web sockets go through the same gate after the name was resolved', async () => {
  const port = portOf(plain)
  const before = heard
  for (const host of ['127.0.0.1', 'localhost']) {
    const mail = openMailLine({
      ...{ host, port, security: 'none', connections: 1, messagesPerConnection: 1 },
      ...{ connectTimeoutMs: 5_000, answerTimeoutMs: 5_000, allows: live() },
    })
    expect(await mail.whyNot()).toContain('连不上邮件服务器')
    mail.close()
    const line = new Line({
      ...{ host, port, secure: false, protocol: SMPP, hear: async () => [], allows: live() },
      ...{ hello: () => Buffer.alloc(16), refusal: () => undefined, windowMax: 1 },
      ...{ connectTimeoutMs: 5_000, answerTimeoutMs: 5_000, pingEveryMs: 60_000 },
      ...{ reconnectMsMin: 60_000, reconnectMsMax: 60_000 },
    })
    expect(await line.ready()).toMatchObject({ code: 'EPRIVATE', refused: false })
    await line.close()
    const socket = openGuardedSocket(`ws://${host}:${port}/`, { headers: {}, allows: live() })
    if (socket) await new Promise((resolve) => socket.addEventListener('close', resolve))
  }
  expect(heard).toBe(before)
})
