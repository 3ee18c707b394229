/** Orders as canonical text and back: what a plan, a paper sheet and an occurrence keep. */
import { canonical } from '../domain/canonical.ts'
import type { DispatchOrder } from './manifest.ts'

export function ordersText(orders: readonly DispatchOrder[]): string {
  return canonical(
    orders.map(({ notBefore, notAfter, audiences, ...order }) => ({
      ...order,
      audiences: [...(audiences ?? [])].sort(),
      notBefore: notBefore?.toISOString(),
      notAfter: notAfter?.toISOString(),
    })),
  )
}

export function readOrders(text: string): readonly DispatchOrder[] {
  const kept: (DispatchOrder & { notBefore?: string; notAfter?: string })[] = JSON.parse(text)
  return kept.map(({ notBefore, notAfter, ...order }) => ({
    ...order,
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
    ...(notAfter === undefined ? {} : { notAfter: new Date(notAfter) }),
  }))
}
