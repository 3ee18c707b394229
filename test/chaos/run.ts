/** `npm run chaos -- --trials N [--seed S] [--json]`: a trial is one kill at a random moment of a long run.
 *  Ends with 1 when anything was lost, doubled or sent without a delivery. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { openTemporaryServer } from '../support/temporary-database.ts'
import type { Verdict } from './judge.ts'
import { longRun } from './long-run.ts'
import type { Plant } from './worker.ts'

const KILLS_A_RUN_MAX = 50
const PLANTS: readonly Plant[] = ['none', 'resend', 'assume']
const TRIALS_MAX = 100_000
const USAGE = 'usage: npm run chaos -- --trials N [--seed S] [--plant resend|assume] [--json]'

interface Orders {
  readonly trials: number
  readonly seed: number
  readonly plant: Plant
  readonly json: boolean
}

function readOrders(): Orders | undefined {
  try {
    const { values } = parseArgs({
      options: {
        trials: { type: 'string', default: '50' },
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
    if (!plant) return undefined
    return { trials, seed, plant, json: values.json }
  } catch {
    return undefined
  }
}

async function run(orders: Orders): Promise<boolean> {
  const { trials, seed, plant, json } = orders
  const say = json ? () => {} : (line: string) => console.log(line)
  const begun = performance.now()
  const killed = { hub: 0, database: 0 }
  const verdicts: Verdict[] = []
  const server = await openTemporaryServer()
  try {
    say(`${trials} kills, seed ${seed}, ${server.kind} database`)
    if (!server.kill) say('the database is not ours to kill: only the hub is')
    for (let done = 0; done < trials; done += KILLS_A_RUN_MAX) {
      const kills = Math.min(KILLS_A_RUN_MAX, trials - done)
      const onKill = (what: 'hub' | 'database') => {
        killed[what]++
      }
      const verdict = await longRun({
        server,
        kills,
        seed: seed + done,
        plant,
        chunked: true,
        onKill,
      })
      verdicts.push(verdict)
      const { deliveries, lost, doubled, unsure } = verdict
      say(
        `${done + kills}/${trials}: ${deliveries} signed, ${lost} lost, ${doubled} doubled, ${unsure} unsure`,
      )
      for (const fault of verdict.faults) console.error(fault)
    }
  } finally {
    await server.remove()
  }
  const sum = (of: (verdict: Verdict) => number) => verdicts.reduce((n, one) => n + of(one), 0)
  const report = {
    ...{ trials, lost: sum((one) => one.lost), doubled: sum((one) => one.doubled) },
    unsure: sum((one) => one.unsure),
    unsureTaken: sum((one) => one.unsureTaken),
    ...{ stray: sum((one) => one.stray), drift: sum((one) => one.drift) },
    deliveries: sum((one) => one.deliveries),
    accepted: sum((one) => one.accepted),
    dispatches: sum((one) => one.dispatches),
    ...{ runs: verdicts.length, killed, database: server.kind, seed, plant },
    seconds: Math.round((performance.now() - begun) / 1000),
  }
  if (json) console.log(JSON.stringify(report))
  else
    say(
      `in all: ${Object.entries(report)
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
        .join(', ')}`,
    )
  return report.lost === 0 && report.doubled === 0 && report.stray === 0
}

const orders = readOrders()
if (!orders) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = (await run(orders)) ? 0 : 1
