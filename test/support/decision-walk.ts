/** Everything the list of open things, the question why and the decisions ask of the database. */
import { attention } from '../../src/hub/attention.ts'
import { decideUnsure, unsureChoices } from '../../src/hub/decisions/decide-unsure.ts'
import { retryFailed } from '../../src/hub/decisions/retry-failed.ts'
import { skip } from '../../src/hub/decisions/skip.ts'
import { why } from '../../src/hub/why.ts'
import { type Bureau, drain, MORNING, NOTIFY, signBy, signed } from './bureau.ts'

const HOUR_MS = 3_600_000

export async function walkDecisions(bureau: Bureau): Promise<void> {
  const { hub, sink } = bureau.test
  const before = sink.answer
  sink.answer = (_, index) => {
    if (index === 0) return { kind: 'unsure', code: 'x', detail: '' }
    if (index === 1) return { kind: 'awaiting', on: 'review', withinMs: HOUR_MS }
    return { kind: 'refused', scope: 'recipient', code: 'x', detail: '' }
  }
  const notAfter = new Date(MORNING.getTime() + HOUR_MS)
  const text = await signed(bureau, [{ ...NOTIFY, notAfter }])
  await drain(bureau)
  const [dispatchId = 0] = text.dispatchIds
  const { agencyId } = bureau
  const given = { agencyId, dispatchId, by: bureau.id('吴值班'), at: MORNING, reason: '走查' }
  const late = new Date(MORNING.getTime() + 40 * 24 * HOUR_MS)
  await attention(hub, { agencyId, at: late })
  const { bulletinId } = text
  for (const who of [{ contactId: 1 }, { kind: 'phone', value: '13900000000' } as const])
    await why(hub, { agencyId, bulletinId, who, at: MORNING })
  await retryFailed(hub, given)
  await drain(bureau)
  for (const choice of ['leave', 'not-sent-resend', 'sent'] as const) {
    const offered = await unsureChoices(hub, given)
    const count = offered.find((one) => one.choice === choice)?.count ?? 0
    await decideUnsure(hub, { ...given, choice, count })
    await drain(bureau)
  }
  await skip(hub, given)
  const resend = { ...NOTIFY, act: 'resend', onlyFailedOf: dispatchId } as const
  await signBy(bureau, '钱局长', text, [resend], notAfter)
  sink.answer = before
}
