/** Audiences in SQL: a rule becomes a condition with parameters. It refuses a rule that takes rules
 *  away in a ring. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import {
  type AudienceDefinition,
  type AudienceRule,
  type AudienceTerm,
  RULE_CHAIN_MAX,
  RULE_DEFINITIONS_MAX,
  whyNotResolvable,
} from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import { Refused } from '../../domain/refusal.ts'
import type { Transacting } from '../connect.ts'
import { failedIn } from '../decisions/failed.ts'
import { toldIn } from '../told.ts'

type Condition = RawBuilder<SqlBool>
export interface Reached {
  readonly addressing: string
  readonly addressKind: string
}

/** How the database goes about it: from the audience to its addresses, or address by address. */
export type Way = 'from-audience' | 'by-address'

/** Which addresses a rule means on a channel. A place is its own one address and needs no audience. */
export function reachedBy(
  agencyId: number,
  channel: Reached,
  rule: AudienceRule,
  mode: Mode,
  way: Way = 'from-audience',
): Condition {
  const own = sql<SqlBool>`a.agency_id = ${agencyId} and a.kind = ${channel.addressKind}
    and a.removed_at is null`
  if (rule.failedOf !== undefined)
    return sql<SqlBool>`${own} and ${failedIn(agencyId, rule.failedOf)}`
  if (rule.toldBy !== undefined) return sql<SqlBool>`${own} and ${toldIn(agencyId, rule.toldBy)}`
  if (channel.addressing === 'place') return own
  // In an exercise or a test only contacts marked for it exist at all.
  const exercise = mode !== 'earnest' ? sql`and c.for_exercise` : sql``
  // The planner takes a condition with an offset as it stands, and does not join the whole audience.
  const asked = way === 'by-address' ? sql`offset 0` : sql``
  if (!rule.definitions)
    return sql<SqlBool>`${own} and exists (
      select 1 from contact_address ca
        join contact c on c.agency_id = ca.agency_id and c.id = ca.contact_id
        join audience_member m on m.agency_id = ca.agency_id and m.contact_id = ca.contact_id
      where ca.agency_id = a.agency_id and ca.address_id = a.id and c.removed_at is null
        and m.audience_id = any(${[...rule.audiences]}::text[]) ${exercise} ${asked})`
  return sql<SqlBool>`${own} and exists (
    select 1 from contact_address ca
      join contact c on c.agency_id = ca.agency_id and c.id = ca.contact_id
    where ca.agency_id = a.agency_id and ca.address_id = a.id and c.removed_at is null
      and ${meantContact(agencyId, rule)} ${exercise} ${asked})`
}

/** Whether the contact `c` is meant: a member of a list, or what a rule says. */
export function meantContact(
  agencyId: number,
  { audiences, definitions = {} }: AudienceRule,
  depth = 0,
): Condition {
  // The doors let no ring in; a row forged into one must not run for ever.
  if (depth > RULE_CHAIN_MAX)
    throw new Refused({ code: 'too-long', field: 'audiences', limit: RULE_CHAIN_MAX })
  const conditions: Condition[] = []
  const lists = audiences.filter((id) => !Object.hasOwn(definitions, id))
  if (lists.length > 0)
    conditions.push(sql<SqlBool>`exists (
      select 1 from audience_member m where m.agency_id = ${agencyId} and m.contact_id = c.id
        and m.audience_id = any(${lists}::text[]))`)
  for (const id of audiences) {
    const definition = Object.hasOwn(definitions, id) ? definitions[id] : undefined
    if (!definition) continue
    const meant = termOf(definition.meant)
    const minus = definition.minus ?? []
    conditions.push(
      minus.length === 0
        ? meant
        : sql<SqlBool>`(${meant} and not ${meantContact(agencyId, { audiences: minus, definitions }, depth + 1)})`,
    )
  }
  return joined(conditions, 'or')
}

function termOf(term: AudienceTerm): Condition {
  if ('tag' in term) return sql<SqlBool>`c.tags @> array[${term.tag}]::text[]`
  if ('area' in term) return sql<SqlBool>`c.area is not distinct from ${term.area}::text`
  if ('all' in term) return joined(term.all.map(termOf), 'and')
  const tags = term.any.flatMap((one) => ('tag' in one ? [one.tag] : []))
  const areas = term.any.flatMap((one) => ('area' in one ? [one.area] : []))
  const others = term.any.filter((one) => !('tag' in one || 'area' in one))
  return joined(
    [
      ...(tags.length > 0 ? [sql<SqlBool>`c.tags && ${tags}::text[]`] : []),
      ...(areas.length > 0 ? [sql<SqlBool>`coalesce(c.area = any(${areas}::text[]), false)`] : []),
      ...others.map(termOf),
    ],
    'or',
  )
}

/** Nobody, when there is nothing to join. */
function joined(conditions: readonly Condition[], word: 'and' | 'or'): Condition {
  if (conditions.length === 0) return sql<SqlBool>`false`
  return sql<SqlBool>`(${sql.join(conditions, word === 'and' ? sql` and ` : sql` or `)})`
}

/** Follows what rules take away, one round a link of the chain. */
export async function resolveAudiences(
  tx: Transacting,
  agencyId: number,
  audiences: readonly string[],
): Promise<AudienceRule> {
  const ids = [...audiences].sort()
  const found = new Map<string, AudienceDefinition>()
  const asked = new Set<string>()
  let wanted = [...new Set(ids)]
  while (wanted.length > 0 && found.size <= RULE_DEFINITIONS_MAX) {
    for (const id of wanted) asked.add(id)
    const rows = await tx
      .selectFrom('audience')
      .select(['id', 'rule'])
      .where('agency_id', '=', agencyId)
      .where('id', 'in', wanted)
      .where('rule', 'is not', null)
      .execute()
    for (const { id, rule } of rows) if (rule) found.set(id, rule)
    const next = rows.flatMap(({ rule }) => rule?.minus ?? [])
    wanted = [...new Set(next)].filter((id) => !asked.has(id))
  }
  if (found.size === 0) return { audiences: ids }
  const refusal = whyNotResolvable(ids, found)
  if (refusal) throw new Refused(refusal)
  return { audiences: ids, definitions: Object.fromEntries(found) }
}
