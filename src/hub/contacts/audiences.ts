/** 受众: who is meant, said once as a list or a rule, how far it goes with each reason that keeps
 *  somebody out, and why one contact is reached or not. It refuses a rule that cannot be read, one that
 *  names an area or audience that is not there, and a list that would become a rule. */
import {
  AREA_CHARACTERS_MAX,
  AUDIENCE_ID,
  type AudienceDefinition,
  type AudienceRule,
  readDefinition,
  tidyWord,
  whyNotResolvable,
  whyNotStillMeant,
  wordsOf,
} from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import { canonical } from '../../domain/canonical.ts'
import { type ContactWhy, whyReached } from '../../domain/contact-why.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { actor } from '../people.ts'
import type { AudienceFacts, Reach } from '../ports/contacts.ts'
import type { Expansion } from '../ports/dispatches.ts'
import type { ChannelFacts } from '../ports/people.ts'
import type { Hub, Tx } from '../ports.ts'

const AUDIENCE_NAME_CHARACTERS_MAX = 60
const AREAS_A_CALL_MAX = 500

export interface AudienceRequest {
  readonly agencyId: number
  readonly by: number
  readonly at: Date
  readonly id: string
  readonly name: string
  /** a rule as it came from outside; absent: a list */
  readonly rule?: unknown
}

/** Makes an audience, renames it, or gives a rule a new definition. What was signed before keeps the
 *  definition it was signed with. Roles: drafter, section-head, operator, duty-officer. */
export function keepAudience(hub: Hub, request: AudienceRequest): Promise<AudienceFacts> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { at, id } = request
    const clerk = await actor(tx, request.by, at)
    if (!may(clerk, 'drafter', 'section-head', 'operator', 'duty-officer'))
      throw new Refused({ code: 'not-allowed' })
    const name = readName(id, request.name)
    await tx.lockContacts()
    const known = await tx.audiences()
    const before = known.find((one) => one.id === id)
    const definition = request.rule === undefined ? undefined : readRule(request.rule)
    if (before && (before.definition === undefined) !== (definition === undefined))
      throw new Refused({
        ...{ code: 'payload-problem', field: id },
        detail: '名单和规则不能互换，请另建一个受众',
      })
    if (definition) await checkWords(tx, id, definition, known)
    const kept: AudienceFacts = { id, name, ...(definition ? { definition } : {}) }
    await tx.keepAudience(kept)
    await tx.audit({
      ...{ at, actorId: clerk.id, action: before ? 'change-audience' : 'add-audience' },
      subject: `audience/${id}`,
      facts: {
        ...{ name, kind: definition ? 'rule' : 'list' },
        ...(definition ? { rule: sha256Hex(canonical(definition)) } : {}),
      },
    })
    return kept
  })
}

function readName(id: string, written: string): string {
  if (!AUDIENCE_ID.test(id))
    throw new Refused({
      ...{ code: 'payload-problem', field: 'id' },
      detail: '编号应为小写字母、数字和短横，最多40个',
    })
  const name = tidyWord(written)
  if (name === '' || /\p{Cc}/u.test(name))
    throw new Refused({ code: 'missing-field', field: 'name' })
  if ([...name].length > AUDIENCE_NAME_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'name', limit: AUDIENCE_NAME_CHARACTERS_MAX })
  return name
}

function readRule(rule: unknown): AudienceDefinition {
  const reading = readDefinition(rule)
  if ('refusal' in reading) throw new Refused(reading.refusal)
  return reading.definition
}

/** A misspelt area would silently mean nobody. */
async function checkWords(
  tx: Tx,
  id: string,
  definition: AudienceDefinition,
  known: readonly AudienceFacts[],
): Promise<void> {
  const areas = await tx.areas()
  const strange = wordsOf(definition.meant).find(({ area }) => area && !areas.includes(area))
  if (strange?.area !== undefined)
    throw new Refused({
      ...{ code: 'not-found', field: 'area' },
      detail: `没有登记“${strange.area}”，已登记：${areas.join('、') || '无'}`,
    })
  const missing = definition.minus?.find((one) => !known.some((audience) => audience.id === one))
  if (missing !== undefined)
    throw new Refused({ code: 'not-found', field: 'minus', detail: missing })
  const definitions = new Map(
    known.flatMap((one) => (one.definition ? [[one.id, one.definition] as const] : [])),
  )
  definitions.set(id, definition)
  const refusal = whyNotResolvable([...definitions.keys()], definitions)
  if (refusal) throw new Refused(refusal)
}

