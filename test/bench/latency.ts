/** From a leader's signature to the first call on the wire: on an idle hub, and for a red warning behind a
 *  large bulk broadcast on the same road. */
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import type { Signing } from './figure-signing.ts'
import type { BenchOptions } from './options.ts'
import { measured } from './process.ts'
import { type Report, rounded, spread } from './report.ts'
import { placeChannel, smsChannel } from './roads.ts'
import type { Sink, SinkState } from './sink.ts'
import { onStage, type Stage } from './stage.ts'

const ADDRESSES = 10_000
const IDLE_ROUNDS = 50
const PLACES = ['place-1', 'place-2', 'place-3', 'place-4'] as const
const PER_CALL = 1_000
const CALLS_MAX = 10

const publishOn = (channelId: string): DispatchOrder => ({ channelId, act: 'publish' })
const notify = (channelId: string, audience: string): DispatchOrder => ({
  ...{ channelId, act: 'notify', audiences: [audience], throughQuietHours: true },
})

/** A program just started has compiled next to nothing; its first rounds are told apart. */
const WARM_UP_ROUNDS = 5

interface Timed {
  /** the very first round of the program: its slowest first call */
  readonly coldMs: number
  readonly signing: Signing
  /** from the call of `sign` to the first call, of each channel of each round */
  readonly firstMs: readonly number[]
  /** from the call of `sign` to its answer */
  readonly signMs: readonly number[]
  /** from the call of `sign` to the last settled batch of each round */
  readonly wholeMs: readonly number[]
}

async function timed(
  sink: Sink,
  state: SinkState,
  run: () => Promise<Signing>,
  channels: readonly string[],
): Promise<Timed> {
  await sink.reset(state)
  const signing = await run()
  const { firstCalls } = await sink.report()
  const firstOf = ({ round, calledMs }: Signing['rounds'][number]) =>
    channels.map((channel) => {
      const first = firstCalls[`${channel} ${round}`]
      if (first === undefined) throw new Error(`round ${round} never reached ${channel}`)
      return first - calledMs
    })
  const [cold] = signing.rounds
  const rounds =
    signing.rounds.length > WARM_UP_ROUNDS ? signing.rounds.slice(WARM_UP_ROUNDS) : signing.rounds
  const coldMs = rounded(cold ? Math.max(...firstOf(cold)) : 0, 1)
  const firstMs = rounds.flatMap(firstOf)
  const signMs = rounds.map(({ calledMs, signedMs }) => signedMs - calledMs)
  const wholeMs = rounds.map(({ calledMs, settledMs }) => settledMs - calledMs)
  return { signing, coldMs, firstMs, signMs, wholeMs }
}

export function latencyIdle(options: BenchOptions): Promise<Report> {
  return onStage(async ({ sink, server, found }) => {
    const { count = ADDRESSES, rounds = IDLE_ROUNDS } = options
    const road = { url: sink.url('sms'), perCall: PER_CALL, callsMax: CALLS_MAX }
    const { database, ...on } = await found(
      [...PLACES.map((id) => placeChannel(id, sink.url(id))), smsChannel('sms', road)],
      { units: { kind: 'phone', count } },
    )
    const run = (orders: readonly DispatchOrder[], channels: readonly string[], faults = 0) => {
      const given = { ...on, level: 'routine', orders, rounds: rounds + WARM_UP_ROUNDS }
      const state = { faultPercent: faults }
      return timed(sink, state, () => measured<Signing>('figure-signing.ts', given), channels)
    }
    const floorOrders = {
      url: database.ownerUrl,
      rounds: rounds + WARM_UP_ROUNDS,
      call: sink.url('floor'),
    }
    const floor = await timed(
      ...([sink, {}, () => measured<Signing>('floor-latency.ts', floorOrders)] as const),
      ['floor'],
    )
    const places = await run(PLACES.map(publishOn), PLACES)
    const addresses = await run([notify('sms', 'units')], ['sms'])
    const bare = spread(floor.firstMs)
    const first = spread(places.firstMs)
    const { faults } = options
    const faulty = faults ? await run(PLACES.map(publishOn), PLACES, faults) : undefined
    return {
      ...{ name: 'latency-idle', figure: first.p99, unit: 'ms p99', floor: bare.p99 },
      ...{ ratio: rounded(bare.p99 / first.p99, 2), rssMb: places.signing.peakMb },
      ...{ places: first, addresses: spread(addresses.firstMs), bare, count, rounds },
      cold: { places: places.coldMs, addresses: addresses.coldMs, bare: floor.coldMs },
      signed: { places: spread(places.signMs), addresses: spread(addresses.signMs) },
      whole: { places: spread(places.wholeMs), addresses: spread(addresses.wholeMs) },
      database: server.kind,
      ...(faults && faulty ? { faults: { percent: faults, ...spread(faulty.firstMs) } } : {}),
    }
  })
}

