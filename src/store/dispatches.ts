/** Publications, broadcasts and dispatches, and their way into deliveries. */
import { sql } from 'kysely'
import type { DispatchPort, NewDispatch, PublicationFacts } from '../hub/ports/dispatches.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'
import { expand, lockExpansion } from './expand.ts'
import type { Waker } from './queue.ts'
import { cancelWaiting } from './stopping.ts'

export function dispatchPort(tx: Transacting, agencyId: number, waker: Waker): DispatchPort {
  // One signature over eight channels would make the same month and give the same hint eight times.
  const once = onceEach()
  return {
    ...publicationPort(tx, agencyId),
    async signedActs(bulletinId) {
      return tx
        .selectFrom('dispatch')
        .select(['channel_id as channelId', 'act', 'revision'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .execute()
    },
    async signedText(bulletinId, channelId) {
      const row = await tx
        .selectFrom('dispatch as d')
        .innerJoin('revision as r', (join) =>
          join
            .onRef('r.agency_id', '=', 'd.agency_id')
            .onRef('r.bulletin_id', '=', 'd.bulletin_id')
            .onRef('r.number', '=', 'd.revision'),
        )
        .select('r.hash')
        .where('d.agency_id', '=', agencyId)
        .where('d.bulletin_id', '=', bulletinId)
        .where('d.act', '<>', 'withdraw')
        .orderBy(sql`(d.channel_id = ${channelId})`, 'desc')
        .orderBy('d.id', 'desc')
        .executeTakeFirst()
      return row?.hash.toString('hex')
    },
    async addDispatch(dispatch) {
      const { month } = dispatch
      await once(`month ${month}`, () =>
        sql`select ensure_delivery_month(${month}::date)`.execute(tx),
      )
      return addDispatch(tx, agencyId, dispatch)
    },
    lockExpansion: (dispatchId) => lockExpansion(tx, agencyId, dispatchId),
    expand: (dispatchId, options) => expand(tx, agencyId, dispatchId, options),
    async holdDispatch(dispatchId, reason) {
      await tx
        .updateTable('dispatch')
        .set({ state: 'held', held_reason: reason })
        .where('agency_id', '=', agencyId)
        .where('id', '=', dispatchId)
        .execute()
    },
    async stopDispatches(bulletinId, channelId) {
      let update = tx
        .updateTable('dispatch')
        .set({ state: 'stopped' })
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        // A signed withdrawal takes something down; stopping it would leave it standing.
        .where('act', '!=', 'withdraw')
        .where('state', '!=', 'stopped')
      if (channelId !== undefined) update = update.where('channel_id', '=', channelId)
      const rows = await update.returning('id').execute()
      return rows.map((row) => row.id)
    },
    cancelWaiting: (dispatchId, deliveriesMax) =>
      cancelWaiting(tx, agencyId, dispatchId, deliveriesMax),
    // A hint makes its whole lane be looked at.
    wake: (lane, dispatchId, dueAt) =>
      once(`wake ${lane} ${dueAt.getTime()}`, () =>
        waker.wake(tx, { agencyId, lane, dispatchId }, dueAt),
      ),
  }
}

/** Within one transaction; what failed is tried again. */
function onceEach(): (what: string, act: () => Promise<unknown>) => Promise<void> {
  const done = new Set<string>()
  return async (what, act) => {
    if (done.has(what)) return
    await act()
    done.add(what)
  }
}

/** The letter has a name, and a person is to show what became of it. */
const LETTER_LEFT = sql<boolean>`publication.occurred_at is null and exists (
  select 1 from dispatch d
    join delivery v on v.agency_id = d.agency_id and v.dispatch_id = d.id and v.month = d.month
      and v.reference is not null
    join hand_task t on t.agency_id = d.agency_id and t.dispatch_id = d.id
      and t.address_id = v.address_id and t.state <> 'done'
  where d.agency_id = publication.agency_id and d.publication_id = publication.id
    and d.act = 'publish')`

type PublicationPart = Pick<
  DispatchPort,
  'ensurePublication' | 'publications' | 'markDuplicate' | 'ensureBroadcast'
>

function publicationPort(tx: Transacting, agencyId: number): PublicationPart {
  const publications = (bulletinId: number) =>
    tx
      .selectFrom('publication')
      .select(['id', 'channel_id', 'occurred_at', 'withdrawn_at', 'url', 'reference'])
      .select(LETTER_LEFT.as('sent'))
      .where('agency_id', '=', agencyId)
      .where('bulletin_id', '=', bulletinId)
      .orderBy('id')
  return {
    async ensurePublication({ bulletinId, channelId, categoryId, mode }) {
      await tx
        .insertInto('publication')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, channel_id: channelId },
          ...{ category_id: categoryId, origin: 'hub', mode },
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const row = await publications(bulletinId)
        .where('channel_id', '=', channelId)
        .executeTakeFirstOrThrow()
      return publicationFacts(row)
    },
    async publications(bulletinId) {
      return (await publications(bulletinId).execute()).map(publicationFacts)
    },
    async markDuplicate(publicationId, of) {
      await tx
        .updateTable('publication')
        .set({ duplicate_of: of })
        .where('agency_id', '=', agencyId)
        .where('id', '=', publicationId)
        .execute()
    },
    async ensureBroadcast({ bulletinId, categoryId, mode }) {
      await tx
        .insertInto('broadcast')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId },
          ...{ category_id: categoryId, origin: 'hub', mode },
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const row = await tx
        .selectFrom('broadcast')
        .select('id')
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .executeTakeFirstOrThrow()
      return row.id
    },
  }
}

function publicationFacts(row: {
  id: number
  channel_id: string
  occurred_at: Date | null
  withdrawn_at: Date | null
  url: string | null
  reference: string | null
  sent: boolean
}): PublicationFacts {
  return {
    id: row.id,
    channelId: row.channel_id,
    published: row.occurred_at !== null,
    sent: row.sent,
    withdrawn: row.withdrawn_at !== null,
    ...(row.url === null ? {} : { url: row.url }),
    ...(row.reference === null ? {} : { reference: row.reference }),
  }
}

async function addDispatch(
  tx: Transacting,
  agencyId: number,
  dispatch: NewDispatch,
): Promise<number> {
  const { bulletinId, month, day, act, revision, mode, lane, reach, tolerance, state } = dispatch
  const { id } = await tx
    .insertInto('dispatch')
    .values({
      ...{ agency_id: agencyId, act, revision, mode, lane, month, day, reach, tolerance, state },
      bulletin_id: bulletinId,
      signature_id: dispatch.signatureId,
      manifest_line: dispatch.manifestLine,
      channel_id: dispatch.channelId,
      publication_id: dispatch.publicationId ?? null,
      broadcast_id: dispatch.broadcastId ?? null,
      category_id: dispatch.categoryId,
      audience_rule: JSON.stringify(dispatch.audienceRule),
      not_before: dispatch.notBefore,
      not_after: dispatch.notAfter,
      address_id_max: dispatch.addressIdMax ?? null,
      quiet_hold: dispatch.quietHold,
      reason: dispatch.reason ?? null,
      created_at: dispatch.at,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx
    .insertInto('dispatch_payload')
    .values(
      Object.entries(dispatch.payloads).map(([road, hash]) => ({
        ...{ agency_id: agencyId, dispatch_id: id, road_id: road, bulletin_id: bulletinId },
        hash: fromHex(hash),
      })),
    )
    .execute()
  return id
}
