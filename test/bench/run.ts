/** `npm run bench [-- NAME] [--json]`: figure, floor, ratio and memory of one bench, or of every one in
 *  turn. A bench says what it measured; whether that is good enough is said in `docs/benchmarks.md`. */
import { parseArgs } from 'node:util'
import { BENCHES } from './benches.ts'
import type { BenchOptions } from './options.ts'
import type { Report } from './report.ts'

const USAGE = [
  'usage: npm run bench [-- NAME] [--json] [--count N] [--rounds N] [--faults PERCENT] [--list]',
  ...Object.entries(BENCHES).map(([name, { says }]) => `  ${name.padEnd(23)}${says}`),
].join('\n')

interface Orders {
  readonly names: readonly string[]
  readonly json: boolean
  readonly list: boolean
  readonly options: BenchOptions
}

function readOrders(): Orders | undefined {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        count: { type: 'string' },
        rounds: { type: 'string' },
        faults: { type: 'string' },
      },
    })
    const { json, list, count, rounds, faults } = values
    const options = { ...number({ count }), ...number({ rounds }), ...number({ faults }) }
    if (positionals.some((name) => !Object.hasOwn(BENCHES, name))) return undefined
    if (options.faults !== undefined && options.faults > 50) return undefined
    const names = positionals.length > 0 ? positionals : Object.keys(BENCHES)
    return { names, json, list, options }
  } catch {
    return undefined
  }
}

/** @throws Error when it is no whole number above zero. */
function number(given: Readonly<Record<string, string | undefined>>): Record<string, number> {
  const [name = '', text] = Object.entries(given)[0] ?? []
  if (text === undefined) return {}
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}`)
  return { [name]: value }
}

function lines({ name, figure, unit, floor, ratio, rssMb, ...facts }: Report): string {
  return [
    name,
    `figure  ${figure} ${unit}`,
    `floor   ${floor} ${unit}`,
    `ratio   ${ratio}`,
    `memory  ${rssMb} MB`,
    ...Object.entries(facts).map(([fact, value]) => `${fact}: ${JSON.stringify(value)}`),
    '',
  ].join('\n')
}

const orders = readOrders()
if (!orders) {
  console.error(USAGE)
  process.exitCode = 2
} else if (orders.list) console.log(USAGE)
else
  for (const name of orders.names) {
    const report = await BENCHES[name]?.run(orders.options)
    if (report) console.log(orders.json ? JSON.stringify(report) : lines(report))
  }
