/** 每一次 in the database: one row an instance, locked by whoever acts on it. An expansion meets its own
 *  rows and never touches what a person moved or confirmed, or what is over. */
import { sql } from 'kysely'
import type {
  OccurrenceChange,
  OccurrenceFilter,
  OccurrenceRow,
  SchedulePort,
} from '../../hub/ports/schedules.ts'
import type { Transacting } from '../connect.ts'

type OccurrencePart = Pick<
  SchedulePort,
  | 'planInstances'
  | 'occurrences'
  | 'lockOccurrence'
  | 'takeOccurrence'
  | 'changeOccurrence'
  | 'occurrenceEvents'
>

export function occurrencePart(tx: Transacting, agencyId: number): OccurrencePart {
  return {
    planInstances: (plan) => planInstances(tx, agencyId, plan),
    occurrences: (filter) => occurrences(tx, agencyId, filter),
    lockOccurrence: (id) => locked(tx, agencyId, id, 'wait'),
    takeOccurrence: (id) => locked(tx, agencyId, id, 'skip'),
    changeOccurrence: (id, change) => changeOccurrence(tx, agencyId, id, change),
    async occurrenceEvents(id) {
      const rows = await tx
        .selectFrom('occurrence_event')
        .select(['what', 'at', 'actor_id', 'reason', 'state', 'due_at as dueAt'])
        .where('agency_id', '=', agencyId)
        .where('occurrence_id', '=', id)
        .orderBy('id')
        .execute()
      return rows.map(({ actor_id, ...row }) => ({
        ...row,
        ...(actor_id === null ? {} : { actorId: actor_id }),
      }))
    },
  }
}

async function planInstances(
  tx: Transacting,
  agencyId: number,
  { scheduleId, occurrences: wanted, at, until }: Parameters<SchedulePort['planInstances']>[0],
): ReturnType<SchedulePort['planInstances']> {
  const rows = JSON.stringify(wanted)
  // What was due before this moment is the engine's or a person's business, not the calendar's.
  const { rows: met } = await sql<{ made: boolean }>`
    insert into occurrence (agency_id, schedule_id, instance, planned_at, due_at, draft_at, look_at,
      provisional, state, state_at)
    select ${agencyId}::int, ${scheduleId}::text, w.instance, w."dueAt", w."dueAt", w."draftAt",
      w."lookAt", w.provisional, 'planned', ${at}::timestamptz
    from jsonb_to_recordset(${rows}::jsonb) as w(instance text, "dueAt" timestamptz,
      "draftAt" timestamptz, "lookAt" timestamptz, provisional boolean)
    where w."dueAt" >= ${at}::timestamptz or exists (select 1 from occurrence k
      where k.agency_id = ${agencyId}::int and k.instance = w.instance)
    order by w."dueAt", w.instance
    on conflict (agency_id, instance) do update set
      planned_at = excluded.planned_at, due_at = excluded.due_at, draft_at = excluded.draft_at,
      look_at = case when occurrence.state = 'drafted' and occurrence.handed_in_at is not null
        then excluded.due_at - interval '2 hours' else excluded.look_at end,
      provisional = excluded.provisional,
      state = case when occurrence.state = 'obsolete' then 'planned' else occurrence.state end
    where occurrence.agency_id = ${agencyId}::int
      and occurrence.moved_at is null and occurrence.confirmed_at is null
      and ((occurrence.state in ('planned', 'drafted') and occurrence.due_at > ${at}::timestamptz)
        or (occurrence.state = 'obsolete' and excluded.due_at > ${at}::timestamptz))
      and (occurrence.state = 'obsolete' or (occurrence.due_at, occurrence.draft_at, occurrence.provisional)
        is distinct from (excluded.due_at, excluded.draft_at, excluded.provisional))
    returning (xmax = 0) as made
  `.execute(tx)
  const dropped = await tx
    .updateTable('occurrence')
    .set({ state: 'obsolete', state_at: at, look_at: null })
    .where('agency_id', '=', agencyId)
    .where('schedule_id', '=', scheduleId)
    .where('state', '=', 'planned')
    .where('moved_at', 'is', null)
    .where('confirmed_at', 'is', null)
    .where('due_at', '>', at)
    .where('due_at', '<', until)
    .where(sql<boolean>`instance <> all(${wanted.map((one) => one.instance)}::text[])`)
    .returning('id')
    .execute()
  const made = met.filter((row) => row.made).length
  return { made, changed: met.length - made, dropped: dropped.length }
}

