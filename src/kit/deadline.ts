/** A signal that ends at a moment of the steady clock. A process that was stopped wakes with its
 *  connections first and its timers after: whoever asks just before the first byte must not have to wait
 *  for the timer to be told that it is too late. */
export function signalUntil(withinMs: number): AbortSignal {
  const endsAt = performance.now() + withinMs
  const signal = AbortSignal.timeout(Math.ceil(withinMs))
  return Object.defineProperty(signal, 'aborted', { get: () => performance.now() >= endsAt })
}
