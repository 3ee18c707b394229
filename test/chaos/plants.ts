/** Faults on purpose in a worker, to prove that doubles, losses, broken leases and calls after one are seen. */

export const PLANTS = ['none', 'resend', 'assume', 'oversleep', 'deaf', 'own-clock'] as const

/** `resend` takes what nobody knows of for never sent, `assume` for accepted; `oversleep` sends without a
 *  look at its lease; `deaf` goes by hints alone; `own-clock` ends leases by its own clock. */
export type Plant = (typeof PLANTS)[number]
