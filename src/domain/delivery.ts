/** 送达: the states of one address of one dispatch, and which may follow which. */

export const DELIVERY_STATES = [
  'excluded',
  'held',
  'waiting',
  'sending',
  'awaiting',
  'unsure',
  'accepted',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'no-receipt',
  'skipped',
] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** Nothing transient overrides these; see `FOLLOWS` for the two facts that arrive late. */
export const FINAL_STATES: readonly DeliveryState[] = [
  'excluded',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'no-receipt',
  'skipped',
]

/** State → states that may follow. The store's one conditional UPDATE is generated from it. */
export const FOLLOWS: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  excluded: [],
  // delivered: a receipt knows better than a road that was sure it had sent nothing.
  held: ['waiting', 'delivered', 'failed', 'cancelled', 'expired', 'skipped'],
  waiting: [
    'sending',
    'held',
    'awaiting',
    'unsure',
    'accepted',
    'delivered',
    'failed',
    'expired',
    'cancelled',
    'skipped',
  ],
  sending: [
    'waiting',
    'held',
    'awaiting',
    'unsure',
    'accepted',
    'delivered',
    'failed',
    'expired',
    'cancelled',
  ],
  awaiting: [
    'accepted',
    'delivered',
    'failed',
    'no-receipt',
    'expired',
    'cancelled',
    'skipped',
    'waiting',
  ],
  // held: it was proven not to be sent, and its road is closed by now.
  unsure: ['accepted', 'delivered', 'failed', 'skipped', 'waiting', 'held'],
  accepted: ['delivered', 'failed', 'no-receipt'],
  delivered: [],
  failed: ['delivered'],
  expired: [],
  cancelled: [],
  'no-receipt': ['delivered'],
  skipped: [],
}

export function mayFollow(from: DeliveryState, to: DeliveryState): boolean {
  return FOLLOWS[from].includes(to)
}

/** The states from which `to` may be reached. */
export function mayPrecede(to: DeliveryState): readonly DeliveryState[] {
  return DELIVERY_STATES.filter((from) => mayFollow(from, to))
}