const BULK = 100_000
const RED_ROUNDS = 20
const FEW = 20
/** the bulk's road: one call a recipient, so that it is busy as long as the rounds take */
const BULK_CALLS_MAX = 50
const BULK_LATENCY_MS = 20
const RED_SMS = ['sms-1', 'sms-2', 'sms-3', 'sms-4'] as const

export function latencyRedBehindBulk(options: BenchOptions): Promise<Report> {
  return onStage((stage) => redBehindBulk(stage, options))
}

async function redBehindBulk(stage: Stage, options: BenchOptions): Promise<Report> {
  const { sink, server } = stage
  const { count = BULK, rounds = RED_ROUNDS, faults } = options
  const addressed = Math.min(ADDRESSES, Math.ceil(count / 10))
  const road = (id: string) => ({ url: sink.url(id), perCall: 1, callsMax: BULK_CALLS_MAX })
  const channels = [...PLACES, ...RED_SMS]
  const red = [...PLACES.map(publishOn), ...RED_SMS.map((id) => notify(id, 'few'))]
  // Each run has a database of its own: what is left of the bulk would go on in the next.
  const run = async (
    behind: boolean,
    orders: readonly DispatchOrder[],
    times: number,
    share = 0,
  ) => {
    const { database: _, ...on } = await stage.found(
      [
        ...PLACES.map((id) => placeChannel(id, sink.url(id))),
        ...RED_SMS.map((id) => smsChannel(id, road(id))),
      ],
      {
        ...{ few: { kind: 'phone', count: FEW }, many: { kind: 'phone', count: addressed } },
        ...(behind ? { all: { kind: 'phone', count } } : {}),
      },
    )
    const bulk = behind ? { behind: [notify('sms-1', 'all')] } : {}
    const warmUp = times > 1 ? WARM_UP_ROUNDS : 0
    const given = { ...on, level: 'red', orders, rounds: times + warmUp, ...bulk }
    const reached = orders.map((order) => order.channelId)
    const state = { latencyMs: BULK_LATENCY_MS, faultPercent: share }
    return timed(sink, state, () => measured<Signing>('figure-signing.ts', given), reached)
  }
  const alone = spread((await run(false, red, rounds)).firstMs)
  const behind = await run(true, red, rounds)
  const first = spread(behind.firstMs)
  const many = await run(true, [notify('sms-1', 'many')], 1)
  const faulty = faults ? await run(true, red, rounds, faults) : undefined
  return {
    ...{ name: 'latency-red-behind-bulk', figure: first.p99, unit: 'ms p99', floor: alone.p99 },
    ...{ ratio: rounded(alone.p99 / first.p99, 2), rssMb: behind.signing.peakMb },
    ...{ behind: first, alone, bulk: count, channels: channels.length, rounds },
    ...{ signed: spread(behind.signMs), cold: behind.coldMs },
    ...{ addresses: addressed, addressesMs: rounded(many.wholeMs[0] ?? 0, 0) },
    database: server.kind,
    ...(faults && faulty ? { faults: { percent: faults, ...spread(faulty.firstMs) } } : {}),
  }
}
