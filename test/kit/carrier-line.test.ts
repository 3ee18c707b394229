/** The line itself, under a protocol of the test's own: who waits is served in turn, late answers are nobody's, a
 *  peer that floods has to wait, and a line that is down says how long it rests. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createServer as createSecureServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { Line, type LineOptions } from '../../src/kit/carrier/line.ts'
import { openSplitter } from '../../src/kit/carrier/splitter.ts'

const LIMITS = { bytesMin: 12, bytesMax: 4_096 }
const ANSWER = 0x8000_0000

function frame(command: number, sequence: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32BE(12 + body.length, 0)
  head.writeUInt32BE(command >>> 0, 4)
  head.writeUInt32BE(sequence, 8)
  return Buffer.concat([head, body])
}
const commandOf = (one: Buffer) => one.readUInt32BE(4)
const sequenceOf = (one: Buffer) => one.readUInt32BE(8)

interface Peer {
  readonly port: number
  readonly frames: Buffer[]
  readonly sockets: Socket[]
  /** what it does with a frame; answers each by default */
  take: (frame: Buffer, socket: Socket) => void
  stop(): Promise<void>
}

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const echo = (one: Buffer, socket: Socket) => {
  if (commandOf(one) < ANSWER) socket.write(frame(commandOf(one) | ANSWER, sequenceOf(one)))
}

