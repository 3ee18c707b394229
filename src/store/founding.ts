/** Makes a new agency with everything it starts from: names, people, categories, channels, audiences. */
import { sql } from 'kysely'
import type { Category } from '../domain/category.ts'
import type { Role } from '../domain/role.ts'
import { EnvironmentFault } from '../kit/environment-fault.ts'
import type { Database, Transacting } from './connect.ts'
import { addContactsHere, type NewContact } from './contacts/contacts.ts'
import { blindIndexOf, sealAddresses, type VaultKeys } from './vault.ts'

export interface NewChannel {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: 'place' | 'group' | 'recipient'
  readonly addressKind: string
  readonly position: number
  readonly roads: readonly {
    readonly id: string
    readonly adapter: string
    readonly settings: Readonly<Record<string, unknown>>
  }[]
}

export interface NewAgency {
  readonly creditCode: string
  readonly name: string
  readonly shortName: string
  /** first day of the name, YYYY-MM-DD */
  readonly from: string
  readonly people: readonly { readonly name: string; readonly roles: readonly Role[] }[]
  readonly categories: readonly Category[]
  readonly channels: readonly NewChannel[]
  readonly audiences: readonly { readonly id: string; readonly name: string }[]
  /** taken in with the agency or not at all: a process killed in between leaves neither */
  readonly contacts?: readonly NewContact[]
  /** 定时: ids of the standing broadcasts that are on from the first day, drafted by the first drafter */
  readonly schedules?: readonly string[]
}

export interface Founded {
  readonly agencyId: number
  /** by name */
  readonly people: ReadonlyMap<string, number>
}

/** A practice database can never become a live one: the row is written once and never changed.
 *  @throws EnvironmentFault when the installation is of the other kind. */
