/** 回执, 回复: what was heard is kept in one commit, each thing once, and compared afterwards. Senders'
 *  numbers stand here as keyed digests or sealed, never as text. */
import { sql } from 'kysely'
import { normaliseAddress } from '../../domain/address.ts'
import type { RoadKey } from '../../hub/ports/engine.ts'
import type {
  HeardReceipt,
  HeardReply,
  ReceiptPort,
  UnknownReceipt,
} from '../../hub/ports/receipts.ts'
import { hmacSha256 } from '../../kit/hash.ts'
import type { Database, Queryable } from '../connect.ts'
import { blindIndexOf, type VaultKeys } from '../vault.ts'
import { apply } from './apply.ts'
import { repliesOf, sealReply, unmatchedReplies } from './replies.ts'
import { endTurn, giveUp, roadsToAsk, takeTurn } from './watch.ts'

const ROWS_A_STATEMENT_MAX = 2_000

export function receiptPort(db: Database, keys: VaultKeys): ReceiptPort {
  return {
    keep: (road, heard, at) =>
      // One statement is a transaction of its own.
      heard.replies.length === 0 && heard.receipts.length <= ROWS_A_STATEMENT_MAX
        ? keep(db, keys, road, heard, at)
        : db.transaction().execute((tx) => keep(tx, keys, road, heard, at)),
    async dueRoads(at, limit) {
      const { rows } = await sql<RoadKey>`
        select distinct agency_id as "agencyId", channel_id as "channelId", road_id as "roadId"
        from receipt where look_at <= ${at} limit ${limit}
      `.execute(db)
      return rows
    },
    apply: (road, options) => apply(db, road, options),
    giveUp: (at) => giveUp(db, at),
    roadsToAsk: (at, limit) => roadsToAsk(db, at, limit),
    takeTurn: (road, options) => takeTurn(db, keys, road, options),
    endTurn: (road, token) => endTurn(db, road, token),
    async dueReplies(at, limit) {
      const { rows } = await sql<{ agencyId: number }>`
        select distinct agency_id as "agencyId" from reply where look_at <= ${at} limit ${limit}
      `.execute(db)
      return rows.map((row) => row.agencyId)
    },
    unknownReceipts: (agencyId, page) => unknownReceipts(db, agencyId, page),
    repliesOf: (agencyId, bulletinId, page) => repliesOf(db, keys, agencyId, bulletinId, page),
    unmatchedReplies: (agencyId, page) => unmatchedReplies(db, keys, agencyId, page),
  }
}

async function keep(
  tx: Queryable,
  keys: VaultKeys,
  road: RoadKey,
  heard: { readonly receipts: readonly HeardReceipt[]; readonly replies: readonly HeardReply[] },
  at: Date,
): Promise<number> {
  const named = heard.replies.length > 0 || heard.receipts.some((one) => one.address !== undefined)
  const kind = named ? await addressKind(tx, road) : ''
  let fresh = 0
  for (let from = 0; from < heard.receipts.length; from += ROWS_A_STATEMENT_MAX) {
    const part = heard.receipts.slice(from, from + ROWS_A_STATEMENT_MAX)
    fresh += await keepReceipts(tx, keys, road, kind, part, at)
  }
  for (let from = 0; from < heard.replies.length; from += ROWS_A_STATEMENT_MAX) {
    const part = heard.replies.slice(from, from + ROWS_A_STATEMENT_MAX)
    fresh += await keepReplies(tx, keys, road, kind, part, at)
  }
  return fresh
}

async function addressKind(
  tx: Queryable,
  road: { readonly agencyId: number; readonly channelId: string },
): Promise<string> {
  const { address_kind } = await tx
    .selectFrom('channel')
    .select('address_kind')
    .where('agency_id', '=', road.agencyId)
    .where('id', '=', road.channelId)
    .executeTakeFirstOrThrow()
  return address_kind
}

/** Platforms write numbers in their own way; what is no address at all is kept as it came. */
function blindOf(keys: VaultKeys, agencyId: number, kind: string, written: string): Buffer {
  const form = normaliseAddress(kind, written)
  return blindIndexOf(keys, agencyId, kind, 'value' in form ? form.value : written)
}

