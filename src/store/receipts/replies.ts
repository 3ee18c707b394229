/** 回复: sender and text sealed together, the broadcast they answer, and what follows from them. A number
 *  leaves this file masked. */
import { type SqlBool, sql } from 'kysely'
import { maskAddress, normaliseAddress } from '../../domain/address.ts'
import type { Answered, DueReply, Page, Reply, ReplyPort } from '../../hub/ports/receipts.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { Database, Transacting } from '../connect.ts'
import type { VaultKeys } from '../vault.ts'

function label(agencyId: number, key: Uint8Array): string {
  return `reply:${agencyId}:${Buffer.from(key).toString('hex')}`
}

export function sealReply(
  keys: VaultKeys,
  agencyId: number,
  key: Uint8Array,
  { from, text }: { readonly from: string; readonly text: string },
): Buffer {
  return seal(keys.address, Buffer.from(JSON.stringify([from, text])), label(agencyId, key))
}

export function replyPort(tx: Transacting, agencyId: number): ReplyPort {
  return {
    lockReply: (at) => lockReply(tx, agencyId, at),
    answeredBy: (reply, since) => answeredBy(tx, agencyId, reply, since),
    async acknowledge({ dispatchId, addressId }, meaning, at) {
      await sql`
        update delivery v set reply = ${meaning}, acked_at = case
          when ${meaning} = 'confirm' then coalesce(v.acked_at, ${at}::timestamptz)
          else v.acked_at end
        from dispatch d
        where d.agency_id = ${agencyId} and d.id = ${dispatchId} and v.agency_id = ${agencyId}
          and v.dispatch_id = d.id and v.month = d.month and v.address_id = ${addressId}
          and (v.reply is distinct from ${meaning} or v.acked_at is null)
      `.execute(tx)
    },
    async settleReply(id, answered, lookAt) {
      await tx
        .updateTable('reply')
        .set({
          ...{ dispatch_id: answered?.dispatchId ?? null, look_at: lookAt ?? null },
          bulletin_id: answered?.bulletinId ?? null,
          address_id: answered?.addressId ?? null,
        })
        .set((eb) => ({ looks: eb('looks', '+', 1) }))
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .execute()
    },
  }
}

async function lockReply(
  tx: Transacting,
  agencyId: number,
  at: Date,
): Promise<DueReply | undefined> {
  const row = await tx
    .selectFrom('reply')
    .select(['id', 'channel_id as channelId', 'meaning', 'occurred_at as occurredAt', 'looks'])
    .select(['reference', 'sender_blind as blind'])
    .where('agency_id', '=', agencyId)
    .where('look_at', '<=', at)
    .orderBy('look_at')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!row) return undefined
  const { reference, blind, ...facts } = row
  const { rows } = await sql<{ id: number }>`
    with kind as (
      select address_kind from channel where agency_id = ${agencyId} and id = ${row.channelId})
    select a.id, true as used from address a join kind on a.kind = kind.address_kind
    where a.agency_id = ${agencyId} and a.removed_at is null and a.blind_index = ${blind}
    union all
    select a.id, false as used from address a join kind on a.kind = kind.address_kind
    where a.agency_id = ${agencyId} and a.removed_at is not null and a.blind_index = ${blind}
    order by used desc, id
  `.execute(tx)
  return {
    ...facts,
    addressIds: rows.map((address) => address.id),
    ...(reference === null ? {} : { reference }),
  }
}

/** The newest it can have reached: a delivery that failed before any platform named it is no message. */
async function answeredBy(
  tx: Transacting,
  agencyId: number,
  reply: DueReply,
  since: Date,
): Promise<Answered | undefined> {
  if (reply.addressIds.length === 0) return undefined
  const named = sql<SqlBool>`exists (
    select 1 from message_reference m where m.agency_id = ${agencyId}
      and m.channel_id = d.channel_id and m.reference = ${reply.reference ?? null}::text
      and m.dispatch_id = d.id)`
  const { rows } = await sql<Answered>`
    select d.id as "dispatchId", d.bulletin_id as "bulletinId", v.address_id as "addressId"
    from dispatch d
      join delivery v on v.agency_id = ${agencyId} and v.dispatch_id = d.id and v.month = d.month
        and v.address_id = any(${[...reply.addressIds]}::bigint[])
    where d.agency_id = ${agencyId} and d.channel_id = ${reply.channelId}
      and d.not_after >= ${since} and d.created_at <= ${reply.occurredAt}
      and (v.state in ('accepted', 'delivered', 'unsure', 'no-receipt', 'awaiting')
        or (v.state = 'failed' and v.reference is not null))
      and exists (
        select 1 from attempt t where t.agency_id = ${agencyId} and t.batch_id = v.batch_id
          and t.at >= ${since})
    order by ${named} desc, d.id desc
    limit 1
  `.execute(tx)
  return rows[0]
}

/** What is no address of its kind is not shown at all: nobody knows how much of it may be. */
function masked(kind: string, written: string): string {
  const form = normaliseAddress(kind, written)
  return 'value' in form ? maskAddress(kind, form.value) : '***'
}

export function repliesOf(
  db: Database,
  keys: VaultKeys,
  agencyId: number,
  bulletinId: number,
  page: Page,
): Promise<readonly Reply[]> {
  return listed(db, keys, agencyId, page, sql<SqlBool>`r.bulletin_id = ${bulletinId}`)
}

/** One that is still being compared is shown as well: somebody should see it at once. */
export function unmatchedReplies(
  db: Database,
  keys: VaultKeys,
  agencyId: number,
  page: Page,
): Promise<readonly Reply[]> {
  return listed(db, keys, agencyId, page, sql<SqlBool>`r.dispatch_id is null`)
}

async function listed(
  db: Database,
  keys: VaultKeys,
  agencyId: number,
  { limit, beforeId }: Page,
  which: ReturnType<typeof sql<SqlBool>>,
): Promise<readonly Reply[]> {
  let query = db
    .selectFrom('reply as r')
    .innerJoin('channel as c', (join) =>
      join.onRef('c.agency_id', '=', 'r.agency_id').onRef('c.id', '=', 'r.channel_id'),
    )
    .select(['r.id', 'r.channel_id as channelId', 'r.meaning', 'r.occurred_at as occurredAt'])
    .select(['r.dispatch_id', 'r.address_id', 'r.cipher', 'r.heard_key', 'c.address_kind'])
    .where('r.agency_id', '=', agencyId)
    .where(which)
    .orderBy('r.id', 'desc')
    .limit(limit)
  if (beforeId !== undefined) query = query.where('r.id', '<', beforeId)
  return (await query.execute()).map((row) => {
    const { cipher, heard_key, address_kind, dispatch_id, address_id, ...facts } = row
    const plain = unseal(keys.address, cipher, label(agencyId, heard_key))
    const [from = '', text = '']: string[] = JSON.parse(plain.toString())
    return {
      ...{ ...facts, text, sender: masked(address_kind, from) },
      ...(dispatch_id === null ? {} : { dispatchId: dispatch_id }),
      ...(address_id === null ? {} : { addressId: address_id }),
    }
  })
}
