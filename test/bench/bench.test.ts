/** The benches run, reach each recipient once and let figure and floor do the same number of calls; those of
 *  many runs are left to `npm run bench`. The numbers of so small a run mean nothing and are not looked at. */
import { describe, expect, inject, it, vi } from 'vitest'
import { BENCHES } from './benches.ts'
import type { BenchOptions } from './options.ts'
import type { SinkCounts } from './sink.ts'

/** Recipients, requests or rows that are enough to see that a bench works. */
const SMALL: Readonly<Record<string, BenchOptions>> = {
  'fanout-batch-1m': { count: 2_000, faults: 50 },
  'fanout-http-100k': { count: 100 },
  'mail-20k': { count: 40 },
  'latency-idle': { count: 40, rounds: 2 },
  'latency-red-behind-bulk': { count: 100, rounds: 1 },
  isolation: { count: 100, brief: true },
  processes: { count: 40 },
  limits: { count: 301 },
  receipts: { count: 200 },
  'totals-10m': { count: 200 },
  portal: { count: 40 },
  curve: { count: 1_000 },
  'fanout-100k': { count: 200 },
  'audit-1m': { count: 200 },
  'carrier-lines': { count: 400 },
}

/** What is measured without one. */
const NO_DATABASE = new Set(['carrier-lines'])
const SLOW = new Set(['curve', 'processes', 'isolation', 'latency-red-behind-bulk', 'limits'])

interface Took {
  readonly figure: SinkCounts
  readonly floor: SinkCounts
}

describe.concurrent('a bench at small scale', () => {
  vi.stubEnv('DUOLING_TEST_DATABASE_URL', inject('server').url)

  it('has a small form of each', () => {
    expect(Object.keys(SMALL).sort()).toEqual(Object.keys(BENCHES).sort())
  })

  for (const [name, options] of Object.entries(SMALL).filter(([one]) => !SLOW.has(one)))
    it(`${name} says what it has to`, async () => {
      const report = await BENCHES[name]?.run({ rounds: 1, ...options })
      expect(report).toMatchObject({
        ...{ name, unit: expect.any(String) },
        database: NO_DATABASE.has(name) ? 'none' : 'external',
        ...{ figure: expect.any(Number), floor: expect.any(Number), ratio: expect.any(Number) },
      })
      for (const value of [report?.figure, report?.floor, report?.ratio, report?.rssMb])
        expect(value).toBeGreaterThan(0)
    })
})

describe('figure and floor of a fan-out', () => {
  it.each([
    ['fanout-batch-1m', 2_500, 3],
    ['fanout-http-100k', 70, 70],
  ])(
    '%s makes the same calls of the same size and reaches each once',
    async (name, count, calls) => {
      const report = await BENCHES[name]?.run({ rounds: 1, count, brief: true })
      const sink = report?.['sink'] as Took | undefined
      expect(sink?.floor).toEqual(sink?.figure)
      expect(sink?.figure).toMatchObject({
        calls,
        faulty: 0,
        taken: count,
        distinct: count,
        doubled: 0,
      })
    },
  )
})
