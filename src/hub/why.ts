/** 为什么没有收到: what became of one bulletin for one contact, number or mailbox, with a line for each dispatch
 *  that goes to such an address. It refuses a number nobody can have, and never repeats it. */
import { normaliseAddress } from '../domain/address.ts'
import { Refused } from '../domain/refusal.ts'
import { type WhyReason, whyNotReceived, whyText } from '../domain/why.ts'
import { isQuietHour } from '../domain/year.ts'
import type { WhyRow, WhyWho } from './ports/why.ts'
import type { Hub } from './ports.ts'

export interface WhyAnswer {
  readonly reason: WhyReason
  readonly text: string
  readonly dispatchId?: number
  readonly channelId?: string
  readonly channelName?: string
  readonly act?: string
  /** masked */
  readonly address?: string
  readonly roadId?: string
  readonly state?: string
  readonly code?: string
  /** since when it stands so */
  readonly since?: Date
}

export interface Why {
  readonly bulletinId: number
  readonly title: string
  readonly answers: readonly WhyAnswer[]
}

export async function why(
  hub: Hub,
  request: {
    readonly agencyId: number
    readonly bulletinId: number
    readonly who: WhyWho
    readonly at: Date
  },
): Promise<Why> {
  const { bulletinId, at } = request
  const found = await hub.store.why.why({ ...request, who: tidied(request.who) })
  if (!found.bulletin) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const { title } = found.bulletin
  if (!found.known) return { bulletinId, title, answers: [alone('no-such-address')] }
  if (found.rows.length === 0) return { bulletinId, title, answers: [alone('not-signed')] }
  return { bulletinId, title, answers: found.rows.map((row) => answerOf(row, at)) }
}

/** The refusal never repeats what was typed. */
function tidied(who: WhyWho): WhyWho {
  if ('contactId' in who) return who
  const form = normaliseAddress(who.kind, who.value)
  if ('refusal' in form) throw new Refused(form.refusal)
  return { kind: who.kind, value: form.value }
}

function alone(reason: WhyReason): WhyAnswer {
  return { reason, text: whyText(reason) }
}

function answerOf(row: WhyRow, at: Date): WhyAnswer {
  const { delivery, address, dispatchId, channelId, channelName, act } = row
  const beforeWindow = row.notBefore > at
  const night = delivery?.quietHold === true && isQuietHour(at)
  const { delivery: _, ...facts } = row
  const reason =
    address === null
      ? 'no-address-for-channel'
      : whyNotReceived({
          ...{ ...facts, beforeWindow },
          ...(delivery ? { delivery: { ...delivery, night } } : {}),
        })
  const code = delivery?.code ?? undefined
  const note = NOTED.includes(reason) ? row.note : null
  return {
    ...{ reason, dispatchId, channelId, channelName, act },
    text: whyText(reason, {
      ...(code === undefined ? {} : { code }),
      ...(note === null ? {} : { note }),
    }),
    ...(address === null ? {} : { address }),
    ...(delivery ? { state: delivery.state, since: delivery.changedAt } : {}),
    ...(delivery?.roadId ? { roadId: delivery.roadId } : {}),
    ...(code === undefined ? {} : { code }),
  }
}

/** What a person wrote down when deciding it. */
const NOTED: readonly WhyReason[] = ['skipped', 'stopped']
