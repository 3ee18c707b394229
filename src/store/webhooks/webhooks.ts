/** Subscriptions of other systems: entered, listed, rotated, paused and told again. */
import { sql } from 'kysely'
import type {
  ReplayWanted,
  WebhookDeliveryRow,
  WebhookPort,
  WebhookRow,
} from '../../hub/ports/webhooks.ts'
import type { Transacting } from '../connect.ts'
import type { VaultKeys } from '../vault.ts'
import { newSecret, sealSecret } from './keys.ts'

const DELIVERIES_SHOWN_MAX = 100

export function webhookPort(tx: Transacting, agencyId: number, keys: VaultKeys): WebhookPort {
  const change = (id: number) =>
    tx.updateTable('webhook').where('agency_id', '=', agencyId).where('id', '=', id)
  const addWebhookKey = (id: number, at: Date) => addKey(tx, keys, { agencyId, id, at })
  return {
    ...readPart(tx, agencyId),
    addWebhookKey,
    async addWebhook({ name, url, kinds, at }) {
      const { id } = await tx
        .insertInto('webhook')
        .values({
          ...{ agency_id: agencyId, name: name.trim(), url, created_at: at },
          kinds: [...new Set(kinds)],
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return { id, secret: await addWebhookKey(id, at) }
    },
    async dropWebhookKey(id, number, at) {
      await dropKeys(tx, agencyId, id, at).where('number', '=', number).execute()
    },
    async pauseWebhook(id, at) {
      await change(id).set({ paused_at: at, pause_reason: 'person' }).execute()
    },
    async resumeWebhook(id) {
      await change(id).set({ paused_at: null, pause_reason: null }).execute()
      await sql`
        update webhook_delivery set attempts = 0, first_at = null, next_at = 'epoch'
        where agency_id = ${agencyId} and webhook_id = ${id} and state = 'waiting'
      `.execute(tx)
    },
    async removeWebhook(id, at) {
      await change(id).set({ removed_at: at }).execute()
      await dropKeys(tx, agencyId, id, at).where('dropped_at', 'is', null).execute()
      await sql`
        update webhook_delivery set state = 'given-up', fault = 'removed',
          lease_token = null, lease_until = null
        where agency_id = ${agencyId} and webhook_id = ${id} and state = 'waiting'
      `.execute(tx)
    },
    replayWebhook: (id, wanted) => replay(tx, agencyId, id, wanted),
    async pingWebhook(id, at) {
      const { id: eventId } = await tx
        .insertInto('webhook_event')
        .values({ agency_id: agencyId, kind: 'ping', at, facts: '{}' })
        .returning('id')
        .executeTakeFirstOrThrow()
      // No subscription names this kind, so that nobody else is told.
      await tx
        .insertInto('webhook_delivery')
        .values({ agency_id: agencyId, webhook_id: id, event_id: eventId })
        .execute()
      return eventId
    },
  }
}

type ReadPart = Pick<WebhookPort, 'webhooks' | 'webhookDeliveries' | 'lockWebhook'>

function readPart(tx: Transacting, agencyId: number): ReadPart {
  return {
    async webhooks() {
      const { rows } = await sql<WebhookRow>`
        select w.id, w.name, w.url, w.kinds, w.created_at as "createdAt", w.paused_at as "pausedAt",
          w.pause_reason as "pauseReason",
          (select count(*)::int from webhook_key k where k.agency_id = w.agency_id
            and k.webhook_id = w.id and k.dropped_at is null) as "liveKeys",
          coalesce(o.waiting, 0) as waiting, coalesce(o.given_up, 0) as "givenUp",
          (select max(d.done_at) from webhook_delivery d where d.agency_id = w.agency_id
            and d.webhook_id = w.id) as "lastDoneAt",
          o.fault as "lastFault"
        from webhook w left join lateral (
          select (count(*) filter (where d.state = 'waiting'))::int as waiting,
            (count(*) filter (where d.state = 'given-up'))::int as given_up,
            (array_agg(d.fault order by d.next_at desc) filter (where d.fault is not null))[1] as fault
          from webhook_delivery d where d.agency_id = w.agency_id and d.webhook_id = w.id
            and d.state <> 'done') o on true
        where w.agency_id = ${agencyId} and w.removed_at is null
        order by w.id
      `.execute(tx)
      return rows
    },
    async webhookDeliveries(id) {
      const { rows } = await sql<WebhookDeliveryRow>`
        select e.id as "eventId", e.kind, e.at, e.bulletin_id as "bulletinId", d.state, d.attempts,
          d.next_at as "nextAt", d.done_at as "doneAt", d.fault
        from webhook_delivery d
          join webhook_event e on e.agency_id = d.agency_id and e.id = d.event_id
        where d.agency_id = ${agencyId} and d.webhook_id = ${id}
        order by e.recorded_at desc, e.id limit ${DELIVERIES_SHOWN_MAX}
      `.execute(tx)
      return rows
    },
    async lockWebhook(id) {
      const webhook = await tx
        .selectFrom('webhook')
        .select('id')
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
      if (!webhook) return undefined
      const live = await tx
        .selectFrom('webhook_key')
        .select('number')
        .where('agency_id', '=', agencyId)
        .where('webhook_id', '=', id)
        .where('dropped_at', 'is', null)
        .orderBy('number')
        .execute()
      return { liveKeys: live.map(({ number }) => number) }
    },
  }
}

async function addKey(
  tx: Transacting,
  keys: VaultKeys,
  { agencyId, id, at }: { readonly agencyId: number; readonly id: number; readonly at: Date },
): Promise<string> {
  const last = await tx
    .selectFrom('webhook_key')
    .select(({ fn }) => fn.max('number').as('number'))
    .where('agency_id', '=', agencyId)
    .where('webhook_id', '=', id)
    .executeTakeFirst()
  const number = (last?.number ?? 0) + 1
  const secret = newSecret()
  await tx
    .insertInto('webhook_key')
    .values({
      ...{ agency_id: agencyId, webhook_id: id, number, created_at: at },
      cipher: sealSecret(keys, { agencyId, webhookId: id, number }, secret),
    })
    .execute()
  return secret
}

function dropKeys(tx: Transacting, agencyId: number, id: number, at: Date) {
  return tx
    .updateTable('webhook_key')
    .set({ cipher: null, dropped_at: at })
    .where('agency_id', '=', agencyId)
    .where('webhook_id', '=', id)
}

/** An event that came before the subscription is new to it and is entered. */
async function replay(
  tx: Transacting,
  agencyId: number,
  id: number,
  wanted: ReplayWanted,
): Promise<number> {
  const which =
    'since' in wanted
      ? sql`e.recorded_at >= ${wanted.since}::timestamptz`
      : sql`e.id = ${wanted.eventId}::uuid`
  const { rows } = await sql`
    insert into webhook_delivery (agency_id, webhook_id, event_id)
    select e.agency_id, w.id, e.id
    from webhook w join webhook_event e on e.agency_id = w.agency_id and e.kind = any (w.kinds)
    where w.agency_id = ${agencyId} and w.id = ${id} and w.removed_at is null and ${which}
    on conflict (agency_id, webhook_id, event_id) do update
      set state = 'waiting', attempts = 0, first_at = null, next_at = 'epoch', done_at = null,
        fault = null, lease_token = null, lease_until = null
    returning event_id
  `.execute(tx)
  return rows.length
}
