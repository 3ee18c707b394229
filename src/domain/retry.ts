/** The whole retry policy of the product: one pure function from an outcome to what follows. */
import type { Lane } from './bulletin.ts'
import type { DeliveryState } from './delivery.ts'
import type { Outcome } from './outcome.ts'

export const ATTEMPTS_MAX = 12
export const BACKOFF_MS_MIN = 1_000
export const BACKOFF_MS_MAX = 15 * 60_000

/** Doubles from one second; an urgent lane never waits longer than 30 s. */
export function backoffMs(attempts: number, lane: Lane): number {
  const ceiling = lane === 'urgent' ? 30_000 : BACKOFF_MS_MAX
  return Math.min(ceiling, BACKOFF_MS_MIN * 2 ** Math.max(0, attempts - 1))
}

export interface Next {
  readonly state: DeliveryState
  /** set only for `waiting`: the child batch is due after so many milliseconds */
  readonly dueInMs?: number
}

/** `attempts` counts the attempt that gave this outcome; `countsWhen` is the channel's own word. */
export function afterOutcome(
  outcome: Outcome,
  situation: { attempts: number; lane: Lane; countsWhen: 'accepted' | 'receipt' | 'confirmed' },
): Next {
  switch (outcome.kind) {
    case 'accepted':
      return { state: outcome.delivered ? 'delivered' : 'accepted' }
    case 'refused':
      return { state: outcome.scope === 'account' ? 'held' : 'failed' }
    case 'unsure':
      return { state: 'unsure' }
    case 'awaiting':
      return { state: 'awaiting' }
    case 'retry': {
      if (situation.attempts >= ATTEMPTS_MAX) return { state: 'failed' }
      const backoff = backoffMs(situation.attempts, situation.lane)
      return { state: 'waiting', dueInMs: Math.max(backoff, outcome.notBeforeMs ?? 0) }
    }
  }
}
