/** 报请确定: a question to the secrecy bureau and its answer. While the answer is out nobody calls the text
 *  public; an answer of "not public" binds the text it was given on. */
import { Refused } from '../domain/refusal.ts'
import type { ReferralAnswer } from '../domain/review.ts'
import { may } from '../domain/role.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'

const NOTE_CHARACTERS_MAX = 500

export interface ReferralReply {
  readonly agencyId: number
  readonly referralId: number
  readonly by: number
  readonly at: Date
  readonly answer: ReferralAnswer
  /** 复函文号, or why the question was taken back */
  readonly note: string
}

export function answerReferral(hub: Hub, reply: ReferralReply): Promise<void> {
  return hub.store.transact(reply.agencyId, async (tx) => {
    const { referralId, at, answer } = reply
    const person = await actor(tx, reply.by, at)
    if (!may(person, 'secrecy-reviewer')) throw new Refused({ code: 'not-allowed' })
    const note = reply.note.trim()
    if (note === '') throw new Refused({ code: 'reason-missing' })
    if ([...note].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'note', limit: NOTE_CHARACTERS_MAX })
    const bulletinId = await tx.referralBulletin(referralId)
    if (bulletinId === undefined || !(await tx.lockBulletin(bulletinId)))
      throw new Refused({ code: 'not-found', field: 'referral', detail: String(referralId) })
    if (!(await tx.answerReferral({ referralId, answer, note, by: person.id, at })))
      throw new Refused({ code: 'already-confirmed', field: 'referral' })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'answer-referral', subject: `bulletin/${bulletinId}` },
      facts: { referralId, answer },
    })
  })
}
