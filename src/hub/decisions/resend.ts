/** 重发 under a new signature: only once for everybody, and after the window only for whom it failed. It refuses
 *  a second one while an earlier one is open, and one for the same failed set. */
import type { AudienceRule } from '../../domain/audience.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import type { Act } from '../../domain/signature.ts'
import type { EarlierDispatch } from '../ports/decisions.ts'
import type { Tx } from '../ports.ts'

/** What of an order matters here. */
interface Resend {
  readonly channelId: string
  readonly act: Act
  readonly onlyFailedOf?: number
}

/** Whom a resend of the failed means: nobody but those, whatever lists and rules say by now.
 *  @throws Refused for another act, and for a dispatch of another text or channel */
export async function failedRule(
  tx: Tx,
  bulletinId: number,
  { channelId, act, onlyFailedOf: failedOf }: Resend,
): Promise<AudienceRule | undefined> {
  if (failedOf === undefined) return undefined
  if (act !== 'resend')
    throw new Refused({ code: 'act-not-possible', field: channelId, detail: act })
  const earlier = await tx.earlierDispatches(bulletinId)
  if (!earlier.some((one) => one.dispatchId === failedOf && one.channelId === channelId))
    throw new Refused({ code: 'not-found', field: 'dispatch', detail: String(failedOf) })
  return { audiences: [], failedOf }
}

/** Asked with the bulletin locked, so that two signatures come one after the other. */
export async function whyNotResendable(
  tx: Tx,
  bulletinId: number,
  revision: number,
  orders: readonly Resend[],
  at: Date,
): Promise<Refusal | undefined> {
  const resends = orders.filter((order) => order.act === 'resend')
  if (resends.length === 0) return undefined
  const earlier = await tx.earlierDispatches(bulletinId)
  for (const order of resends) {
    const here = earlier.filter((one) => one.channelId === order.channelId)
    const refusal =
      order.onlyFailedOf === undefined
        ? whyNotForAll(here, order.channelId, revision)
        : await whyNotForFailed(tx, here, order.channelId, order.onlyFailedOf, at)
    if (refusal) return refusal
  }
  return undefined
}

function whyNotForAll(
  here: readonly EarlierDispatch[],
  field: string,
  revision: number,
): Refusal | undefined {
  const open = here.find((one) => one.open)
  if (open) return { code: 'resend-open', field, detail: `发送令 ${open.dispatchId}` }
  const again = here.find(
    (one) =>
      one.act === 'resend' && one.failedOf === undefined && one.revision === revision && one.tried,
  )
  return again ? { code: 'already-signed', field } : undefined
}

async function whyNotForFailed(
  tx: Tx,
  here: readonly EarlierDispatch[],
  field: string,
  failedOf: number,
  at: Date,
): Promise<Refusal | undefined> {
  const again = here.find((one) => one.failedOf === failedOf && one.open)
  if (again) return { code: 'resend-open', field, detail: `发送令 ${again.dispatchId}` }
  const first = here.find((one) => one.dispatchId === failedOf)
  if (!first) return { code: 'not-found', field: 'dispatch', detail: String(failedOf) }
  // Inside its window the failed are tried again under the signature there is; both would send twice.
  if (first.notAfter > at)
    return {
      code: 'resend-open',
      field,
      detail: `发送令 ${failedOf} 仍在时段内，请用“只重发失败的”`,
    }
  return (await tx.failedLeft(failedOf)) === 0 ? { code: 'nothing-failed', field } : undefined
}