export async function foundInstallation(
  db: Database,
  kind: 'practice' | 'live',
  at: Date,
): Promise<void> {
  await db
    .insertInto('installation')
    .values({ kind, founded_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { kind: found } = await db
    .selectFrom('installation')
    .select('kind')
    .executeTakeFirstOrThrow()
  if (found === kind) return
  throw new EnvironmentFault(
    found === 'practice'
      ? {
          what: '这是练习模式的数据库，不能转为正式库',
          next: '用 DUOLING_DATA 另选一个数据文件夹（或另建一个数据库）作正式库',
        }
      : {
          what: '这是正式库，不能以练习模式打开',
          next: '检查 duoling.config.json 是否在当前文件夹；要练习请用 DUOLING_DATA 另选数据文件夹',
        },
  )
}

export function foundAgency(db: Database, keys: VaultKeys, agency: NewAgency): Promise<Founded> {
  return db.transaction().execute((tx) => foundHere(tx, keys, agency))
}

/** For one more of an installation: a code stands for one agency.
 *  @throws EnvironmentFault when there is an agency of this code. */
export function foundAgencyOnce(
  db: Database,
  keys: VaultKeys,
  agency: NewAgency,
): Promise<Founded> {
  return db.transaction().execute(async (tx) => {
    await oneAtATime(tx)
    const { creditCode } = agency
    const known = await tx
      .selectFrom('agency')
      .select('id')
      .where('credit_code', '=', creditCode)
      .executeTakeFirst()
    if (!known) return foundHere(tx, keys, agency)
    throw new EnvironmentFault({
      what: `代码 ${creditCode} 的单位已经建立（单位编号 ${known.id}），没有重复建立`,
      next: '直接使用这个单位；要建立的是另一个单位时，请核对 --code',
    })
  })
}

async function oneAtATime(tx: Transacting): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('founding'))`.execute(tx)
}

/** Only where there is none yet, and once whatever the number of processes that start together. */
export function foundFirstAgency(
  db: Database,
  keys: VaultKeys,
  agency: NewAgency,
): Promise<Founded | undefined> {
  return db.transaction().execute(async (tx) => {
    await oneAtATime(tx)
    const known = await tx.selectFrom('agency').select('id').limit(1).executeTakeFirst()
    return known ? undefined : foundHere(tx, keys, agency)
  })
}

async function foundHere(tx: Transacting, keys: VaultKeys, agency: NewAgency): Promise<Founded> {
  const { id: agencyId } = await tx
    .insertInto('agency')
    .values({ credit_code: agency.creditCode })
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('agency_name')
    .values({
      ...{ agency_id: agencyId, from_on: agency.from },
      ...{ name: agency.name, short_name: agency.shortName },
    })
    .execute()
  const people = await addPeople(tx, agencyId, agency)
  await tx
    .insertInto('category')
    .values(
      agency.categories.map((one) => ({
        ...{ agency_id: agencyId, id: one.id, name: one.name, measure_word: one.measureWord },
        required_fields: [...one.requiredFields],
        line_categories: JSON.stringify(one.lineCategories),
      })),
    )
    .execute()
  for (const channel of agency.channels) await addChannel(tx, keys, agencyId, channel)
  if (agency.audiences.length > 0)
    await tx
      .insertInto('audience')
      .values(agency.audiences.map((one) => ({ agency_id: agencyId, ...one })))
      .execute()
  if (agency.contacts) await addContactsHere(tx, keys, agencyId, agency.contacts)
  await addSchedules(tx, agencyId, agency, people)
  return { agencyId, people }
}

/** Without a drafter nobody could write what a schedule fires: none is switched on. */
async function addSchedules(
  tx: Transacting,
  agencyId: number,
  agency: NewAgency,
  people: ReadonlyMap<string, number>,
): Promise<void> {
  const drafter = agency.people.find((person) => person.roles.includes('drafter'))
  const authorId = drafter && people.get(drafter.name)
  const ids = agency.schedules ?? []
  if (authorId === undefined || ids.length === 0) return
  await tx
    .insertInto('schedule')
    .values(
      ids.map((id) => ({
        ...{ agency_id: agencyId, id, enabled: true, author_id: authorId, parameters: '{}' },
        changed_at: `${agency.from}T00:00:00+08:00`,
      })),
    )
    .execute()
}

async function addPeople(
  tx: Transacting,
  agencyId: number,
  agency: NewAgency,
): Promise<ReadonlyMap<string, number>> {
  const people = new Map<string, number>()
  for (const person of agency.people) {
    const { id } = await tx
      .insertInto('person')
      .values({
        ...{ agency_id: agencyId, name: person.name, roles: [...person.roles] },
        in_office_from: agency.from,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    people.set(person.name, id)
  }
  return people
}

async function addChannel(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  channel: NewChannel,
): Promise<void> {
  const { id, name, line, addressing, addressKind, position } = channel
  await tx
    .insertInto('channel')
    .values({
      agency_id: agencyId,
      id,
      name,
      line,
      addressing,
      position,
      address_kind: addressKind,
    })
    .execute()
  for (const [index, road] of channel.roads.entries())
    await tx
      .insertInto('road')
      .values({
        ...{ agency_id: agencyId, channel_id: id, id: road.id, adapter: road.adapter },
        ...{ position: index, enabled: true, settings: JSON.stringify(road.settings) },
      })
      .execute()
  if (addressing === 'place') await addPlace(tx, keys, agencyId, channel)
}

/** A place is one address of its own kind, so that a publication walks the same doors as a delivery. */
export async function addPlace(
  tx: Transacting,
  keys: VaultKeys,
  agencyId: number,
  channel: Pick<NewChannel, 'id' | 'addressKind'>,
): Promise<void> {
  const kind = channel.addressKind
  await sql`
    with block as (
      insert into address_block (agency_id, kind, key_id, size, cipher)
      values (${agencyId}, ${kind}, ${keys.addressKeyId}, 1,
        ${sealAddresses(keys, agencyId, kind, [channel.id])})
      returning id)
    insert into address (agency_id, kind, block_id, slot, blind_index)
    select ${agencyId}::int, ${kind}::text, id, 0, ${blindIndexOf(keys, agencyId, kind, channel.id)}::bytea from block
  `.execute(tx)
}
