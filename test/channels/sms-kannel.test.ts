/** The SMS adapter against Kannel (bearerbox, smsbox and its fake SMSC), a gateway nobody here wrote: parts
 *  as a phone gets them, receipts, a reply, and its refusals. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Channel, Heard, RenderInput } from '../../channels/channel.ts'
import { sms } from '../../channels/sms.ts'
import { openWebClient } from '../../src/kit/http.ts'
import { partsOf } from '../../src/kit/segments.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/lib/kannel/test']
const program = (name: string) =>
  FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? ''
const BEARERBOX = program('bearerbox')
const SMSBOX = program('smsbox')
const FAKESMSC = program('fakesmsc')
const KANNEL = BEARERBOX !== '' && SMSBOX !== '' && FAKESMSC !== ''
if (!KANNEL)
  console.log('Kannel (Debian: kannel, kannel-extras) is not installed: its SMS run is left out')

const NOBODY = 65_534
const SECRETS: Readonly<Record<string, string>> = { password: 'kannel-pw-1', callback: 'cb5e2' }
const SIGNATURE = '桐乡应急'
const stops: (() => Promise<unknown>)[] = []

const pause = () => new Promise((resolve) => setTimeout(resolve, 25))

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  for (let tries = 0; tries < 1_200; tries++) {
    const found = look()
    if (found !== undefined) return found
    await pause()
  }
  throw new Error(`waited in vain for ${what}`)
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) ports.push(address.port)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}

async function answers(port: number): Promise<void> {
  let open = false
  await until(() => {
    const socket = connect(port, '127.0.0.1', () => {
      open = true
      socket.destroy()
    })
    socket.once('error', () => socket.destroy())
    return open || undefined
  }, `port ${port}`)
}

/** Unprivileged also where the tests run as root; `said` collects both streams. */
function start(path: string, options: readonly string[], folder: string) {
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const child: ChildProcess = spawn(path, options, { cwd: folder, ...user })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => void said.push(chunk.toString('latin1')))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = () => {
    child.kill('SIGKILL')
    return ended
  }
  stops.push(stop)
  return { said: () => said.join(''), stop }
}

function configuration(ports: readonly number[], callback: string): string {
  const [admin, box, smsc, send] = ports
  const token = `token=${SECRETS['callback']}`
  return `group = core
admin-port = ${admin}
admin-password = ${SECRETS['password']}
smsbox-port = ${box}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
port = ${smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${send}
sendsms-interface = 127.0.0.1
mo-recode = true

group = sendsms-user
username = duoling
password = ${SECRETS['password']}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "${callback}?kind=reply&${token}&from=%p&text=%b&id=%I&at=%T"
`
}

const heard: Heard[] = []
let channel: Channel
let sendPort = 0
let smsc: { said(): string; stop(): Promise<unknown> }
let smsbox: { stop(): Promise<unknown> }

function open(port: number, callback: string, user = 'duoling'): Channel {
  const web = openWebClient()
  const none = () => Promise.reject(new Error('not for messages'))
  const url = `http://127.0.0.1:${port}/cgi-bin/sendsms`
  const made = sms.create(
    {
      base: 'kannel',
      values: { url, user, from: '10690000', callback },
      secrets: { password: 'password', callback: 'callback' },
      signature: SIGNATURE,
    },
    {
      secret: (name) => SECRETS[name] ?? '',
      pages: { put: none, tombstone: none, look: none },
      blobs: { read: none },
      http: (request) => web.call(request),
      log: () => undefined,
    },
  )
  stops.push(async () => {
    await made.close()
    await web.close()
  })
  return made
}

