/** 撤回: what was sent to recipients is taken back message by message, and each is told why. Pure but for the two
 *  calls it is given; it refuses to call a message taken back that the platform did not confirm. */
import type { Outcome } from './outcome.ts'

/** What an accepted withdrawal says of the old message, as the code of its delivery. */
export const RECALLED = [
  /** the platform confirmed it */
  'recalled',
  /** the platform said no: too late, or no right to */
  'recall-refused',
  /** nobody knows */
  'recall-unsure',
  /** the platform could, and is not asked any more */
  'recall-too-late',
  /** there is no way to take it back here, or nobody knows its name */
  'notice-only',
] as const
export type Recalled = (typeof RECALLED)[number]

/** The code of whom a withdrawal leaves out: the call it would have taken back was not made after all. */
export const NEVER_TOLD = 'never-told'

export interface Recallable {
  /** what the platform called the messages that may still be taken back; empty: they are already; absent: none
   *  is known, or it is too late */
  readonly recall?: readonly string[]
}

type Result = Recalled | Extract<Outcome, { kind: 'retry' }>

/** Takes back what is known and then tells why, one outcome each in the order given. Whose message was certainly
 *  not taken back for now is told nothing yet: it is tried again as a whole. */
export async function recallThenTell<R extends Recallable>(
  recipients: readonly R[],
  recall: (reference: string) => Promise<Outcome>,
  tell: (recipients: readonly R[]) => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const answers = new Map<string, Outcome>()
  // One message may have gone to many of them.
  for (const reference of new Set(recipients.flatMap((one) => one.recall ?? [])))
    answers.set(reference, await recall(reference))
  const results = recipients.map((one) => resultOf(one, answers))
  const ready = recipients.filter((_, index) => typeof results[index] === 'string')
  const told = ready.length === 0 ? [] : await tell(ready)
  const next = told.values()
  return results.map((result) => {
    if (typeof result !== 'string') return result
    const outcome = next.next().value
    return outcome ? saying(outcome, result) : { kind: 'unsure', code: 'no-answer', detail: '' }
  })
}

function resultOf({ recall }: Recallable, answers: ReadonlyMap<string, Outcome>): Result {
  if (recall === undefined) return 'notice-only'
  const said = recall.map((reference) => answers.get(reference))
  const again = said.find((one) => one?.kind === 'retry')
  if (again?.kind === 'retry') return again
  if (said.some((one) => one?.kind === 'refused')) return 'recall-refused'
  return said.every((one) => one?.kind === 'accepted') ? 'recalled' : 'recall-unsure'
}

/** A notice that has to be tried again must not take back a second time what is gone. */
function saying(outcome: Outcome, recalled: Recalled): Outcome {
  if (outcome.kind === 'accepted') return { ...outcome, code: recalled }
  if (outcome.kind === 'retry' && recalled === 'recalled') return { ...outcome, code: recalled }
  return outcome
}
