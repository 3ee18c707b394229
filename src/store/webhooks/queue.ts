/** Events on their way to subscribers: claimed under a lease on the database's clock, and what each attempt
 *  brought. A claim counts the attempt before it is made, so that a crash is one of them. */
import { sql } from 'kysely'
import type { WebhookOutcome } from '../../domain/webhook.ts'
import type { WebhookClaim, WebhookEvent, WebhookQueue } from '../../hub/ports/webhooks.ts'
import type { Database, Transacting } from '../connect.ts'
import type { VaultKeys } from '../vault.ts'
import { noteFinished } from './finished.ts'
import { openSecret } from './keys.ts'

/** Longer than all events of one claim may take together. */
const LEASE_SECONDS = 180
const EVENTS_A_CLAIM_MAX = 10

export function webhookQueue(db: Database, keys: VaultKeys): WebhookQueue {
  return {
    claim: (given) => db.transaction().execute((tx) => claim(tx, keys, given)),
    settle: (held, eventId, outcome, at) =>
      db.transaction().execute((tx) => settle(tx, held, { eventId, outcome, at })),
    async putBack(held, eventIds, nextAt) {
      if (eventIds.length === 0) return
      await sql`
        update webhook_delivery set lease_token = null, lease_until = null,
          attempts = attempts - 1, next_at = ${nextAt},
          first_at = case when attempts = 1 then null else first_at end
        where ${mine(held)} and event_id = any (${[...eventIds]}::uuid[])
      `.execute(db)
    },
    noteFinished: (at) => noteFinished(db, at),
  }
}

interface Row extends WebhookEvent {
  readonly agencyId: number
  readonly webhookId: number
  readonly url: string
  readonly attempts: number
  readonly firstAt: Date
}

async function claim(
  tx: Transacting,
  keys: VaultKeys,
  { at, token, busy }: Parameters<WebhookQueue['claim']>[0],
): Promise<readonly WebhookClaim[]> {
  const { rows } = await sql<Row>`
    with due as (
      select d.agency_id, d.webhook_id, d.event_id, w.url
      from webhook w join lateral (
        select v.agency_id, v.webhook_id, v.event_id from webhook_delivery v
        where v.agency_id = w.agency_id and v.webhook_id = w.id and v.state = 'waiting'
          and v.next_at <= ${at} and (v.lease_until is null or v.lease_until < clock_timestamp())
        order by v.attempts, v.next_at limit ${EVENTS_A_CLAIM_MAX}
        for update skip locked) d on true
      where w.removed_at is null and w.paused_at is null
        and not exists (select 1 from unnest(${busy.map((one) => one.agencyId)}::int[],
          ${busy.map((one) => one.webhookId)}::bigint[]) as b (agency, webhook)
          where b.agency = w.agency_id and b.webhook = w.id)
    ), begun as (
      update webhook_delivery v set attempts = v.attempts + 1, lease_token = ${token}::uuid,
        lease_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}),
        first_at = coalesce(v.first_at, ${at}::timestamptz)
      from due where v.agency_id = due.agency_id and v.webhook_id = due.webhook_id
        and v.event_id = due.event_id
      returning v.agency_id, v.webhook_id, v.event_id, v.attempts, v.first_at, due.url
    )
    select b.agency_id as "agencyId", b.webhook_id as "webhookId", b.url, b.attempts,
      b.first_at as "firstAt", e.id, e.kind, e.at, e.mode, e.bulletin_id as "bulletinId",
      e.publication_id as "publicationId", e.dispatch_id as "dispatchId",
      e.channel_id as "channelId", e.facts
    from begun b join webhook_event e on e.agency_id = b.agency_id and e.id = b.event_id
    order by b.agency_id, b.webhook_id, e.recorded_at, e.id
  `.execute(tx)
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const place = `${row.agencyId}/${row.webhookId}`
    found.set(place, [...(found.get(place) ?? []), row])
  }
  return Promise.all([...found.values()].map((group) => claimOf(tx, keys, token, group)))
}

async function claimOf(
  tx: Transacting,
  keys: VaultKeys,
  token: string,
  group: readonly Row[],
): Promise<WebhookClaim> {
  const [{ agencyId, webhookId, url } = { agencyId: 0, webhookId: 0, url: '' }] = group
  const live = await tx
    .selectFrom('webhook_key')
    .select(['number', 'cipher'])
    .where('agency_id', '=', agencyId)
    .where('webhook_id', '=', webhookId)
    .where('dropped_at', 'is', null)
    .orderBy('number')
    .execute()
  const secrets = live.flatMap(({ number, cipher }) =>
    cipher === null ? [] : [openSecret(keys, { agencyId, webhookId, number }, cipher)],
  )
  const deliveries = group.map(({ attempts, firstAt, ...event }) => ({ event, attempts, firstAt }))
  return { agencyId, webhookId, url, secrets, deliveries, token }
}

/** The rows this claim still holds: an answer after its lease says nothing any more. */
function mine({ agencyId, webhookId, token }: WebhookClaim) {
  return sql`agency_id = ${agencyId} and webhook_id = ${webhookId} and lease_token = ${token}::uuid`
}

async function settle(
  tx: Transacting,
  held: WebhookClaim,
  given: { readonly eventId: string; readonly outcome: WebhookOutcome; readonly at: Date },
): Promise<boolean> {
  const { eventId, outcome, at } = given
  const state = STATE_OF[outcome.kind]
  const { rows } = await sql`
    update webhook_delivery set state = ${state}, lease_token = null, lease_until = null,
      done_at = ${outcome.kind === 'done' ? at : null},
      fault = ${'fault' in outcome ? outcome.fault : null},
      next_at = coalesce(${outcome.kind === 'again' ? outcome.nextAt : null}::timestamptz, next_at)
    where ${mine(held)} and event_id = ${eventId}::uuid
    returning event_id
  `.execute(tx)
  if (outcome.kind === 'gone')
    await tx
      .updateTable('webhook')
      .set({ paused_at: at, pause_reason: 'gone' })
      .where('agency_id', '=', held.agencyId)
      .where('id', '=', held.webhookId)
      .where('paused_at', 'is', null)
      .execute()
  return rows.length === 1
}

const STATE_OF = {
  done: 'done',
  gone: 'waiting',
  again: 'waiting',
  'given-up': 'given-up',
} as const