/** A server of ours that hands each call to `receipts` and keeps what was heard before it answers. */
async function listenForCallbacks(): Promise<string> {
  const server = createServer(async (request, response) => {
    const url = `http://${request.headers.host}${request.url}`
    const answer = await channel.receipts?.(new Request(url))
    heard.push(...(answer?.heard ?? []))
    response.writeHead(answer?.response.status ?? 500).end(await answer?.response.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/callbacks/1/sms/kannel`
}

async function send(numbers: readonly string[], more: Partial<RenderInput> = {}) {
  const { payload } = channel.render({ ...SAMPLE_INPUT, ...more })
  const fields = filledFields(payload)
  const batch = sampleBatch(fields, numbers)
  const outcomes = await channel.send(batch, new AbortController().signal)
  return { text: fields['text'] ?? '', outcomes }
}

/** The fake centre writes `Got message N: <from to udh %05… data …>`, both in percent signs and bytes. */
function partsFor(number: string): readonly string[] {
  const lines = smsc
    .said()
    .matchAll(/Got message \d+: <10690000 (\d+) (?:udh (\S+) )?data ([^\n]*)>/g)
  return [...lines].flatMap(([, to, , data = '']) => {
    if (to !== number) return []
    const text = data.replaceAll('+', ' ')
    const bytes = text.replace(/%([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    return [Buffer.from(bytes, 'latin1').swap16().toString('utf16le')]
  })
}

describe.skipIf(!KANNEL)('against Kannel', () => {
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kannel-'))
    stops.push(async () => rmSync(folder, { recursive: true, force: true }))
    chmodSync(folder, 0o777)
    const callback = await listenForCallbacks()
    const ports = await freePorts(4)
    const [admin = 0, , centre = 0, sending = 0] = ports
    sendPort = sending
    const file = join(folder, 'kannel.conf')
    writeFileSync(file, configuration(ports, callback), { mode: 0o644 })
    start(BEARERBOX, ['-v', '3', file], folder)
    await answers(admin)
    smsbox = start(SMSBOX, ['-v', '3', file], folder)
    await answers(sendPort)
    await answers(centre)
    const reply = '13800138009 10690000 text 收到，已转告'
    smsc = start(
      FAKESMSC,
      ['-H', '127.0.0.1', '-r', `${centre}`, '-i', '1', '-m', '1', reply],
      folder,
    )
    channel = open(sendPort, callback)
  })

  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })

  it('is there', async () => {
    expect(await channel.health()).toMatchObject({ state: 'ok' })
  })

  it('carries a long Chinese text with an emoji across the edge of a part, and hears of each number', async () => {
    const numbers = ['13800138001', '13800138002']
    const { text: bare } = await send([])
    const title = `${'防'.repeat(60)}🔔${'汛'.repeat(90)}`
    const { text, outcomes } = await send(numbers, { title, blocks: [] })
    expect(bare.startsWith(`【${SIGNATURE}】`)).toBe(true)
    const parts = partsOf(text)
    expect(parts).toHaveLength(3)
    expect(outcomes).toMatchObject([
      { kind: 'accepted', units: 3 },
      { kind: 'accepted', units: 3 },
    ])
    for (const [index, number] of numbers.entries()) {
      const got = await until(
        () => (partsFor(number).length === 3 ? partsFor(number) : undefined),
        'three parts',
      )
      // Kannel counts octets and may cut inside a pair; a phone joins the parts before it reads them.
      expect(got.join('')).toBe(text)
      const outcome = outcomes[index]
      const reference = outcome?.kind === 'accepted' ? outcome.reference : undefined
      const receipt = await until(
        () => heard.find((one) => one.kind === 'receipt' && one.reference === reference),
        'a receipt',
      )
      expect(receipt).toMatchObject({ state: 'delivered', address: number })
    }
    // The centre's own "taken" is not the end and is not heard.
    const states = heard.filter((one) => one.kind === 'receipt')
    expect(states).toHaveLength(numbers.length)
  })

  it('hears a reply', async () => {
    const reply = await until(() => heard.find((one) => one.kind === 'reply'), 'the reply')
    expect(reply).toMatchObject({ from: '13800138009', text: '收到，已转告' })
    expect(reply).toHaveProperty('id')
  })

  it('a user nobody knows stops the road', async () => {
    const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
    const wrong = open(sendPort, 'http://127.0.0.1/', 'nobody')
    const batch = sampleBatch(fields, ['13800138001'])
    expect(await wrong.send(batch, new AbortController().signal)).toMatchObject([
      { kind: 'refused', scope: 'account', code: 'Authorization failed' },
    ])
  })

  it('queues while the centre is away, and is told apart from a gateway that is down', async () => {
    await smsc.stop()
    expect((await send(['13800138003'])).outcomes).toMatchObject([{ kind: 'accepted' }])
    await smsbox.stop()
    expect((await send(['13800138004'])).outcomes).toMatchObject([
      { kind: 'retry', code: 'ECONNREFUSED' },
    ])
    expect(await channel.health()).toMatchObject({ state: 'down' })
  })
})
