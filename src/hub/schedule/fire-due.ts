/** 到点: takes each occurrence one step when its moment has come, once whatever the number of processes.
 *  Only a standing order goes out by itself; anything else becomes a draft, a reminder or an alarm. */
import { describe, type Refusal, Refused } from '../../domain/refusal.ts'
import { type AlarmKind, nextStep, type Step } from '../../domain/schedule/occurrence.ts'
import { fillBlanks } from '../../domain/schedule/standing.ts'
import { dayOf, monthOf } from '../../domain/year.ts'
import { fireStandingOrderHere } from '../clearance/standing-order.ts'
import type { Hub } from '../ports.ts'
import { type Book, type Case, leave, openCase, raise, short } from './occurrence-case.ts'
import { draftHere } from './occurrence-draft.ts'
import { type DraftToHandIn, handIn } from './occurrence-hand-in.ts'

const ROUND_MAX = 500
/** After a refusal or a fault; shorter than the lateness at which an occurrence counts as missed. */
const RETRY_MS = 10 * 60_000

/** `refused`: neither sent nor drafted, but alarmed; it is tried again. */
export type StepTaken = Step | 'refused'

export interface Taken {
  readonly agencyId: number
  readonly occurrenceId: number
  readonly instance: string
  readonly step: StepTaken
}

export interface Fired {
  readonly taken: readonly Taken[]
  /** what nobody foresaw, each of one occurrence; it is tried again, the others went on */
  readonly faults: readonly { readonly occurrenceId: number; readonly error: unknown }[]
}

export async function fireDue(hub: Hub, book: Book, at: Date): Promise<Fired> {
  const due = await hub.store.schedules.dueOccurrences(at, ROUND_MAX)
  const taken: Taken[] = []
  const faults: { occurrenceId: number; error: unknown }[] = []
  for (const { agencyId, occurrenceId } of due) {
    try {
      const one = await takeStep(hub, book, { agencyId, occurrenceId, at })
      if (one) taken.push(one)
    } catch (error) {
      faults.push({ occurrenceId, error })
      await noteFault(hub, { agencyId, occurrenceId, at })
    }
  }
  return { taken, faults }
}

export interface StepRequest {
  readonly agencyId: number
  readonly occurrenceId: number
  readonly at: Date
}

/** One step of one occurrence; undefined when somebody else has it or nothing is to be done. */
export async function takeStep(
  hub: Hub,
  book: Book,
  request: StepRequest,
): Promise<Taken | undefined> {
  const { agencyId, occurrenceId, at } = request
  await hub.store.prepareMonth(monthOf(at))
  const tried: { step?: Step } = {}
  const take = (work: Work) =>
    hub.store.transact(agencyId, async (tx) => {
      const row = await tx.takeOccurrence(occurrenceId)
      const found = row && (await openCase(hub, tx, book, row, at))
      const step = found && nextStep(found.facts, at)
      if (!found || !step) return undefined
      tried.step = step
      const draft = step === 'hand-in' && draftToHandIn(found)
      if (draft) return { draft }
      const taken = await work(found, step)
      return { agencyId, occurrenceId, instance: found.row.instance, step: taken }
    })
  try {
    const taken = await take(perform)
    return taken && 'draft' in taken ? await handIn(hub, book, request, taken.draft) : taken
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { refusal } = error
    const again: Take = async (work) => {
      const taken = await take(work)
      return taken && 'draft' in taken ? undefined : taken
    }
    if (tried.step !== 'fire') return again((found) => noDraft(found, refusal))
    return await afterRefusedOrder(again, refusal)
  }
}

function draftToHandIn({ row, schedule }: Case): DraftToHandIn | undefined {
  const { bulletinId } = row
  return bulletinId === undefined ? undefined : { bulletinId, authorId: schedule.authorId }
}

type Work = (found: Case, step: Step) => Promise<StepTaken>
type Take = (work: Work) => Promise<Taken | undefined>

