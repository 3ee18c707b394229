/** Registered sources and what was received from them. */
import type { Selectable } from 'kysely'
import type { ClearancePort, MessageRow, SourceRow } from '../../hub/ports/clearances.ts'
import { fromHex } from '../../kit/hash.ts'
import type { Transacting } from '../connect.ts'
import type { ClearanceTables } from '../schema/clearances.ts'

type RelayPart = Pick<
  ClearancePort,
  'addSource' | 'source' | 'sources' | 'addSourceConfirmation' | 'addMessage' | 'message'
>

export function relayPort(tx: Transacting, agencyId: number): RelayPart {
  return {
    async addSource({ name, kind, registeredBy, at }) {
      const row = await tx
        .insertInto('relay_source')
        .values({ agency_id: agencyId, name, kind, registered_by: registeredBy, at })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row?.id
    },
    source: (id) => readSource(tx, agencyId, id),
    async sources() {
      const rows = await tx
        .selectFrom('relay_source')
        .select('id')
        .where('agency_id', '=', agencyId)
        .orderBy('name')
        .execute()
      const sources = rows.map((row) => readSource(tx, agencyId, row.id))
      return (await Promise.all(sources)).flatMap((source) => source ?? [])
    },
    async addSourceConfirmation({ sourceId, confirmedBy, at, proofKeyId, proof }) {
      const result = await tx
        .insertInto('relay_source_confirmation')
        .values({
          ...{ agency_id: agencyId, source_id: sourceId, confirmed_by: confirmedBy, at },
          ...{ proof_key_id: proofKeyId, proof: Buffer.from(proof) },
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    async addMessage(message) {
      const { id } = await tx
        .insertInto('relayed_message')
        .values({
          ...{ agency_id: agencyId, source_id: message.sourceId, text: message.text },
          ...{ hash: fromHex(message.hash), issued_at: message.issuedAt, via: message.via },
          ...{ received_at: message.receivedAt, entered_by: message.enteredBy ?? null },
          ...{ proof_key_id: message.proofKeyId, proof: Buffer.from(message.proof) },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    message: (id) => readMessage(tx, agencyId, id),
  }
}

export async function readSource(
  tx: Transacting,
  agencyId: number,
  id: number,
): Promise<SourceRow | undefined> {
  const row = await tx
    .selectFrom('relay_source')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const confirmed = await tx
    .selectFrom('relay_source_confirmation')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .where('source_id', '=', id)
    .executeTakeFirst()
  const { name, kind, at } = row
  return { id, name, kind, at, registeredBy: row.registered_by, ...confirmationOf(confirmed) }
}

function confirmationOf(
  row: Selectable<ClearanceTables['relay_source_confirmation']> | undefined,
): Pick<SourceRow, 'confirmation'> {
  if (!row) return {}
  const { at, proof } = row
  return {
    confirmation: { at, proof, proofKeyId: row.proof_key_id, confirmedBy: row.confirmed_by },
  }
}

export async function readMessage(
  tx: Transacting,
  agencyId: number,
  id: number,
): Promise<MessageRow | undefined> {
  const row = await tx
    .selectFrom('relayed_message')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    ...{ id, sourceId: row.source_id, text: row.text, hash: row.hash.toString('hex') },
    ...{ issuedAt: row.issued_at, receivedAt: row.received_at, via: row.via },
    ...{ proofKeyId: row.proof_key_id, proof: row.proof },
    ...(row.entered_by === null ? {} : { enteredBy: row.entered_by }),
  }
}