/** The same news heard twice, by a callback and when asked or by both at once, has the same key. */
function heardKey(keys: VaultKeys, road: RoadKey, parts: readonly (string | undefined)[]): Buffer {
  const subject = [road.agencyId, road.channelId, ...parts.map((part) => part ?? null)]
  return hmacSha256(keys.blindIndex, JSON.stringify(subject))
}

async function keepReceipts(
  tx: Queryable,
  keys: VaultKeys,
  road: RoadKey,
  kind: string,
  receipts: readonly HeardReceipt[],
  at: Date,
): Promise<number> {
  const rows = receipts.map((one) => {
    const { address, reference, state, code } = one
    const blind = address === undefined ? null : blindOf(keys, road.agencyId, kind, address)
    const parts = ['receipt', reference, blind?.toString('hex'), state, code]
    return { ...one, blind, key: heardKey(keys, road, parts) }
  })
  const { numAffectedRows } = await sql`
    insert into receipt (agency_id, channel_id, road_id, reference, state, code, occurred_at,
      recorded_at, heard_key, address_blind, look_at)
    select ${road.agencyId}::int, ${road.channelId}::text, ${road.roadId}::text, t.reference, t.state,
      t.code, t.occurred_at, ${at}::timestamptz, t.heard_key, t.blind, ${at}::timestamptz
    from unnest(${rows.map((row) => row.reference)}::text[], ${rows.map((row) => row.state)}::text[],
      ${rows.map((row) => row.code ?? null)}::text[], ${rows.map((row) => row.at)}::timestamptz[],
      ${rows.map((row) => row.key)}::bytea[], ${rows.map((row) => row.blind)}::bytea[])
      as t (reference, state, code, occurred_at, heard_key, blind)
    order by t.heard_key
    on conflict (agency_id, heard_key) do nothing
  `.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

const MINUTE_MS = 60_000

async function keepReplies(
  tx: Queryable,
  keys: VaultKeys,
  road: RoadKey,
  kind: string,
  replies: readonly HeardReply[],
  at: Date,
): Promise<number> {
  const { agencyId } = road
  const rows = replies.map((one) => {
    const blind = blindOf(keys, agencyId, kind, one.from)
    const minute = String(Math.floor(one.at.getTime() / MINUTE_MS))
    const parts = one.id === undefined ? [blind.toString('hex'), one.text, minute] : [one.id]
    const key = heardKey(keys, road, ['reply', ...parts])
    return { ...one, blind, key, cipher: sealReply(keys, agencyId, key, one) }
  })
  const { numAffectedRows } = await sql`
    insert into reply (agency_id, channel_id, road_id, heard_key, sender_blind, key_id, cipher,
      text_hash, meaning, reference, occurred_at, recorded_at, look_at)
    select ${agencyId}::int, ${road.channelId}::text, ${road.roadId}::text, t.heard_key, t.blind,
      ${keys.addressKeyId}::text, t.cipher, t.text_hash, t.meaning, t.reference, t.occurred_at,
      ${at}::timestamptz, ${at}::timestamptz
    from unnest(${rows.map((row) => row.key)}::bytea[], ${rows.map((row) => row.blind)}::bytea[],
      ${rows.map((row) => row.cipher)}::bytea[],
      ${rows.map((row) => hmacSha256(keys.blindIndex, `reply:${row.text}`))}::bytea[],
      ${rows.map((row) => row.meaning)}::text[], ${rows.map((row) => row.reference ?? null)}::text[],
      ${rows.map((row) => row.at)}::timestamptz[])
      with ordinality as t (heard_key, blind, cipher, text_hash, meaning, reference, occurred_at, place)
    order by t.place
    on conflict (agency_id, heard_key) do nothing
  `.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

async function unknownReceipts(
  db: Database,
  agencyId: number,
  page: { readonly limit: number; readonly beforeId?: number },
): Promise<readonly UnknownReceipt[]> {
  let query = db
    .selectFrom('receipt')
    .select(['id', 'channel_id as channelId', 'road_id as roadId', 'reference', 'state', 'code'])
    .select(['occurred_at as occurredAt', 'recorded_at as recordedAt'])
    .where('agency_id', '=', agencyId)
    .where('dispatch_id', 'is', null)
    // Not compared yet is not unknown.
    .where('looks', '>', 0)
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId)
  const rows = await query.execute()
  return rows.map(({ code, ...row }) => ({ ...row, ...(code === null ? {} : { code }) }))
}
