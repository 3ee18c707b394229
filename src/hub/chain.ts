/** 审签链: which steps a bulletin still walks, and the door that changes the chains. It refuses steps
 *  nobody knows and a chain for a category or channel that does not exist. */
import {
  type ChainRule,
  type ChainStep,
  chainFor,
  mayDo,
  STEPS,
  URGENCIES,
} from '../domain/chain.ts'
import { Refused } from '../domain/refusal.ts'
import { may, ROLES, standsInFor } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { actor } from './people.ts'
import type { BulletinFacts, ReviewRow } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'

/** The union over the channels it is meant for; without any channel the default chain. */
export async function chainOf(
  tx: Tx,
  bulletin: BulletinFacts,
  channelIds: readonly string[],
): Promise<readonly ChainStep[]> {
  return chainFor(await tx.chainRules(), bulletin, channelIds)
}

/** What counts as done on this chain. It was approved under the chain of the channels planned at that time,
 *  which may have left a step to the author or to more roles than the channels named now do. */
export async function countingOn(
  tx: Tx,
  chain: readonly ChainStep[],
  done: readonly ReviewRow[],
  authorIds: readonly number[],
): Promise<readonly ReviewRow[]> {
  const counting: ReviewRow[] = []
  for (const one of done) {
    const step = chain.find(({ step }) => step === one.step)
    // The secrecy review is the same in every chain.
    if (!step || step.step === 'secrecy-review' || (await counts(tx, step, one, authorIds)))
      counting.push(one)
  }
  return counting
}

async function counts(
  tx: Tx,
  step: ChainStep,
  { reviewerId, at }: ReviewRow,
  authorIds: readonly number[],
): Promise<boolean> {
  const person = await tx.person(reviewerId, dayOf(at))
  if (!person || !mayDo(person, step)) return false
  const persons = [person.id, ...standsInFor(person)]
  return step.byAuthor === true || !persons.some((id) => authorIds.includes(id))
}

export interface ChainChange {
  readonly agencyId: number
  readonly by: number
  readonly at: Date
  /** without steps the rule is taken away and the next wider one holds */
  readonly rule: ChainRule
}

export function setChain(hub: Hub, { agencyId, by, at, rule }: ChainChange): Promise<void> {
  return hub.store.transact(agencyId, async (tx) => {
    const person = await actor(tx, by, at)
    if (!may(person, 'security-admin', 'leader')) throw new Refused({ code: 'not-allowed' })
    await checkRule(tx, rule)
    await tx.setChainRule(rule)
    const { categoryId = '*', channelId = '*', urgency = '*', steps } = rule
    await tx.audit({
      ...{ at, actorId: person.id, action: 'set-chain' },
      subject: `chain/${categoryId}/${channelId}/${urgency}`,
      facts: { steps: steps.map((one) => one.step) },
    })
  })
}

async function checkRule(tx: Tx, { categoryId, channelId, urgency, steps }: ChainRule) {
  if (categoryId !== undefined && !(await tx.category(categoryId)))
    throw new Refused({ code: 'not-found', field: 'category', detail: categoryId })
  if (channelId !== undefined && !(await tx.channel(channelId)))
    throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
  if (urgency !== undefined && !URGENCIES.includes(urgency))
    throw new Refused({ code: 'not-found', field: 'urgency', detail: String(urgency) })
  const seen = new Set<string>()
  for (const { step, roles, byAuthor } of steps) {
    if (!STEPS.includes(step) || seen.has(step))
      throw new Refused({ code: 'value-not-allowed', field: 'steps', detail: String(step) })
    seen.add(step)
    if (roles && (roles.length === 0 || roles.some((role) => !ROLES.includes(role))))
      throw new Refused({ code: 'value-not-allowed', field: `steps.${step}.roles` })
    if (byAuthor && step !== 'section-check')
      throw new Refused({ code: 'value-not-allowed', field: `steps.${step}.byAuthor` })
  }
}
