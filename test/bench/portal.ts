/** A page of the portal and its 304, as often as one process can serve them, against node's own server with
 *  the same bytes ready in memory. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { NewChannel } from '../../src/store/founding.ts'
import type { LoadOrders } from './load.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'
import { onStage } from './stage.ts'

const COUNT = 20_000
const CONNECTIONS = 16
const TEXT = '高温天气请各企业加强危险化学品储存场所的巡查，发现异常立即处置并报告。'.repeat(12)
const CHANNEL: NewChannel = {
  ...{ id: 'disclosure-portal', name: '政府信息公开平台', line: 'portal', position: 1 },
  ...{ addressing: 'place', addressKind: 'place' },
  roads: [{ id: 'main', adapter: 'disclosure-portal', settings: {} }],
}

interface Load extends Measure {
  readonly bytes: number
}

export function portal(options: BenchOptions): Promise<Report> {
  const { count = COUNT, rounds = ROUNDS } = options
  return onStage(async ({ server, found }) => {
    const { database: _, ...place } = await found([CHANNEL], {})
    const hub = fork(join(import.meta.dirname, 'figure-portal.ts'))
    const bare = fork(join(import.meta.dirname, 'floor-portal.ts'))
    try {
      const orders = { ...place, channelId: CHANNEL.id, text: TEXT }
      const { url } = await ask<{ url: string }>(hub, orders)
      const page = await pageAt(url)
      const { url: bareUrl } = await ask<{ url: string }>(bare, page)
      const load = (to: string, more: Partial<LoadOrders>) =>
        measured<Load>('load.ts', {
          ...{ url: to, count, connections: CONNECTIONS, status: 200, ...more },
        })
      const known = { status: 304, ifNoneMatch: page.etag }
      const pages = await takeTurns(
        rounds,
        () => load(url, {}),
        () => load(bareUrl, {}),
      )
      const unchanged = await takeTurns(
        rounds,
        () => load(url, known),
        () => load(bareUrl, known),
      )
      const { peakMb } = await ask<{ peakMb: number }>(hub, 'memory')
      const not = reportOf('', count, unchanged, {}, 'requests/s')
      return {
        ...reportOf('portal', count, pages, {}, 'requests/s'),
        rssMb: peakMb,
        notModified: { figure: not.figure, floor: not.floor, ratio: not.ratio },
        ...{ pageBytes: Buffer.byteLength(page.body), requests: count, connections: CONNECTIONS },
        database: server.kind,
      }
    } finally {
      hub.kill()
      bare.kill()
    }
  })
}

async function ask<T>(child: ChildProcess, what: object | string): Promise<T> {
  const answer = once(child, 'message')
  child.send(what)
  return (await answer)[0] as T
}

async function pageAt(url: string) {
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`the page answers ${answer.status}`)
  const headers = Object.fromEntries(
    [...answer.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)),
  )
  return { body: await answer.text(), headers, etag: answer.headers.get('etag') ?? '' }
}