/** A standing order that may not be used leaves a draft and an alarm, or at the least the alarm. */
async function afterRefusedOrder(take: Take, refusal: Refusal): Promise<Taken | undefined> {
  try {
    return await take((found) => draftInstead(found, refusal))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return take(async (found) => {
      await raise(found, 'order-refused', describe(refusal))
      return noDraft(found, error.refusal)
    })
  }
}

async function perform(found: Case, step: Step): Promise<StepTaken> {
  switch (step) {
    case 'fire':
      await fireOrder(found)
      return step
    case 'draft':
    case 'draft-late':
      await leave(found, step, { bulletinId: await draftOf(found) })
      if (step === 'draft-late') await raise(found, 'late')
      if (found.row.provisional) await raise(found, 'unconfirmed')
      return step
    case 'hand-in':
      throw new Error('a draft is handed in with no transaction open')
    default:
      await leave(found, step, step === 'ask-confirmation' ? { asked: true } : {})
      if (ALARMS[step]) await raise(found, ALARMS[step])
      return step
  }
}

/** What a step that drafts and sends nothing says to the people on duty. */
const ALARMS: Partial<Record<Step, AlarmKind>> = {
  'ask-confirmation': 'unconfirmed',
  escalate: 'unsigned-soon',
  alarm: 'unsigned',
  miss: 'missed',
}

export function draftOf({ tx, broadcast, schedule, row, at }: Case): Promise<number> {
  return draftHere(tx, { broadcast, authorId: schedule.authorId, dueAt: row.dueAt, at })
}

/** The order's own door checks its limits, its signer and its revocation. */
export async function fireOrder(found: Case, actorId?: number): Promise<void> {
  const { hub, tx, row, schedule, broadcast, parameters, at } = found
  const { standingOrderId } = schedule
  if (standingOrderId === undefined)
    throw new Refused({ code: 'not-found', field: 'standingOrder' })
  const day = dayOf(row.dueAt)
  const agency = (await tx.agency(day)).name
  const values = Object.fromEntries(
    Object.entries(parameters.values ?? {}).map(([name, text]) => [
      name,
      fillBlanks(text, { day, agency }),
    ]),
  )
  const { bulletinId } = await fireStandingOrderHere(hub, tx, {
    ...{ agencyId: tx.agencyId, standingOrderId, values, at, occurrenceId: row.id },
    schedule: broadcast,
  })
  const reason = `长期授权 ${standingOrderId}`
  await leave(found, 'fire', { bulletinId, reason, ...(actorId === undefined ? {} : { actorId }) })
}

async function draftInstead(found: Case, refusal: Refusal): Promise<StepTaken> {
  const reason = describe(refusal)
  await leave(found, 'draft-late', { bulletinId: await draftOf(found), reason })
  await raise(found, 'order-refused', reason)
  return 'draft-late'
}

async function noDraft(found: Case, refusal: Refusal): Promise<StepTaken> {
  const { tx, row, at } = found
  const reason = describe(refusal)
  await tx.changeOccurrence(row.id, {
    ...{ state: row.state, at, lookAt: new Date(at.getTime() + RETRY_MS) },
    event: { what: 'refused', reason: short(reason) },
  })
  await raise(found, 'no-draft', reason)
  return 'refused'
}

/** The fault itself goes to the log of whoever runs the tick: its text may hold anything. */
async function noteFault(hub: Hub, { agencyId, occurrenceId, at }: StepRequest): Promise<void> {
  await hub.store.transact(agencyId, async (tx) => {
    const row = await tx.takeOccurrence(occurrenceId)
    if (!row) return
    await tx.raiseAlarm({ occurrenceId, kind: 'fault', detail: '', dueAt: row.dueAt, at })
  })
  await hub.store.schedules.lookLater(agencyId, occurrenceId, new Date(at.getTime() + RETRY_MS))
}
