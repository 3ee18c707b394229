/** So many pieces of work at once and no more; the others wait in the order in which they came. */

export interface Turns {
  take(work: () => Promise<void>): Promise<void>
  /** resolves once nothing is under way and nobody waits */
  idle(): Promise<void>
}

export function openTurns(max: number): Turns {
  const waiting: (() => void)[] = []
  const open = new Set<Promise<void>>()
  let busy = 0
  const one = async (work: () => Promise<void>) => {
    if (busy >= max) await new Promise<void>((resolve) => waiting.push(resolve))
    else busy++
    try {
      await work()
    } finally {
      // The turn is handed on, so that nobody who comes now gets in between.
      const next = waiting.shift()
      if (next) next()
      else busy--
    }
  }
  return {
    async take(work) {
      const running = one(work)
      open.add(running)
      try {
        await running
      } finally {
        open.delete(running)
      }
    },
    async idle() {
      await Promise.allSettled(open)
    },
  }
}
