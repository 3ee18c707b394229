/** Holds a list against the contacts on file: which row is whom, and what would change. It opens no
 *  sealed address: equal ones are found by their blind index. */
import { sql } from 'kysely'
import type { ContactField } from '../../domain/contact-columns.ts'
import { type Candidate, type Match, matchContact } from '../../domain/contact-list.ts'
import { type ContactRow, KINDS } from '../../domain/contact-row.ts'
import type { ImportOptions, RowFate } from '../../hub/ports/contacts.ts'
import type { Transacting } from '../connect.ts'
import { keyOf } from './contacts.ts'

/** Rows looked at together: enough to be quick, few enough to be held at once. */
export const ROWS_A_LOOK_MAX = 10_000

/** Answers the blind index of an address; the same one is worked out once. */
export type Blinds = (kind: string, value: string) => Buffer

/** A contact as it stands, for the comparison. */
export interface OnFile extends Candidate {
  readonly liaison?: string
  readonly forExercise: boolean
  readonly tags: readonly string[]
  readonly audiences: readonly string[]
  readonly addresses: readonly {
    readonly id: number
    readonly kind: string
    readonly key: string
  }[]
}

export interface Plan {
  readonly fields: readonly string[]
  readonly set: {
    readonly name: string
    readonly creditCode: string | null
    readonly area: string | null
    readonly liaison: string | null
    readonly tags: readonly string[]
    readonly forExercise: boolean
  }
  readonly add: readonly { readonly kind: string; readonly value: string }[]
  readonly dropIds: readonly number[]
  readonly join: readonly string[]
  readonly leave: readonly string[]
}

/** The lists a complete list speaks about. */
export function scopeOf(rows: readonly ContactRow[]): ReadonlySet<string> {
  return new Set(rows.flatMap((row) => row.audiences ?? []))
}

export async function compareContacts(
  tx: Transacting,
  agencyId: number,
  rows: readonly ContactRow[],
  options: ImportOptions & { readonly blinds: Blinds },
): Promise<readonly RowFate[]> {
  const scope = scopeOf(rows)
  const fates: RowFate[] = []
  for (let from = 0; from < rows.length; from += ROWS_A_LOOK_MAX) {
    const part = rows.slice(from, from + ROWS_A_LOOK_MAX)
    const matches = await matchAll(tx, agencyId, part)
    const ids = matches.flatMap((match) => (match.kind === 'known' ? [match.contactId] : []))
    const known = await onFile(tx, agencyId, ids)
    for (const [index, row] of part.entries())
      fates.push(fateOf(row, matches[index], known, { ...options, scope }))
  }
  return fates
}

function fateOf(
  row: ContactRow,
  match: Match | undefined,
  known: ReadonlyMap<number, OnFile>,
  options: ImportOptions & { readonly blinds: Blinds; readonly scope: ReadonlySet<string> },
): RowFate {
  if (!match || match.kind === 'new') return { kind: 'new' }
  if (match.kind === 'ambiguous') return match
  const { contactId } = match
  const contact = known.get(contactId)
  if (!contact) return { kind: 'new' }
  const { fields } = planOf(row, contact, options)
  return fields.length === 0
    ? { kind: 'unchanged', contactId }
    : { kind: 'changed', contactId, fields }
}

async function matchAll(
  tx: Transacting,
  agencyId: number,
  rows: readonly ContactRow[],
): Promise<readonly Match[]> {
  const { rows: found } = await sql<{
    position: number
    id: number
    name: string
    code: string | null
    area: string | null
  }>`
    with asked as materialized (
      select * from unnest(${rows.map((row) => row.creditCode ?? null)}::text[],
        ${rows.map((row) => row.name)}::text[]) with ordinality as t (code, name, position)
    )
    select t.position, c.id, c.name, c.credit_code as code, c.area
    from asked t join contact c on c.agency_id = ${agencyId} and c.credit_code = t.code
    where c.removed_at is null
    union
    select t.position, c.id, c.name, c.credit_code, c.area
    from asked t join contact c on c.agency_id = ${agencyId} and c.name = t.name
    where c.removed_at is null
    order by position, id
  `.execute(tx)
  const candidates = Map.groupBy(found, (row) => row.position)
  return rows.map((row, index) =>
    matchContact(
      row,
      (candidates.get(index + 1) ?? []).map(({ id, name, code, area }) => ({
        ...{ id, name },
        ...(code === null ? {} : { creditCode: code }),
        ...(area === null ? {} : { area }),
      })),
    ),
  )
}