function reading(tx: Transacting, agencyId: number) {
  return tx
    .selectFrom('occurrence as o')
    .select(['o.id', 'o.schedule_id', 'o.instance', 'o.planned_at', 'o.due_at', 'o.draft_at'])
    .select(['o.provisional', 'o.state', 'o.state_at', 'o.look_at', 'o.asked_at', 'o.moved_at'])
    .select('o.handed_in_at')
    .select(['o.confirmed_at', 'o.bulletin_id'])
    .select((of) =>
      of
        .exists(
          of
            .selectFrom('signature as s')
            .select('s.id')
            .where('s.agency_id', '=', agencyId)
            .whereRef('s.bulletin_id', '=', 'o.bulletin_id'),
        )
        .as('signed'),
    )
    .where('o.agency_id', '=', agencyId)
}

type Read = Awaited<ReturnType<ReturnType<typeof reading>['executeTakeFirstOrThrow']>>

function occurrenceRow(row: Read): OccurrenceRow {
  return {
    ...{ id: row.id, scheduleId: row.schedule_id, instance: row.instance, state: row.state },
    ...{ plannedAt: row.planned_at, dueAt: row.due_at, draftAt: row.draft_at },
    ...{ provisional: row.provisional, stateAt: row.state_at, signed: Boolean(row.signed) },
    asked: row.asked_at !== null,
    handedIn: row.handed_in_at !== null,
    moved: row.moved_at !== null,
    confirmed: row.confirmed_at !== null,
    ...(row.look_at === null ? {} : { lookAt: row.look_at }),
    ...(row.bulletin_id === null ? {} : { bulletinId: row.bulletin_id }),
  }
}

async function occurrences(
  tx: Transacting,
  agencyId: number,
  filter: OccurrenceFilter,
): Promise<readonly OccurrenceRow[]> {
  let query = reading(tx, agencyId).orderBy('o.due_at').orderBy('o.instance').limit(filter.limit)
  if (filter.from) query = query.where('o.due_at', '>=', filter.from)
  if (filter.to) query = query.where('o.due_at', '<', filter.to)
  if (filter.scheduleId !== undefined) query = query.where('o.schedule_id', '=', filter.scheduleId)
  if (filter.instance !== undefined) query = query.where('o.instance', '=', filter.instance)
  if (filter.states) query = query.where('o.state', 'in', [...filter.states])
  return (await query.execute()).map(occurrenceRow)
}

/** The row is locked before it is read, so that what is read is what the last holder left. */
async function locked(
  tx: Transacting,
  agencyId: number,
  id: number,
  manner: 'wait' | 'skip',
): Promise<OccurrenceRow | undefined> {
  const lock = tx
    .selectFrom('occurrence')
    .select('id')
    .where('agency_id', '=', agencyId)
    .where('id', '=', id)
    .forUpdate()
  const held = await (manner === 'skip' ? lock.skipLocked() : lock).executeTakeFirst()
  if (!held) return undefined
  const row = await reading(tx, agencyId).where('o.id', '=', id).executeTakeFirst()
  return row && occurrenceRow(row)
}

async function changeOccurrence(
  tx: Transacting,
  agencyId: number,
  id: number,
  change: OccurrenceChange,
): Promise<void> {
  const { state, at, lookAt, bulletinId, askedAt, handedInAt, confirmedBy, movedTo, event } = change
  const { due_at } = await tx
    .updateTable('occurrence')
    .set({
      ...{ state, state_at: at, look_at: lookAt ?? null },
      ...(bulletinId === undefined ? {} : { bulletin_id: bulletinId }),
      ...(askedAt === undefined ? {} : { asked_at: askedAt }),
      ...(handedInAt === undefined ? {} : { handed_in_at: handedInAt }),
      ...(confirmedBy === undefined
        ? {}
        : { confirmed_by: confirmedBy, confirmed_at: at, provisional: false }),
      ...(movedTo === undefined
        ? {}
        : {
            ...{ due_at: movedTo.dueAt, draft_at: movedTo.draftAt, provisional: false },
            ...{ moved_at: at, moved_by: movedTo.by },
          }),
    })
    .where('agency_id', '=', agencyId)
    .where('id', '=', id)
    .returning('due_at')
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('occurrence_event')
    .values({
      ...{ agency_id: agencyId, occurrence_id: id, what: event.what, at, state, due_at },
      ...{ actor_id: event.actorId ?? null, reason: event.reason ?? '' },
    })
    .execute()
}
