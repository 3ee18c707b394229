/** The two fan-outs over a real socket: a gateway that takes a thousand recipients a call, and one that
 *  takes one. Their floors make the same calls and the same writes without the hub. */

import { sms } from '../../channels/sms.ts'
import { fill } from '../../src/domain/payload.ts'
import type { Figure } from './figure.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import type { PeerOrders } from './peers/orders.ts'
import { peersOf } from './peers/peers.ts'
import { measured } from './process.ts'
import { type Measure, medianSeconds, type Report, reportOf, rounded, takeTurns } from './report.ts'
import { smsChannel, smsSettings } from './roads.ts'
import type { SinkCounts } from './sink.ts'
import { counted, expectOnce, onStage, type Stage } from './stage.ts'

const TEXT = '高温天气请各企业加强危险化学品储存场所的巡查，发现异常立即处置并报告。'
/** the hub begins so many together where a call serves one; the floor reads and writes as many at once */
const SINGLES_A_BATCH = 64
const FLOOR_CONNECTIONS = 4

interface Plan {
  readonly name: string
  readonly count: number
  readonly perCall: number
  readonly callsMax: number
  /** also the same calls and nothing else, and what is usual elsewhere */
  readonly compared: boolean
}

export function fanoutBatch1m(options: BenchOptions): Promise<Report> {
  const { count = 1_000_000 } = options
  const plan = { name: 'fanout-batch-1m', count, perCall: 1_000, callsMax: 10, compared: false }
  return fanout(plan, options)
}

export function fanoutHttp100k(options: BenchOptions): Promise<Report> {
  const { count = 100_000 } = options
  const plan = { name: 'fanout-http-100k', count, perCall: 1, callsMax: 64, compared: true }
  return fanout(plan, options)
}

/** One run of one plan; the curve uses it at each of its points. */
export function fanout(plan: Plan, options: BenchOptions): Promise<Report> {
  return onStage((stage) => fanoutOn(stage, plan, options))
}

async function fanoutOn(stage: Stage, plan: Plan, options: BenchOptions): Promise<Report> {
  const { name, count, perCall, callsMax } = plan
  const { rounds = ROUNDS, faults } = options
  const { sink } = stage
  const road = { url: sink.url('sms'), perCall, callsMax }
  const { database, ...place } = await stage.found([smsChannel('sms', road)], {
    units: { kind: 'phone', count },
  })
  const orders = { ...place, channelIds: ['sms'], audience: 'units', text: TEXT }
  const calls = { url: sink.url('sms'), text: sampleText(road), perCall, connections: callsMax }
  const floor = {
    ...{ url: database.ownerUrl, count, connections: FLOOR_CONNECTIONS, calls },
    // As many batches under way as fill the gateway's connections.
    ...{ batch: perCall === 1 ? SINGLES_A_BATCH : perCall, lanes: perCall === 1 ? 16 : callsMax },
  }
  const seen: Figure[] = []
  const took: { figure?: SinkCounts; floor?: SinkCounts } = {}
  const figure = async (faultPercent = 0) => {
    const { measure, counts } = await counted(sink, { faultPercent }, () =>
      measured<Figure>('figure.ts', orders),
    )
    expectOnce(name, counts, count)
    if (faultPercent === 0) {
      took.figure = counts
      seen.push(measure)
    }
    return measure
  }
  const bare = async (program: object) => {
    const { measure, counts } = await counted(sink, {}, () =>
      measured<Measure>('floor-fanout.ts', program),
    )
    expectOnce(`${name} floor`, counts, count)
    took.floor = counts
    return measure
  }
  const measures = await takeTurns(
    rounds,
    () => figure(),
    () => bare(floor),
  )
  return reportOf(name, count, measures, {
    ...{ recipients: count, perCall, callsMax, database: stage.server.kind, sink: took },
    states: seen.map((one) => one.states),
    signMs: seen.map((one) => one.signMs),
    firstSettledMs: seen.map((one) => one.firstSettledMs),
    engine: seen.map((one) => one.engine),
    ...(faults ? { faults: slowdown(faults, await figure(faults), measures.figures) } : {}),
    ...(plan.compared && !options.brief
      ? await compared(stage, {
          figures: measures.figures,
          floor,
          bare,
          count,
          url: database.ownerUrl,
        })
      : {}),
  })
}

/** How much slower the figure was with so many calls in a hundred failing. */
export function slowdown(percent: number, faulty: Measure, figures: readonly Measure[]) {
  const slower = rounded(faulty.seconds / medianSeconds(figures), 2)
  return { percent, seconds: rounded(faulty.seconds, 3), slower }
}

interface Compared {
  readonly figures: readonly Measure[]
  readonly floor: { readonly calls: PeerOrders['calls'] }
  readonly bare: (program: object) => Promise<Measure>
  readonly count: number
  readonly url: string
}

async function compared({ sink }: Stage, given: Compared): Promise<Record<string, unknown>> {
  const { figures, floor, bare, count, url } = given
  const figure = medianSeconds(figures)
  const undici = await bare({ ...floor, writes: false })
  const peers = await peersOf({ url, count, calls: floor.calls }, sink)
  return {
    undici: {
      ...{ perSecond: Math.round(count / undici.seconds) },
      ratio: rounded(undici.seconds / figure, 2),
    },
    peers: peers.map((peer) =>
      'skipped' in peer
        ? peer
        : { ...peer, hubIsFaster: rounded(count / figure / peer.perSecond, 2) },
    ),
  }
}

/** The message as the adapter says it, so that the floor's calls are of the same size. */
function sampleText(road: Parameters<typeof smsSettings>[0]): string {
  const tools = { secret: () => '', pages: {}, blobs: {}, http: () => {}, log: () => {} }
  const channel = sms.create(smsSettings(road), tools as never)
  const { payload } = channel.render({
    agency: { id: 1, name: '桐乡市安全生产监督管理局', shortName: '市安监局' },
    ...{ bulletinId: 1, category: { id: 'notice', name: '通知公告' }, mode: 'earnest' },
    ...{ level: 'routine', title: '安全生产风险提示', act: 'notify' },
    ...{ blocks: [{ kind: 'paragraph', text: TEXT }], attachments: [], metadata: {}, entries: [] },
  })
  const filled = fill(payload, { 'published-at': '2026-11-25 10:00' })
  if ('refusal' in filled) throw new Error(`the message was refused: ${filled.refusal.code}`)
  return filled.fields['text'] ?? ''
}
