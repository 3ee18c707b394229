/** 定时 in the database: what is switched on, the alarms for the people on duty, the warnings in force.
 *  A row is always one agency's own; the engine's sweep reads ids and nothing else. */
import { sql } from 'kysely'
import type { SchedulePort, ScheduleRow, ScheduleSweepPort } from '../../hub/ports/schedules.ts'
import type { Database, Transacting } from '../connect.ts'
import { occurrencePart } from './occurrences.ts'

export function schedulePort(tx: Transacting, agencyId: number): SchedulePort {
  return {
    ...occurrencePart(tx, agencyId),
    ...switches(tx, agencyId),
    ...alarmPart(tx, agencyId),
    ...warningPart(tx, agencyId),
  }
}

type Switches = Pick<SchedulePort, 'schedules' | 'lockSchedule' | 'putSchedule' | 'markPlanned'>

function switches(tx: Transacting, agencyId: number): Switches {
  const rows = () =>
    tx
      .selectFrom('schedule')
      .select(['id', 'enabled', 'author_id', 'standing_order_id', 'parameters', 'planned_on'])
      .where('agency_id', '=', agencyId)
      .orderBy('id')
  return {
    schedules: async () => (await rows().execute()).map(scheduleRow),
    async lockSchedule(id) {
      const row = await rows().where('id', '=', id).forUpdate().executeTakeFirst()
      return row && scheduleRow(row)
    },
    async putSchedule(row, { at, by }) {
      const values = {
        enabled: row.enabled,
        author_id: row.authorId,
        standing_order_id: row.standingOrderId ?? null,
        parameters: JSON.stringify(row.parameters),
        changed_at: at,
        changed_by: by,
        planned_on: null,
      }
      await tx
        .insertInto('schedule')
        .values({ agency_id: agencyId, id: row.id, ...values })
        .onConflict((conflict) => conflict.columns(['agency_id', 'id']).doUpdateSet(values))
        .execute()
    },
    async markPlanned(scheduleId, day) {
      await tx
        .updateTable('schedule')
        .set({ planned_on: day })
        .where('agency_id', '=', agencyId)
        .where('id', '=', scheduleId)
        .execute()
    },
  }
}

function scheduleRow(row: {
  readonly id: string
  readonly enabled: boolean
  readonly author_id: number
  readonly standing_order_id: number | null
  readonly parameters: object
  readonly planned_on: string | null
}): ScheduleRow {
  return {
    ...{ id: row.id, enabled: row.enabled, authorId: row.author_id, parameters: row.parameters },
    ...(row.standing_order_id === null ? {} : { standingOrderId: row.standing_order_id }),
    ...(row.planned_on === null ? {} : { plannedOn: row.planned_on }),
  }
}

type AlarmPart = Pick<SchedulePort, 'raiseAlarm' | 'alarms' | 'acknowledgeAlarm'>

function alarmPart(tx: Transacting, agencyId: number): AlarmPart {
  return {
    async raiseAlarm({ occurrenceId, kind, detail, dueAt, at }) {
      const made = await tx
        .insertInto('occurrence_alarm')
        .values({
          ...{ agency_id: agencyId, occurrence_id: occurrenceId, kind, detail, at },
          due_at: dueAt,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return made !== undefined
    },
    async alarms(limit) {
      const rows = await tx
        .selectFrom('occurrence_alarm as a')
        .innerJoin('occurrence as o', (join) =>
          join.onRef('o.agency_id', '=', 'a.agency_id').onRef('o.id', '=', 'a.occurrence_id'),
        )
        .select(['a.id', 'a.occurrence_id as occurrenceId', 'o.instance', 'a.kind', 'a.detail'])
        .select(['o.schedule_id as scheduleId', 'o.state', 'a.due_at as dueAt', 'a.at'])
        .select('o.bulletin_id')
        .where('a.agency_id', '=', agencyId)
        .where('a.acknowledged_at', 'is', null)
        .where('o.state', 'not in', ['fired', 'skipped', 'cancelled', 'obsolete'])
        .orderBy('a.at')
        .orderBy('a.id')
        .limit(limit)
        .execute()
      return rows.map(({ bulletin_id, ...row }) => ({
        ...row,
        ...(bulletin_id === null ? {} : { bulletinId: bulletin_id }),
      }))
    },
    async acknowledgeAlarm(id, by, at) {
      const done = await tx
        .updateTable('occurrence_alarm')
        .set({ acknowledged_at: at, acknowledged_by: by })
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .where('acknowledged_at', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return done !== undefined
    },
  }
}

type WarningPart = Pick<SchedulePort, 'linkWarning' | 'liftWarning' | 'warningsInForce'>

function warningPart(tx: Transacting, agencyId: number): WarningPart {
  return {
    async linkWarning({ id, hazard, from, to, by }) {
      const made = await tx
        .insertInto('warning_in_force')
        .values({
          ...{ agency_id: agencyId, bulletin_id: id, hazard, linked_by: by },
          ...{ from_at: from, until_at: to },
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('bulletin_id')
        .executeTakeFirst()
      return made !== undefined
    },
    async liftWarning(bulletinId, by, at) {
      const lifted = await tx
        .updateTable('warning_in_force')
        .set({ lifted_at: at, lifted_by: by })
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .where('lifted_at', 'is', null)
        .where('until_at', '>', at)
        .returning('bulletin_id')
        .executeTakeFirst()
      return lifted !== undefined
    },
    async warningsInForce(at) {
      const rows = await tx
        .selectFrom('warning_in_force')
        .select(['bulletin_id as id', 'hazard', 'from_at as from', 'until_at as to'])
        .where('agency_id', '=', agencyId)
        .where('lifted_at', 'is', null)
        .where('until_at', '>', at)
        .orderBy('bulletin_id')
        .execute()
      return rows
    },
  }
}

export function scheduleSweepPort(db: Database): ScheduleSweepPort {
  return {
    async dueOccurrences(at, limit) {
      const { rows } = await sql<{ agencyId: number; occurrenceId: number }>`
        select agency_id as "agencyId", id as "occurrenceId" from occurrence where look_at <= ${at}
        union
        select o.agency_id, o.id from occurrence o
          join signature s on s.agency_id = o.agency_id and s.bulletin_id = o.bulletin_id
        where o.state in ('drafted', 'escalated', 'alarmed')
        limit ${limit}
      `.execute(db)
      return rows
    },
    async unplanned(day, limit) {
      const { rows } = await sql<{ agencyId: number }>`
        select distinct agency_id as "agencyId" from schedule
        where planned_on is null or planned_on < ${day}::date
        limit ${limit}
      `.execute(db)
      return rows.map((row) => row.agencyId)
    },
    async lookLater(agencyId, occurrenceId, lookAt) {
      await db
        .updateTable('occurrence')
        .set({ look_at: lookAt })
        .where('agency_id', '=', agencyId)
        .where('id', '=', occurrenceId)
        .where('look_at', 'is not', null)
        .execute()
    },
  }
}
