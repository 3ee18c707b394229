/** Sums what the engine's short transactions take, by wrapping the store's port: calls and milliseconds. */
import type { Hub, Tx } from '../../src/hub/ports.ts'

interface Sum {
  calls: number
  ms: number
}

export interface Stopwatch {
  readonly claim: Sum
  readonly settle: Sum
  readonly expand: Sum
}

export function watchEngine(hub: Hub): Stopwatch {
  const watch = { claim: newSum(), settle: newSum(), expand: newSum() }
  const { store } = hub
  const { engine } = store
  const claim = engine.claim.bind(engine)
  const settle = engine.settle.bind(engine)
  const transact = store.transact.bind(store)
  Object.assign(engine, {
    claim: (...given: Parameters<typeof claim>) => timed(watch.claim, () => claim(...given)),
    settle: (...given: Parameters<typeof settle>) => timed(watch.settle, () => settle(...given)),
  })
  Object.assign(store, {
    transact: <T>(agencyId: number, work: (tx: Tx) => Promise<T>): Promise<T> =>
      transact(agencyId, (tx) => {
        const expand = tx.expand.bind(tx)
        Object.assign(tx, {
          expand: (...given: Parameters<typeof expand>) =>
            timed(watch.expand, () => expand(...given)),
        })
        return work(tx)
      }),
  })
  return watch
}

function newSum(): Sum {
  return { calls: 0, ms: 0 }
}

async function timed<T>(sum: Sum, work: () => Promise<T>): Promise<T> {
  const begun = performance.now()
  try {
    return await work()
  } finally {
    sum.calls++
    sum.ms += performance.now() - begun
  }
}
