/** The fault table of the mail adapter against Postfix `smtp-sink`, a server nobody here wrote, where it
 *  is installed, and against our simulator always. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Channel, Toolbox } from '../../channels/channel.ts'
import { email } from '../../channels/email.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { type MailFault, startMailSimulator } from '../../src/simulator/mail.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const SINK = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin']
  .map((folder) => `${folder}/smtp-sink`)
  .find((path) => existsSync(path))
if (!SINK) console.log('smtp-sink (Debian: postfix) is not installed: its fault table is left out')

type Expected = Partial<Outcome>
const RETRY: Expected = { kind: 'retry' }
const UNSURE: Expected = { kind: 'unsure' }
const ACCEPTED: Expected = { kind: 'accepted' }
const REFUSED: Expected = { kind: 'refused', scope: 'recipient' }
const ACCOUNT: Expected = { kind: 'refused', scope: 'account' }

/** smtp-sink: -r soft, -f hard, -q drop, at a command; `.` is the end of the body. */
const SINK_TABLE: readonly (readonly [string, readonly string[], Expected])[] = [
  ['a good day', [], ACCEPTED],
  ['RCPT soft', ['-r', 'RCPT'], RETRY],
  ['RCPT hard', ['-f', 'RCPT'], REFUSED],
  ['MAIL soft', ['-r', 'MAIL'], RETRY],
  ['MAIL hard', ['-f', 'MAIL'], ACCOUNT],
  ['final dot soft', ['-r', '.'], RETRY],
  ['final dot hard', ['-f', '.'], REFUSED],
  ['drop at RCPT', ['-q', 'RCPT'], RETRY],
  ['drop at DATA', ['-q', 'DATA'], RETRY],
  ['drop at the dot', ['-q', '.'], UNSURE],
  // No 354 came, so no byte of the body left.
  ['stall at DATA', ['-w', '3'], RETRY],
  ['stall at the dot', ['-W', '.:3'], UNSURE],
]
const SIMULATOR_TABLE: Readonly<Record<MailFault, Expected>> = {
  none: ACCEPTED,
  'garbage-greeting': ACCOUNT,
  'refused-greeting': ACCOUNT,
  'stall-greeting': RETRY,
  'auth-535': ACCOUNT,
  'sender-450': RETRY,
  'sender-550': ACCOUNT,
  'recipient-450': RETRY,
  'recipient-550': REFUSED,
  'data-450': RETRY,
  'drop-before-data': RETRY,
  'drop-at-data': RETRY,
  'drop-in-body': UNSURE,
  'drop-after-body': UNSURE,
  'stall-after-body': UNSURE,
  'dot-450': RETRY,
  'dot-550': REFUSED,
  'garbage-dot': UNSURE,
}

const nothing = () => Promise.reject(new Error('not for mail'))
const TOOLS: Toolbox = {
  secret: () => 'a password',
  pages: { put: nothing, tombstone: nothing, look: nothing },
  blobs: { read: nothing },
  http: () => Promise.reject(new Error('no web here')),
  log: () => undefined,
}
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function open(port: number, login: boolean): Channel {
  const channel = email.create(
    {
      ...{ host: '127.0.0.1', port, security: 'none', from: 'notice@example.test' },
      ...{ answerTimeoutMs: 800, connectTimeoutMs: 800 },
      ...(login ? { user: 'notice', passwordSecret: 'mail' } : {}),
    },
    TOOLS,
  )
  stops.push(() => channel.close())
  return channel
}

async function sendOne(channel: Channel): Promise<Outcome | undefined> {
  const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
  const batch = sampleBatch(fields, ['somebody@example.test'])
  return (await channel.send(batch, new AbortController().signal))[0]
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error(`nobody answers on port ${port}`)
}

async function startSink(options: readonly string[]): Promise<number> {
  const port = await freePort()
  // As root the sink wants to be somebody else.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child: ChildProcess = spawn(
    SINK ?? '',
    ['-c', ...user, ...options, `127.0.0.1:${port}`, '10'],
    { stdio: 'ignore' },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  stops.push(() => {
    child.kill('SIGKILL')
    return ended
  })
  await answers(port)
  return port
}

describe.skipIf(!SINK)('against Postfix smtp-sink', () => {
  for (const [name, options, expected] of SINK_TABLE)
    it(`${name}: ${expected.kind}`, async () => {
      const channel = open(await startSink(options), false)
      expect(await sendOne(channel)).toMatchObject(expected)
    })
})

describe('against the simulator', () => {
  for (const [fault, expected] of Object.entries(SIMULATOR_TABLE) as [MailFault, Expected][])
    it(`${fault}: ${expected.kind}`, async () => {
      const simulator = await startMailSimulator({ fault })
      stops.push(() => simulator.stop())
      const outcome = await sendOne(open(simulator.port, true))
      expect(outcome).toMatchObject(expected)
      // What the simulator took may be unsure or accepted, and is never called unsent.
      const unsent = outcome?.kind === 'retry' || outcome?.kind === 'refused'
      if (unsent) expect(simulator.accepted()).toBe(0)
    })

  it('refused connection: retry', async () => {
    expect(await sendOne(open(await freePort(), false))).toMatchObject({
      ...RETRY,
      code: 'socket',
    })
  })
})
