/** 送审 by somebody who has looked at every question of the checks and says so once for all of them: what a
 *  command line, a simulated year and the demonstration do in place of a screen. */
import { answer } from './checks/answer.ts'
import { check, findingsOf } from './checks/check.ts'
import type { Hub } from './ports.ts'
import { type SubmitRequest, type Submitted, submit } from './submit.ts'

/** Answers every open `ask` with the same sentence, then hands in. What must be changed stays refused. */
export async function handIn(
  hub: Hub,
  request: SubmitRequest & { readonly answer: string },
): Promise<Submitted> {
  const { agencyId, bulletinId, at, submittedBy: by, seenHash } = request
  const known = await hub.store.transact(agencyId, (tx) => findingsOf(tx, bulletinId, seenHash))
  const { findings } = known ?? (await check(hub, { agencyId, bulletinId, at, by }))
  for (const finding of findings) {
    if (finding.severity !== 'ask' || finding.answer) continue
    const { key: findingKey } = finding
    await answer(hub, {
      agencyId,
      bulletinId,
      seenHash,
      findingKey,
      by,
      at,
      answer: request.answer,
    })
  }
  return submit(hub, request)
}
