/** 人工代发: the tasks people do, and their confirmation in one statement whatever their number. */
import { sql } from 'kysely'
import type { HandPort, HandProgress, HandTask } from '../hub/ports/hand.ts'
import { fromHex } from '../kit/hash.ts'
import { openBlocks } from './claim.ts'
import type { Transacting } from './connect.ts'
import { endDeliveries } from './stopping.ts'
import { markSuccess } from './successes.ts'
import type { VaultKeys } from './vault.ts'

export function handPort(tx: Transacting, agencyId: number, keys: VaultKeys): HandPort {
  return {
    openTasks: (filter) => openTasks(tx, agencyId, keys, filter),
    handProgress: (at) => handProgress(tx, agencyId, at),
    async taskRoad(taskId) {
      const row = await tx
        .selectFrom('hand_task as t')
        .innerJoin('delivery as v', (join) =>
          join
            .onRef('v.agency_id', '=', 't.agency_id')
            .onRef('v.dispatch_id', '=', 't.dispatch_id')
            .onRef('v.month', '=', 't.month')
            .onRef('v.address_id', '=', 't.address_id'),
        )
        .innerJoin('batch as b', (join) =>
          join.onRef('b.agency_id', '=', 'v.agency_id').onRef('b.id', '=', 'v.batch_id'),
        )
        .select(['t.dispatch_id as dispatchId', 'b.channel_id as channelId'])
        .select(['b.road_id as roadId', 't.state'])
        .where('t.agency_id', '=', agencyId)
        .where('t.id', '=', taskId)
        .executeTakeFirst()
      return row
    },
    roadsOfTasks: (taskIds) =>
      tx
        .selectFrom('hand_task as t')
        .innerJoin('dispatch as d', (join) =>
          join.onRef('d.agency_id', '=', 't.agency_id').onRef('d.id', '=', 't.dispatch_id'),
        )
        .innerJoin('delivery as v', (join) =>
          join
            .onRef('v.agency_id', '=', 't.agency_id')
            .onRef('v.dispatch_id', '=', 't.dispatch_id')
            .onRef('v.month', '=', 't.month')
            .onRef('v.address_id', '=', 't.address_id'),
        )
        .innerJoin('batch as b', (join) =>
          join.onRef('b.agency_id', '=', 'v.agency_id').onRef('b.id', '=', 'v.batch_id'),
        )
        .select(['b.channel_id as channelId', 'b.road_id as roadId', 'd.act'])
        .distinct()
        .where('t.agency_id', '=', agencyId)
        .where('t.id', 'in', taskIds.length === 0 ? [0] : [...taskIds])
        .execute(),
    confirmTasks: (request) => confirmTasks(tx, agencyId, request),
  }
}

async function openTasks(
  tx: Transacting,
  agencyId: number,
  keys: VaultKeys,
  filter: Parameters<HandPort['openTasks']>[0],
): Promise<readonly HandTask[]> {
  let query = tx
    .selectFrom('hand_task as t')
    .innerJoin('dispatch as d', (join) =>
      join.onRef('d.agency_id', '=', 't.agency_id').onRef('d.id', '=', 't.dispatch_id'),
    )
    .innerJoin('channel as c', (join) =>
      join.onRef('c.agency_id', '=', 'd.agency_id').onRef('c.id', '=', 'd.channel_id'),
    )
    .innerJoin('bulletin as b', (join) =>
      join.onRef('b.agency_id', '=', 'd.agency_id').onRef('b.id', '=', 'd.bulletin_id'),
    )
    .innerJoin('address as a', (join) =>
      join.onRef('a.agency_id', '=', 't.agency_id').onRef('a.id', '=', 't.address_id'),
    )
    .leftJoin('person as k', (join) =>
      join.onRef('k.agency_id', '=', 't.agency_id').onRef('k.id', '=', 't.keeper_id'),
    )
    .select(['t.id', 't.dispatch_id as dispatchId', 'd.channel_id as channelId', 'd.act'])
    .select(['c.name as channelName', 'c.addressing', 'b.title', 't.due_at as dueAt', 't.state'])
    .select(['t.keeper_id', 'k.name as keeper_name', 'a.block_id', 'a.slot'])
    .where('t.agency_id', '=', agencyId)
    .where('t.state', '=', 'open')
    .where('t.id', '>', filter.afterId ?? 0)
    .orderBy('t.id')
    .limit(filter.limit)
  if (filter.keeperId !== undefined) query = query.where('t.keeper_id', '=', filter.keeperId)
  if (filter.dispatchId !== undefined) query = query.where('t.dispatch_id', '=', filter.dispatchId)
  if (filter.bulletinId !== undefined) query = query.where('d.bulletin_id', '=', filter.bulletinId)
  const rows = await query.execute()
  const values = await openBlocks(tx, keys, agencyId, rows)
  return rows.map(({ block_id, slot, keeper_id, keeper_name, addressing, ...task }) => ({
    ...task,
    target: addressing === 'place' ? task.channelName : (values.get(block_id)?.[slot] ?? ''),
    ...(keeper_id === null ? {} : { keeperId: keeper_id }),
    ...(keeper_name === null ? {} : { keeperName: keeper_name }),
  }))
}

async function handProgress(
  tx: Transacting,
  agencyId: number,
  at: Date,
): Promise<readonly HandProgress[]> {
  const { rows } = await sql<HandProgress>`
    select t.dispatch_id as "dispatchId", d.channel_id as "channelId", b.title,
      count(*) as total, count(*) filter (where t.state = 'done') as done,
      count(*) filter (where t.state = 'open') as open,
      count(*) filter (where t.state = 'open' and t.due_at < ${at}) as overdue,
      count(*) filter (where t.state = 'cancelled') as cancelled
    from hand_task t
      join dispatch d on d.agency_id = t.agency_id and d.id = t.dispatch_id
      join bulletin b on b.agency_id = d.agency_id and b.id = d.bulletin_id
    where t.agency_id = ${agencyId}
    group by t.dispatch_id, d.channel_id, b.title
    order by t.dispatch_id
  `.execute(tx)
  return rows
}

async function confirmTasks(
  tx: Transacting,
  agencyId: number,
  request: Parameters<HandPort['confirmTasks']>[0],
): Promise<readonly number[]> {
  const { taskIds, by, at, occurredAt, url, pictureHash } = request
  const done = await tx
    .updateTable('hand_task')
    .set({
      ...{ state: 'done', done_at: at, done_by: by, url: url ?? null },
      picture_hash: pictureHash === undefined ? null : fromHex(pictureHash),
    })
    .where('agency_id', '=', agencyId)
    .where('id', 'in', taskIds.length === 0 ? [0] : [...taskIds])
    .where('state', '=', 'open')
    .returning(['id', 'dispatch_id', 'address_id'])
    .execute()
  const byDispatch = Map.groupBy(done, (task) => task.dispatch_id)
  for (const [dispatchId, tasks] of byDispatch) {
    await endDeliveries(tx, agencyId, dispatchId, {
      from: ['awaiting'],
      to: 'delivered',
      addressIds: tasks.map((task) => task.address_id),
    })
    const success = { at: occurredAt, ...(url === undefined ? {} : { url }) }
    await markSuccess(tx, { agencyId, dispatchId }, success)
  }
  return done.map((task) => task.id).sort((a, b) => a - b)
}