/** 乡镇街道: adds areas to the agency's list, and retires others; a contact in a retired one keeps it. */
export function changeAreas(
  hub: Hub,
  request: {
    readonly agencyId: number
    readonly by: number
    readonly at: Date
    readonly add?: readonly string[]
    readonly retire?: readonly string[]
  },
): Promise<readonly string[]> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { at, retire = [] } = request
    const clerk = await actor(tx, request.by, at)
    if (!may(clerk, 'operator', 'section-head', 'system-admin'))
      throw new Refused({ code: 'not-allowed' })
    const add = [...new Set((request.add ?? []).map(tidyWord))]
    if (add.length + retire.length > AREAS_A_CALL_MAX)
      throw new Refused({ code: 'too-long', field: 'areas', limit: AREAS_A_CALL_MAX })
    for (const name of add) {
      if (name === '' || /\p{Cc}/u.test(name))
        throw new Refused({ code: 'missing-field', field: 'area' })
      if ([...name].length > AREA_CHARACTERS_MAX)
        throw new Refused({ code: 'too-long', field: 'area', limit: AREA_CHARACTERS_MAX })
    }
    await tx.lockContacts()
    for (const name of retire)
      if (!(await tx.retireArea(tidyWord(name), at)))
        throw new Refused({ code: 'not-found', field: 'area', detail: name })
    await tx.addAreas(add)
    const facts = { added: add, retired: [...retire] }
    await tx.audit({ at, actorId: clerk.id, action: 'change-areas', subject: 'areas', facts })
    return tx.areas()
  })
}

/** How far audiences go on a channel now; `reach` is the number a signature would hold. */
export async function reachOf(
  tx: Tx,
  channel: ChannelFacts,
  audiences: AudienceRule | readonly string[],
  mode: Mode,
): Promise<Reach> {
  return tx.reachOf(channel, await resolved(tx, audiences), mode)
}

/** Why one contact is reached, or is not, in words. */
export async function why(
  tx: Tx,
  contactId: number,
  channel: ChannelFacts,
  audiences: AudienceRule | readonly string[],
  mode: Mode = 'earnest',
): Promise<ContactWhy> {
  const rule = await resolved(tx, audiences)
  const facts = await tx.contactReach(contactId, channel, rule, mode)
  if (!facts) throw new Refused({ code: 'not-found', field: 'contact', detail: String(contactId) })
  return whyReached(facts, channel.name, mode)
}

function resolved(
  tx: Tx,
  audiences: AudienceRule | readonly string[],
): Promise<AudienceRule> | AudienceRule {
  if (isList(audiences)) return tx.resolveAudiences(audiences)
  return audiences.definitions ? audiences : tx.resolveAudiences(audiences.audiences)
}

function isList(value: AudienceRule | readonly string[]): value is readonly string[] {
  return Array.isArray(value)
}

/** A warning goes to whom its signed definitions mean. When a definition was rewritten since, and now
 *  means others than it did by more than the tolerance, nobody knows any more whom the bureau wants:
 *  the dispatch is held and the leader asked. */
export async function whyRedefined(
  tx: Tx,
  channel: ChannelFacts,
  expansion: Pick<Expansion, 'audienceRule' | 'mode' | 'tolerance'>,
): Promise<Refusal | undefined> {
  const { audienceRule, mode, tolerance } = expansion
  if (!audienceRule.definitions) return undefined
  const now = await resolvedNow(tx, audienceRule.audiences)
  if ('refusal' in now) return { ...now.refusal, code: 'audience-changed' }
  if (canonical(now) === canonical(audienceRule)) return undefined
  return whyNotStillMeant(tolerance, await tx.reachDifference(channel, mode, audienceRule, now))
}

/** Definitions no door let in (a ring) are an answer here: the dispatch is held, nothing is tried for ever. */
async function resolvedNow(
  tx: Tx,
  audiences: readonly string[],
): Promise<AudienceRule | { readonly refusal: Refusal }> {
  try {
    return await tx.resolveAudiences(audiences)
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal }
    throw error
  }
}
