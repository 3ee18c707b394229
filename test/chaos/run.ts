/** `npm run chaos -- --trials N [--kinds …] [--seed S] [--json]`: a trial is one misfortune at a random moment
 *  of a long run, by default a kill. Ends with 1 when anything was lost, doubled, sent without a delivery or
 *  after its lease, or not said. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { openTemporaryServer, type TemporaryServer } from '../support/temporary-database.ts'
import { longRun, type Run } from './long-run.ts'
import { PLANTS, type Plant } from './plants.ts'
import { allSound, type KindReport, reportOf, sumUp } from './report.ts'
import { mountSmallDisk } from './small-disk.ts'
import { KINDS, type Kind } from './troubles.ts'

const TRIALS_A_RUN_MAX = 50
const TRIALS_MAX = 100_000
/** They mostly wait: for leases to end, and for whoever tries again. */
const KINDS_AT_ONCE = 2
const USAGE = `usage: npm run chaos -- --trials N [--kinds all|${KINDS.join(',')}] [--seed S] [--plant ${PLANTS.slice(1).join('|')}] [--json]
--trials counts for each kind; without --kinds it is kills alone`

interface Orders {
  readonly trials: number
  readonly kinds: readonly Kind[]
  readonly seed: number
  readonly plant: Plant
  readonly json: boolean
}

function readOrders(): Orders | undefined {
  try {
    const { values } = parseArgs({
      options: {
        trials: { type: 'string', default: '50' },
        kinds: { type: 'string', default: 'kills' },
        seed: { type: 'string' },
        plant: { type: 'string', default: 'none' },
        json: { type: 'boolean', default: false },
      },
    })
    const trials = Number(values.trials)
    const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
    if (!Number.isInteger(trials) || trials < 1 || trials > TRIALS_MAX) return undefined
    if (!Number.isInteger(seed) || seed < 0) return undefined
    const plant = PLANTS.find((one) => one === values.plant)
    const kinds = readKinds(values.kinds)
    return plant && kinds && { trials, kinds, seed, plant, json: values.json }
  } catch {
    return undefined
  }
}

function readKinds(text: string): readonly Kind[] | undefined {
  if (text === 'all') return KINDS
  const asked = text.split(',')
  const known = KINDS.filter((kind) => asked.includes(kind))
  return known.length === asked.length ? known : undefined
}

async function run(orders: Orders): Promise<boolean> {
  const { trials, kinds, seed, plant, json } = orders
  const say = json ? () => {} : (line: string) => console.log(line)
  const begun = performance.now()
  const reports: Partial<Record<Kind, KindReport>> = {}
  const skipped: string[] = []
  const server = await openTemporaryServer()
  try {
    say(`${trials} trials of ${kinds.join(', ')}, seed ${seed}, ${server.kind} database`)
    if (!server.kill) say('the database is not ours to kill: only the hub is')
    const one = async (kind: Kind): Promise<void> => {
      const report =
        kind === 'disk'
          ? await fillings(orders, say)
          : await trialsOf(kind, trials, orders, server, say)
      if (typeof report === 'string') skipped.push(report)
      else reports[kind] = report
    }
    // Whoever kills the database does it to nobody else.
    if (kinds.includes('kills')) await one('kills')
    const others = kinds.filter((kind) => kind !== 'kills')
    const lane = async () => {
      for (let kind = others.shift(); kind; kind = others.shift()) await one(kind)
    }
    await Promise.all(Array.from({ length: KINDS_AT_ONCE }, lane))
  } finally {
    await server.remove()
  }
  for (const line of skipped) console.error(line)
  const report = {
    ...{ trials, ...sumUp(Object.values(reports)), killed: reports.kills?.did ?? {} },
    ...{ kinds: reports, skipped, database: server.kind, seed, plant },
    seconds: Math.round((performance.now() - begun) / 1000),
  }
  if (json) console.log(JSON.stringify(report))
  else say(`in all: ${JSON.stringify(report)}`)
  return allSound(Object.values(reports))
}

async function trialsOf(
  kind: Kind,
  trials: number,
  { seed, plant }: Orders,
  server: TemporaryServer,
  say: (line: string) => void,
  more: Pick<Parameters<typeof longRun>[0], 'disk'> = {},
): Promise<KindReport> {
  const begun = performance.now()
  const runs: Run[] = []
  for (let done = 0; done < trials; done += TRIALS_A_RUN_MAX) {
    const now = Math.min(TRIALS_A_RUN_MAX, trials - done)
    // Only the kills are to meet a fan-out in chunks: the others would wait for it.
    const chunked = kind === 'kills'
    const options = { server, kind, trials: now, seed: seed + done, plant, chunked, ...more }
    const one = await longRun(options)
    runs.push(one)
    const { deliveries, lost, doubled, unsure, faults } = one
    const words = `${deliveries} signed, ${lost} lost, ${doubled} doubled, ${unsure} unsure`
    say(`${kind} ${done + now}/${trials}: ${words}; ${JSON.stringify({ ...one.did, ...one.met })}`)
    for (const fault of faults) console.error(`${kind}, seed ${seed + done}: ${fault}`)
  }
  return reportOf(kind, trials, runs, (performance.now() - begun) / 1000)
}

/** On an embedded server of its own, because nobody else's disk is filled; or why not, in one line. */
async function fillings(orders: Orders, say: (line: string) => void): Promise<KindReport | string> {
  const disk = mountSmallDisk()
  if (typeof disk === 'string') return disk
  try {
    const server = await openTemporaryServer('', { parent: disk.folder, log: disk.log })
    try {
      return await trialsOf('disk', orders.trials, orders, server, say, { disk })
    } finally {
      await disk.free()
      await server.remove()
    }
  } finally {
    disk.remove()
  }
}

const orders = readOrders()
if (!orders) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = (await run(orders)) ? 0 : 1