async function startPeer(serverOf = createServer as (l: (s: Socket) => void) => Server) {
  const peer: Peer = {
    ...{ port: 0, frames: [], sockets: [], take: echo },
    stop: async () => undefined,
  }
  const server = serverOf((socket) => {
    peer.sockets.push(socket)
    const splitter = openSplitter(LIMITS)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      for (const one of splitter.push(chunk).frames) {
        peer.frames.push(one)
        peer.take(one, socket)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    for (const socket of peer.sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return Object.assign(peer, { port: typeof address === 'object' && address ? address.port : 0 })
}

function openLine(port: number, more: Partial<LineOptions> = {}): Line {
  const line = new Line({
    ...{ host: '127.0.0.1', port, secure: false, windowMax: 2, connectTimeoutMs: 500 },
    ...{ answerTimeoutMs: 300, pingEveryMs: 60_000, reconnectMsMin: 30, reconnectMsMax: 120 },
    protocol: {
      limits: LIMITS,
      head: (one) => ({ sequence: sequenceOf(one), isAnswer: commandOf(one) >= ANSWER }),
      ping: (sequence) => frame(8, sequence),
      bye: (sequence) => frame(2, sequence),
      reply: (one) => (commandOf(one) === 5 ? undefined : {}),
    },
    hello: (sequence) => frame(1, sequence),
    refusal: () => undefined,
    hear: async (frames) => frames.map((one) => frame(5 | ANSWER, sequenceOf(one))),
    ...more,
  })
  stops.push(() => line.close())
  return line
}

const submit = (mark: number) => (sequence: number) => frame(4, sequence, Buffer.of(mark))
const never = () => new AbortController().signal
const until = async (look: () => boolean, what: string) => {
  for (let tries = 0; tries < 400 && !look(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  if (!look()) throw new Error(`waited in vain for ${what}`)
}

it('serves who waits in turn and never has more under way than its window', async () => {
  const peer = await startPeer()
  const held: [Buffer, Socket][] = []
  let most = 0
  peer.take = (one, socket) => {
    if (commandOf(one) !== 4) return echo(one, socket)
    most = Math.max(most, held.push([one, socket]))
  }
  const line = openLine(peer.port, { answerTimeoutMs: 5_000 })
  const asked = [1, 2, 3, 4, 5].map((mark) => line.ask(submit(mark), never()))
  for (let answered = 0; answered < 5; answered++) {
    await until(() => held.length > 0, 'a request')
    const [one, socket] = held.shift() ?? []
    if (one && socket) echo(one, socket)
  }
  expect((await Promise.all(asked)).map(({ kind }) => kind)).toEqual(Array(5).fill('answer'))
  expect(peer.frames.filter((one) => commandOf(one) === 4).map((one) => one[12])).toEqual([
    ...[1, 2, 3, 4, 5],
  ])
  expect(most).toBe(2)
})

it('gives the place of a silent request away, and a late answer to nobody', async () => {
  const peer = await startPeer()
  let first: Buffer | undefined
  peer.take = (one, socket) => {
    if (commandOf(one) === 4 && !first) first = one
    else echo(one, socket)
  }
  const line = openLine(peer.port, { windowMax: 1 })
  expect(await line.ask(submit(1), never())).toEqual({ kind: 'silent', code: 'answer-timeout' })
  const asked = line.ask(submit(2), never())
  if (first) echo(first, peer.sockets[0] as Socket)
  const answer = await asked
  if (answer.kind !== 'answer' || !first) throw new Error('no answer')
  expect(sequenceOf(answer.frame)).not.toBe(sequenceOf(first))
})

it('makes a peer wait that floods while nothing can be kept', async () => {
  const peer = await startPeer()
  let heard = 0
  let release = () => {}
  const kept = new Promise<void>((resolve) => {
    release = resolve
  })
  const line = openLine(peer.port, {
    hear: async (frames) => {
      heard += frames.length
      await kept
      return frames.map((one) => frame(5 | ANSWER, sequenceOf(one)))
    },
  })
  expect(await line.ready()).toBeUndefined()
  const [socket] = peer.sockets
  const total = 40_000
  const body = Buffer.alloc(200)
  for (let sequence = 1; sequence <= total; sequence++) socket?.write(frame(5, sequence, body))
  await until(() => heard >= 256, 'the first of the flood')
  const pause = new Promise((resolve) => setTimeout(resolve, 200))
  await pause
  // One chunk more than the bound at most: the rest stands in the socket.
  expect(heard).toBeLessThan(256 + 65_536 / 212 + 1)
  expect(socket?.writableLength).toBeGreaterThan(0)
  release()
  await until(() => heard === total, 'the rest')
  const answers = () => peer.frames.filter((one) => commandOf(one) === (5 | ANSWER) >>> 0).length
  await until(() => answers() === total, 'an acknowledgement each')
})

it('says how long it rests, rests longer each time, and asks nobody meanwhile', async () => {
  const peer = await startPeer()
  peer.take = (_, socket) => socket.destroy()
  const line = openLine(peer.port, { reconnectMsMin: 2_000, reconnectMsMax: 4_000 })
  const first = await line.ask(submit(1), never())
  expect(first).toMatchObject({ kind: 'unsent', code: 'login-unanswered', restMs: 2_000 })
  const second = await line.ask(submit(1), never())
  expect(second).toMatchObject({ kind: 'unsent', refused: false })
  expect(peer.frames).toHaveLength(1)
})

it('dials no further once it is closed, and answers whoever still asks', async () => {
  const peer = await startPeer()
  const line = openLine(peer.port)
  await line.ready()
  await line.close()
  expect(await line.ask(submit(1), never())).toMatchObject({ kind: 'unsent', code: 'closed' })
  expect(peer.frames.map(commandOf)).toEqual([1, 2])
})

it('a signal ends the waiting: for a place as not sent, for an answer as silence', async () => {
  const peer = await startPeer()
  peer.take = (one, socket) => (commandOf(one) === 4 ? undefined : echo(one, socket))
  const line = openLine(peer.port, { windowMax: 1, answerTimeoutMs: 2_000 })
  const given = new AbortController()
  const first = line.ask(submit(1), given.signal)
  await until(() => peer.frames.some((one) => commandOf(one) === 4), 'the request')
  const second = line.ask(submit(2), given.signal)
  given.abort()
  expect(await first).toEqual({ kind: 'silent', code: 'abort' })
  expect(await second).toMatchObject({ kind: 'unsent', code: 'abort' })
  expect(peer.frames.filter((one) => commandOf(one) === 4)).toHaveLength(1)
})

/** A certificate of its own for the loopback; undefined where openssl is not installed. */
function certificate(): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'carrier-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const name = ['-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext']
    const files = ['subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert]
    execFileSync('openssl', [...request, ...name, ...files], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const CERTIFICATE = certificate()
if (!CERTIFICATE) console.log('openssl is not installed: the line is not tried over TLS')

it.skipIf(!CERTIFICATE)(
  'goes over TLS, and not to a peer whose certificate nobody vouches for',
  async () => {
    if (!CERTIFICATE) return
    const peer = await startPeer((listener) => createSecureServer(CERTIFICATE, listener))
    const doubtful = openLine(peer.port, { secure: true })
    const refused = await doubtful.ask(submit(1), never())
    expect(refused).toMatchObject({ kind: 'unsent', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const known = getCACertificates()
    stops.push(() => setDefaultCACertificates(known))
    setDefaultCACertificates([...known, CERTIFICATE.cert])
    const line = openLine(peer.port, { secure: true, host: '127.0.0.1' })
    expect(await line.ask(submit(1), never())).toMatchObject({ kind: 'answer' })
    const plain = await startPeer()
    const mistaken = openLine(plain.port, { secure: true })
    plain.take = (_, socket) => socket.destroy()
    expect(await mistaken.ask(submit(1), never())).toMatchObject({ kind: 'unsent' })
  },
)
