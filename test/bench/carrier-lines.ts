/** Submissions a second over one carrier line, SMPP and CMPP, through the adapter to a sink in a process of its
 *  own, against the same frames over a bare socket with the same window. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startRelay } from '../channels/sms-capture.ts'
import { openLineTo, type Spoken, TEXT } from './carrier-channel.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'

const COUNT = 60_000
const WINDOW = 32
const SEQUENCE_AT = { smpp: 12, cmpp: 8 } as const
const HEAD_BYTES = { smpp: 16, cmpp: 12 } as const

export async function carrierLines(options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = ROUNDS } = options
  const sink = fork(join(import.meta.dirname, 'carrier-sink.ts'))
  try {
    const ports = await said<Readonly<Record<Spoken, number>>>(sink)
    const run = async (protocol: Spoken) => {
      const port = ports[protocol]
      const bare = await framesOf(protocol, port)
      await takenBy(sink)
      const counted = async (program: string, orders: object) => {
        const measure = await measured<Measure>(program, { port, window: WINDOW, count, ...orders })
        const taken = await takenBy(sink)
        if (taken !== count) throw new Error(`${program}: ${taken} of ${count} were taken`)
        return measure
      }
      return takeTurns(
        rounds,
        () => counted('figure-carrier.ts', { protocol }),
        () => counted('floor-carrier.ts', bare),
      )
    }
    const smpp = await run('smpp')
    const { figure, floor, ratio, rssMb } = reportOf('', count, await run('cmpp'), {})
    return reportOf(
      'carrier-lines',
      count,
      smpp,
      { cmpp: { figure, floor, ratio, rssMb }, submits: count, window: WINDOW, database: 'none' },
      'submits/s',
    )
  } finally {
    sink.kill()
  }
}

/** The login and one submission of the adapter as they go over the wire, so that the floor can send the same. */
async function framesOf(protocol: Spoken, port: number) {
  const relay = await startRelay(port, HEAD_BYTES[protocol])
  const channel = openLineTo(protocol, relay.port, 1)
  await channel.send(
    {
      ...{ key: '1.1.1', agencyId: 1, bulletinId: 1, categoryId: 'notice', act: 'notify' },
      ...{ mode: 'earnest', fields: { text: TEXT }, at: new Date(), attachments: [] },
      recipients: [{ key: '1.1.1', address: '13900000000' }],
    },
    AbortSignal.timeout(10_000),
  )
  const [login, submit] = relay.recorded.filter(({ ours }) => ours).map(({ frame }) => frame)
  await channel.close()
  await relay.stop()
  if (!login || !submit) throw new Error('the line carried nothing')
  return {
    ...{ login: login.toString('hex'), submit: submit.toString('hex') },
    sequenceAt: SEQUENCE_AT[protocol],
  }
}

async function said<T>(child: ChildProcess): Promise<T> {
  return (await once(child, 'message'))[0] as T
}

async function takenBy(sink: ChildProcess): Promise<number> {
  const answer = said<{ readonly taken: number }>(sink)
  sink.send({})
  return (await answer).taken
}
