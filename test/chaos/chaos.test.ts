/** Proves that the chaos runs can fail: with a planted fault in the worker they see doubles, losses, calls
 *  after a lease and leases broken. */
import { inject, it } from 'vitest'
import { openTemporaryServer } from '../support/temporary-database.ts'
import { longRun, type Run } from './long-run.ts'
import type { Plant } from './plants.ts'
import type { Kind } from './troubles.ts'

const TRIALS = 5
/** One run may miss what only happens between two moments. */
const RUNS_MAX = 10
/** Several runs at once on a busy machine. */
const PATIENCE_MS = 600_000

const PLANTED: readonly {
  readonly sees: string
  readonly kind: Kind
  readonly plant: Plant
  readonly trials?: number
  readonly faults: (run: Run) => number
}[] = [
  {
    ...{ sees: 'doubles when what was begun is sent again', kind: 'kills', plant: 'resend' },
    faults: (run) => run.doubled,
  },
  {
    ...{ sees: 'losses when what was begun is taken for sent', kind: 'kills', plant: 'assume' },
    faults: (run) => run.lost - run.drift,
  },
  {
    ...{ sees: 'doubles when a lost answer is taken for a no', kind: 'answers', plant: 'resend' },
    ...{ trials: 9, faults: (run) => run.doubled },
  },
  {
    ...{ sees: 'calls of a worker that slept past its lease', kind: 'stalls', plant: 'oversleep' },
    ...{ trials: 9, faults: (run) => run.afterLease },
  },
  {
    ...{ sees: 'leases ended by another clock', kind: 'clocks', plant: 'own-clock' },
    ...{ trials: 9, faults: (run) => run.broken },
  },
  {
    ...{ sees: 'what waits for a hint that is gone', kind: 'hints', plant: 'deaf' },
    ...{ trials: 6, faults: (run) => run.lost },
  },
]

for (const { sees, kind, plant, faults, trials = TRIALS } of PLANTED)
  it.concurrent(
    `sees ${sees}`,
    async ({ expect }) => {
      const server = await openTemporaryServer(inject('server').url)
      try {
        let seen = 0
        for (let seed = 7; seen === 0 && seed < 7 + RUNS_MAX; seed++)
          seen = faults(await longRun({ server, kind, trials, seed, plant, chunked: false }))
        expect(seen).toBeGreaterThan(0)
      } finally {
        await server.remove()
      }
    },
    PATIENCE_MS,
  )
