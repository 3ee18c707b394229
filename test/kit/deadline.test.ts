/** A signal that is over by the clock, whether or not a timer had a turn. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { signalUntil } from '../../src/kit/deadline.ts'

const SHORT_MS = 30

it('is over at its moment although no timer could run', () => {
  const signal = signalUntil(SHORT_MS)
  expect(signal.aborted).toBe(false)
  // The whole process stands still, as one that is stopped does.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * SHORT_MS)
  expect(signal.aborted).toBe(true)
})

it('tells whoever listens, and whatever is made of it', async () => {
  const signal = signalUntil(SHORT_MS)
  const either = AbortSignal.any([signal, new AbortController().signal])
  let told = 0
  signal.addEventListener('abort', () => told++)
  while (told === 0) await pause(SHORT_MS)
  expect(told).toBe(1)
  expect(signal.aborted).toBe(true)
  expect(either.aborted).toBe(true)
  expect(AbortSignal.any([signal]).aborted).toBe(true)
})
