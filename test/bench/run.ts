/** `npm run bench -- NAME [--json]`: figure, floor, ratio and memory of one bench; without a name the list. */
import { parseArgs } from 'node:util'
import { audit1m } from './audit-1m.ts'
import { email20k } from './email-20k.ts'
import { fanout100k } from './fanout-100k.ts'
import type { Report } from './report.ts'

const BENCHES: Readonly<Record<string, { says: string; run(): Promise<Report> }>> = {
  'audit-1m': {
    says: '1,000,000 rows of the audit walked against reading and hashing',
    run: audit1m,
  },
  'email-20k': { says: '20,000 mails against the bare pool of nodemailer', run: email20k },
  'fanout-100k': { says: '100,000 deliveries to a null sink against bare SQL', run: fanout100k },
}

const USAGE = [
  'usage: npm run bench -- NAME [--json]',
  ...Object.entries(BENCHES).map(([name, { says }]) => `  ${name.padEnd(14)}${says}`),
].join('\n')

function readOrders(): { readonly name?: string; readonly json: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({
      ...{ allowPositionals: true, options: { json: { type: 'boolean', default: false } } },
    })
    const [name, ...more] = positionals
    if (more.length > 0) return undefined
    return { json: values.json, ...(name === undefined ? {} : { name }) }
  } catch {
    return undefined
  }
}

function lines({ bench, figure, floor, ratio, memory, ...facts }: Report): string {
  const pace = (name: string, { seconds, perSecond, rounds }: Report['figure']) =>
    `${name}  ${seconds} s, ${perSecond} a second (rounds: ${rounds.join(', ')})`
  return [
    bench,
    pace('figure', figure),
    pace('floor ', floor),
    `ratio   ${ratio}`,
    `memory  ${memory.peakMb} MB (floor ${memory.floorPeakMb} MB)`,
    ...Object.entries(facts).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join('\n')
}

const orders = readOrders()
const bench = orders?.name === undefined ? undefined : BENCHES[orders.name]
if (orders && orders.name === undefined) console.log(USAGE)
else if (!orders || !bench) {
  console.error(USAGE)
  process.exitCode = 2
} else {
  const report = await bench.run()
  console.log(orders.json ? JSON.stringify(report) : lines(report))
}
