/** 说明: an answer to a finding that asks, with a reason, kept and audited. It refuses a finding that is
 *  not among those of the newest text, and one that must be changed instead. */
import { maskNumbers } from '../../domain/masking.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Role } from '../../domain/role.ts'
import { actor } from '../people.ts'
import type { Hub, Tx } from '../ports.ts'

export interface AnswerRequest {
  readonly agencyId: number
  readonly bulletinId: number
  /** the text whose findings were on the screen */
  readonly seenHash: string
  readonly findingKey: string
  readonly answer: string
  readonly by: number
  readonly at: Date
}

const ANSWER_CHARACTERS_MAX = 500
const ANSWERERS: readonly Role[] = [
  'drafter',
  'duty-officer',
  'section-head',
  'secrecy-reviewer',
  'leader',
]

/** @throws Refused */
export function answer(hub: Hub, request: AnswerRequest): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { bulletinId, findingKey, by, at } = request
    const reason = reasonOf(request.answer)
    const person = await actor(tx, by, at)
    if (!may(person, ...ANSWERERS)) throw new Refused({ code: 'not-allowed' })
    const run = await runOnScreen(tx, bulletinId, request.seenHash)
    if (!run.askKeys.includes(findingKey))
      throw new Refused({ code: 'not-found', field: 'finding' })
    await tx.addCheckAnswer({
      ...{ bulletinId, runId: run.id, key: findingKey },
      answer: reason,
      by,
      at,
    })
    await tx.audit({
      ...{ at, actorId: by, action: 'answer-finding', subject: `bulletin/${bulletinId}` },
      facts: { revision: run.revision, hash: run.hash, finding: findingKey },
    })
  })
}

/** Numbers of people are masked in a reason as well. */
function reasonOf(given: string): string {
  const reason = given.trim()
  if (reason === '') throw new Refused({ code: 'reason-missing', field: 'answer' })
  if ([...reason].length > ANSWER_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'answer', limit: ANSWER_CHARACTERS_MAX })
  return maskNumbers(reason)
}

async function runOnScreen(tx: Tx, bulletinId: number, seenHash: string) {
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  if (latest.hash !== seenHash) throw new Refused({ code: 'not-latest-revision' })
  const run = await tx.checkRun(bulletinId, latest.hash)
  if (!run) throw new Refused({ code: 'not-checked' })
  return run
}
