/** A promise that nobody waits for longer than this. What it comes to later is left alone. */

/** @throws DOMException `TimeoutError` after that many milliseconds, else whatever `work` throws */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DOMException('', 'TimeoutError')), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    // Whoever lost the race may still reject, and nobody listens.
    work.catch(() => undefined)
  }
}
