/** A road's object while calls may be under way on it. When another takes its place the calls under way end where
 *  they began, whoever still holds the old one is led to the new, and only then is the old one closed. */
import type { Channel } from '../../channels/channel.ts'
import { within } from '../kit/background.ts'

export interface InUse {
  readonly channel: Channel
  /** Resolves when the last call has ended and the object is closed. */
  retire(next: Channel): Promise<void>
}

/** Longer than any call outside may take: the lease ends it. */
const CALL_MS_MAX = 120_000

/** What reaches outside; everything else is pure and answered at once. */
const CALLS: ReadonlySet<PropertyKey> = new Set<keyof Channel>([
  ...(['send', 'sendBundle', 'reconcile', 'update', 'retract'] as const),
  ...(['receipts', 'poll', 'health'] as const),
])

/** `gate` keeps calls waiting: a platform may allow an account one connection at a time. */
export function inUse(channel: Channel, gate?: Promise<unknown>): InUse {
  const under = new Set<Promise<unknown>>()
  let next: Channel | undefined
  const call = async (own: Called, name: PropertyKey, given: readonly unknown[]) => {
    await gate
    const other: unknown = next && Reflect.get(next, name)
    if (typeof other === 'function') return await Promise.resolve(other(...given))
    const calling = own(...given)
    under.add(calling)
    try {
      return await calling
    } finally {
      under.delete(calling)
    }
  }
  const used = new Proxy(channel, {
    get(object, name) {
      const own: unknown = Reflect.get(object, name, object)
      if (typeof own !== 'function') return own
      const bound = own.bind(object)
      return CALLS.has(name) ? (...given: unknown[]) => call(bound, name, given) : bound
    },
  })
  return {
    channel: used,
    async retire(successor) {
      next = successor
      await within(CALL_MS_MAX, Promise.allSettled(under))
      await channel.close()
    },
  }
}

type Called = (...given: readonly unknown[]) => Promise<unknown>
