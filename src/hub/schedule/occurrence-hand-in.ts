/** 定时送审: checks the draft of an occurrence and submits it in its author's name, so that it lies before
 *  the reviewer in time. It leaves to the author what the checks object to and what somebody edited. */
import { describe, Refused } from '../../domain/refusal.ts'
import { nextStep, type Step } from '../../domain/schedule/occurrence.ts'
import { check } from '../checks/check.ts'
import type { Hub } from '../ports.ts'
import { submit } from '../submit.ts'
import { type Book, leave, openCase } from './occurrence-case.ts'

export interface DraftToHandIn {
  readonly bulletinId: number
  readonly authorId: number
}

interface HandIn {
  readonly agencyId: number
  readonly occurrenceId: number
  readonly at: Date
}

/** Checking reads files and links, so no transaction is open meanwhile; submitting the same text twice is
 *  submitting it once, so a crash before the last commit only repeats it. */
export async function handIn(hub: Hub, book: Book, request: HandIn, draft: DraftToHandIn) {
  const { agencyId, occurrenceId, at } = request
  const reason = await submitted(hub, request, draft)
  return hub.store.transact(agencyId, async (tx) => {
    const row = await tx.takeOccurrence(occurrenceId)
    const found = row && (await openCase(hub, tx, book, row, at))
    const step: Step = 'hand-in'
    if (!found || nextStep(found.facts, at) !== step) return undefined
    await leave(found, step, { handedIn: true, reason })
    return { agencyId, occurrenceId, instance: found.row.instance, step }
  })
}

/** Answers what came of it, in words. */
async function submitted(hub: Hub, { agencyId, at }: HandIn, draft: DraftToHandIn) {
  const { bulletinId, authorId: submittedBy } = draft
  const { findings, revision, hash: seenHash } = await check(hub, { agencyId, bulletinId, at })
  if (revision !== 1) return '稿件已有人修改，由修改人送审'
  const open = findings.filter((one) => one.severity !== 'hint')
  if (open.length > 0) return `检查有 ${open.length} 处需要处理，由拟稿人处理后送审`
  try {
    const { nextStep: next } = await submit(hub, {
      ...{ agencyId, bulletinId, submittedBy, at, seenHash },
    })
    return `已送审，下一环节：${next}`
  } catch (error) {
    if (error instanceof Refused) return describe(error.refusal)
    throw error
  }
}
