/** Work that a beat starts and nothing waits for: one round at a time, and a calm end. */

export interface Background {
  /** Starts a round unless one is under way. */
  look(at: Date): void
  /** Waits for what is under way; starts nothing more. */
  close(): Promise<void>
}

export function inBackground(
  work: (at: Date) => Promise<unknown>,
  onError: (error: unknown) => void,
): Background {
  let going: Promise<void> | undefined
  let closed = false
  return {
    look(at) {
      if (closed) return
      going ??= work(at)
        .then(() => {}, onError)
        .finally(() => {
          going = undefined
        })
    },
    async close() {
      closed = true
      await going
    },
  }
}

/** Resolves with true when `work` ended in time, with false when it still goes on. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true as const), late])
  } finally {
    clearTimeout(timer)
  }
}
