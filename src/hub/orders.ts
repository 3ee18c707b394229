/** Orders as canonical text and back: what a plan, a paper sheet and an occurrence keep. */
import { canonical } from '../domain/canonical.ts'
import { Refused } from '../domain/refusal.ts'
import type { DispatchOrder } from './manifest.ts'

/** @throws Refused for an hour that is none. */
export function ordersText(orders: readonly DispatchOrder[]): string {
  return canonical(
    orders.map(({ notBefore, notAfter, audiences, ...order }) => ({
      ...order,
      audiences: [...(audiences ?? [])].sort(),
      notBefore: written(notBefore, order.channelId),
      notAfter: written(notAfter, order.channelId),
    })),
  )
}

function written(moment: Date | undefined, field: string): string | undefined {
  if (moment && Number.isNaN(moment.getTime())) throw new Refused({ code: 'window-invalid', field })
  return moment?.toISOString()
}

export function readOrders(text: string): readonly DispatchOrder[] {
  const kept: (DispatchOrder & { notBefore?: string; notAfter?: string })[] = JSON.parse(text)
  return kept.map(({ notBefore, notAfter, ...order }) => ({
    ...order,
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(notAfter === undefined ? {} : { notAfter: new Date(notAfter) }),
  }))
}
