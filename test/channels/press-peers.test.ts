/** The press road against Postfix `smtp-sink`, a server nobody here wrote, where it is installed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Toolbox } from '../../channels/channel.ts'
import { press } from '../../channels/press.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const SINK = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin']
  .map((folder) => `${folder}/smtp-sink`)
  .find((path) => existsSync(path))
if (!SINK) console.log('smtp-sink (Debian: postfix) is not installed: its fault table is left out')

/** -r soft, -f hard, -q drop, at a command; `.` is the end of the body. */
const TABLE: readonly (readonly [string, readonly string[], Partial<Outcome>])[] = [
  ['a good day', [], { kind: 'awaiting', on: 'hand' }],
  ['RCPT soft', ['-r', 'RCPT'], { kind: 'retry' }],
  ['RCPT hard', ['-f', 'RCPT'], { kind: 'refused', scope: 'recipient' }],
  ['MAIL hard', ['-f', 'MAIL'], { kind: 'refused', scope: 'account' }],
  ['drop at DATA', ['-q', 'DATA'], { kind: 'retry' }],
  ['drop at the dot', ['-q', '.'], { kind: 'unsure' }],
]
const nothing = () => Promise.reject(new Error('not for mail'))
const TOOLS: Toolbox = {
  secret: () => '',
  pages: { put: nothing, tombstone: nothing, look: nothing },
  blobs: { read: nothing },
  http: nothing,
  log: () => undefined,
}
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function startSink(flags: readonly string[]): Promise<number> {
  const port = await freePort()
  // As root the sink wants to be somebody else.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const options = ['-c', ...user, ...flags, `127.0.0.1:${port}`, '10']
  const sink: ChildProcess = spawn(SINK ?? '', options, { stdio: 'ignore' })
  const ended = new Promise((resolve) => sink.once('close', resolve))
  stops.push(async () => {
    sink.kill()
    await ended
  })
  while (!(await answers(port))) if (sink.exitCode !== null) throw new Error('smtp-sink ended')
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => {
      socket.end('QUIT\r\n')
      resolve(true)
    })
    socket.once('error', () => setTimeout(resolve, 20, false))
  })
}

describe.skipIf(!SINK)('a release to Postfix smtp-sink', () => {
  it.each(TABLE)('%s', async (_, flags, expected) => {
    const port = await startSink(flags)
    const channel = press.create(
      {
        ...{ host: '127.0.0.1', port, security: 'none', from: 'press@example.test' },
        ...{ outlet: '示例日报', desk: 'desk@paper.test', contact: '王联络' },
        answerTimeoutMs: 800,
      },
      TOOLS,
    )
    stops.push(() => channel.close())
    const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
    const batch = sampleBatch(fields, ['press-newspaper'])
    const [outcome] = await channel.send(batch, new AbortController().signal)
    expect(outcome).toMatchObject(expected)
  })
})