export async function onFile(
  tx: Transacting,
  agencyId: number,
  ids: readonly number[],
): Promise<ReadonlyMap<number, OnFile>> {
  const wanted = [...new Set(ids)]
  if (wanted.length === 0) return new Map()
  const { rows } = await sql<Kept>`
    select c.id, c.name, c.credit_code as code, c.area, c.liaison, c.tags,
      c.for_exercise as "forExercise",
      array(select m.audience_id from audience_member m
        where m.agency_id = c.agency_id and m.contact_id = c.id order by 1) as audiences
    from contact c where c.agency_id = ${agencyId} and c.id = any(${wanted}::bigint[])
  `.execute(tx)
  const { rows: links } = await sql<{ contact: number; id: number; kind: string; blind: Buffer }>`
    select ca.contact_id as contact, a.id, a.kind, a.blind_index as blind
    from contact_address ca
      join address a on a.agency_id = ca.agency_id and a.id = ca.address_id
    where ca.agency_id = ${agencyId} and ca.contact_id = any(${wanted}::bigint[])
      and a.removed_at is null
  `.execute(tx)
  const addresses = Map.groupBy(links, (link) => link.contact)
  return new Map(
    rows.map(({ code, area, liaison, ...contact }) => [
      contact.id,
      {
        ...contact,
        ...(code === null ? {} : { creditCode: code }),
        ...(area === null ? {} : { area }),
        ...(liaison === null ? {} : { liaison }),
        addresses: (addresses.get(contact.id) ?? []).map(({ id, kind, blind }) => ({
          ...{ id, kind },
          key: keyOf(kind, blind),
        })),
      },
    ]),
  )
}

interface Kept {
  id: number
  name: string
  code: string | null
  area: string | null
  liaison: string | null
  tags: string[]
  forExercise: boolean
  audiences: string[]
}

/** What a row does to the contact it means; no fields: nothing. An empty cell leaves what is there,
 *  unless the list is complete. */
export function planOf(
  row: ContactRow,
  contact: OnFile,
  {
    replaces,
    scope,
    blinds,
  }: ImportOptions & { readonly blinds: Blinds; readonly scope: ReadonlySet<string> },
): Plan {
  const clears = (field: ContactField) => replaces && row.empty.includes(field)
  const text = (field: 'creditCode' | 'area' | 'liaison') =>
    row[field] ?? (clears(field) ? null : (contact[field] ?? null))
  const set: Plan['set'] = {
    name: row.name,
    creditCode: row.creditCode ?? contact.creditCode ?? null,
    area: text('area'),
    liaison: text('liaison'),
    tags: row.tags ?? (clears('tags') ? [] : contact.tags),
    forExercise: row.forExercise ?? (clears('forExercise') ? false : contact.forExercise),
  }
  const addresses = addressChange(row, contact, clears, blinds)
  const named = row.audiences ?? []
  const join = named.filter((id) => !contact.audiences.includes(id))
  const spoken = replaces && (row.audiences !== undefined || row.empty.includes('audiences'))
  const leave = spoken ? contact.audiences.filter((id) => scope.has(id) && !named.includes(id)) : []
  const fields = [
    ...(['name', 'creditCode', 'area', 'liaison'] as const).filter(
      (field) => set[field] !== (contact[field] ?? null),
    ),
    ...(sameWords(set.tags, contact.tags) ? [] : ['tags']),
    ...(set.forExercise === contact.forExercise ? [] : ['forExercise']),
    ...addresses.kinds,
    ...(join.length + leave.length === 0 ? [] : ['audiences']),
  ]
  return { fields, set, add: addresses.add, dropIds: addresses.dropIds, join, leave }
}

function addressChange(
  row: ContactRow,
  contact: OnFile,
  clears: (field: ContactField) => boolean,
  blinds: Blinds,
) {
  const have = new Set(contact.addresses.map((one) => one.key))
  const wanted = new Set(row.addresses.map(({ kind, value }) => keyOf(kind, blinds(kind, value))))
  const add = row.addresses.filter(({ kind, value }) => !have.has(keyOf(kind, blinds(kind, value))))
  const whole = new Set([
    ...row.kinds,
    ...KINDS.flatMap(([field, kind]) => (clears(field) ? [kind] : [])),
  ])
  const drop = contact.addresses.filter(({ kind, key }) => whole.has(kind) && !wanted.has(key))
  const kinds = [...new Set([...add, ...drop].map((one) => one.kind))].sort()
  return { add, dropIds: drop.map((one) => one.id), kinds }
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word) => other.includes(word))
}
