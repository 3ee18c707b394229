/** The way out over HTTP against real sockets: which failures certainly sent nothing (`unreachable`), and
 *  which may have arrived (`lost`). */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSocketServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openWebClient, type WebAnswer, type WebRequest } from '../../src/kit/http.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const serve = (listener: RequestListener) => listening(createServer(listener))

async function freePort(): Promise<number> {
  const server = createSocketServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

async function call(url: string, more: Partial<WebRequest> = {}): Promise<WebAnswer> {
  const client = openWebClient()
  stops.push(() => client.close())
  return client.call({
    ...{ method: 'POST', url, body: 'hello', timeoutMs: 5_000, bytesMax: 1_000 },
    ...more,
  })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

describe('an answer', () => {
  it('comes with status, joined headers in lower case, and body', async () => {
    const port = await serve(async (request, response) => {
      response.setHeader('X-Many', ['one', 'two'])
      response.writeHead(418).end(`${request.method} ${request.url} ${await bodyOf(request)}`)
    })
    const answer = await call(`http://127.0.0.1:${port}/path?q=1`)
    if (answer.kind !== 'answer') throw new Error(answer.code)
    expect(answer.status).toBe(418)
    expect(answer.headers['x-many']).toBe('one, two')
    expect(Buffer.from(answer.body).toString()).toBe('POST /path?q=1 hello')
  })

  it('is not followed when it leads elsewhere', async () => {
    const paths: (string | undefined)[] = []
    const port = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    expect(await call(`http://127.0.0.1:${port}/here`)).toMatchObject({ status: 302 })
    expect(paths).toEqual(['/here'])
  })
})

describe('certainly not sent', () => {
  const never = async (url: string, more?: Partial<WebRequest>) =>
    expect(await call(url, more)).toMatchObject({ kind: 'unreachable' })

  it('a refused connection, and the code says so', async () => {
    const answer = await call(`http://127.0.0.1:${await freePort()}/`)
    expect(answer).toEqual({ kind: 'unreachable', code: 'ECONNREFUSED' })
  })

  it('a name nobody has', () => never('http://nobody.invalid/'))

  it('an address that is none', async () => {
    await never('no address')
    await never('ftp://127.0.0.1/')
    await never('http://127.0.0.1/', { headers: { 'x-bad': 'a\r\nb: c' } })
  })

  it('an encrypted connection that never stood: another protocol, or closed in the middle', async () => {
    const plain = await serve((_, response) => void response.end())
    await never(`https://127.0.0.1:${plain}/`)
    const closing = await listening(
      createSocketServer((socket) => void socket.once('data', () => socket.destroy())),
    )
    await never(`https://127.0.0.1:${closing}/`)
  })

  it('an encrypted connection that stalls, when the time is over', async () => {
    const silent = await listening(createSocketServer(() => undefined))
    await never(`https://127.0.0.1:${silent}/`, { timeoutMs: 100 })
  })

  it('a signal that was aborted before', async () => {
    let calls = 0
    const port = await serve((_, response) => {
      calls++
      response.end()
    })
    await never(`http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() })
    expect(calls).toBe(0)
  })

  it('a time that ended while the connection was made, before any timer ran', async () => {
    let calls = 0
    const port = await serve((_, response) => {
      calls++
      response.end()
    })
    let late = false
    const { signal } = new AbortController()
    Object.defineProperty(signal, 'aborted', { get: () => late })
    const client = openWebClient()
    stops.push(() => client.close())
    const request = { method: 'POST', body: 'hello', timeoutMs: 5_000, bytesMax: 10 } as const
    const asked = client.call({ ...request, url: `http://127.0.0.1:${port}/`, signal })
    late = true
    expect(await asked).toMatchObject({ kind: 'unreachable' })
    expect(calls).toBe(0)
    late = false
    const again = await client.call({ ...request, url: `http://127.0.0.1:${port}/`, signal })
    expect(again).toMatchObject({ kind: 'answer' })
  })

  it('a request that still waited for a free connection when it was given up', async () => {
    const urls: (string | undefined)[] = []
    const port = await serve((request) => void urls.push(request.url))
    const client = openWebClient()
    const base = { method: 'GET', timeoutMs: 5_000, bytesMax: 10 } as const
    const leave = new AbortController()
    const busy = Array.from({ length: 64 }, (_, index) =>
      client.call({ ...base, url: `http://127.0.0.1:${port}/${index}`, signal: leave.signal }),
    )
    while (urls.length < 64) await new Promise((resolve) => setTimeout(resolve, 5))
    const late = await client.call({
      ...{ ...base, url: `http://127.0.0.1:${port}/late`, timeoutMs: 100 },
    })
    expect(late).toMatchObject({ kind: 'unreachable' })
    leave.abort()
    for (const answer of await Promise.all(busy)) expect(answer).toMatchObject({ kind: 'lost' })
    await client.close()
    expect(urls).not.toContain('/late')
    expect(await client.call({ ...base, url: `http://127.0.0.1:${port}/closed` })).toMatchObject({
      kind: 'unreachable',
    })
  })
})

describe('may have arrived', () => {
  const lost = async (port: number, more?: Partial<WebRequest>) =>
    expect(await call(`http://127.0.0.1:${port}/`, more)).toMatchObject({ kind: 'lost' })

  it('a connection dropped at the first byte, before and after the whole body', async () => {
    await lost(await listening(createSocketServer((s) => void s.once('data', () => s.destroy()))))
    await lost(await serve((request) => void request.destroy()))
    await lost(
      await serve(async (request) => {
        expect(await bodyOf(request)).toBe('hello')
        request.socket.destroy()
      }),
    )
  })

  it('an answer that breaks off', async () => {
    const port = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => {
        request.socket.destroy()
      })
    })
    await lost(port)
  })

  it('what is no HTTP', async () => {
    await lost(
      await listening(
        createSocketServer((s) => void s.once('data', () => s.end('\u0000 what?\n'))),
      ),
    )
  })

  it('silence, before the answer and inside it', async () => {
    await lost(await serve(() => undefined), { timeoutMs: 150 })
    await lost(await serve((_, response) => void response.write('begin')), { timeoutMs: 150 })
  })

  it('an abort after the request left', async () => {
    const leave = new AbortController()
    const port = await serve(() => leave.abort())
    await lost(port, { signal: leave.signal })
  })

  it('an answer over its limit, which is not read to its end', async () => {
    const port = await serve((_, response) => {
      const more = () => response.write('x'.repeat(64_000), () => response.destroyed || more())
      more()
    })
    const answer = await call(`http://127.0.0.1:${port}/`)
    expect(answer).toEqual({ kind: 'lost', code: 'answer-too-long' })
  })

  it('leaves the next request on a new connection in peace', async () => {
    let first = true
    const port = await serve((request, response) => {
      if (first) request.socket.destroy()
      else response.end('well')
      first = false
    })
    const client = openWebClient()
    stops.push(() => client.close())
    const base = { method: 'POST', body: 'x', timeoutMs: 5_000, bytesMax: 100 } as const
    const url = `http://127.0.0.1:${port}/`
    expect(await client.call({ ...base, url })).toMatchObject({ kind: 'lost' })
    expect(await client.call({ ...base, url })).toMatchObject({ kind: 'answer', status: 200 })
  })
})
