/** Signatures and the paper sheets that become one. */
import type { PaperPort } from '../hub/ports/papers.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'

type SignaturePart = Pick<
  PaperPort,
  'addSignature' | 'addSheet' | 'lockSheet' | 'markSheetConfirmed'
>

export function signaturePort(tx: Transacting, agencyId: number): SignaturePart {
  return {
    async addSignature(signature) {
      const { paper } = signature
      const { id } = await tx
        .insertInto('signature')
        .values({
          agency_id: agencyId,
          bulletin_id: signature.bulletinId,
          revision: signature.revision,
          hash: fromHex(signature.hash),
          signer_id: signature.signerId,
          at: signature.at,
          clearance: signature.clearance,
          manifest: signature.manifest,
          proof_kind: 'hmac',
          proof_key_id: signature.proofKeyId,
          proof: Buffer.from(signature.proof),
          sheet_hash: paper ? fromHex(paper.sheetHash) : null,
          entered_by: paper?.enteredBy ?? null,
          confirmed_by: paper?.confirmedBy ?? null,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async addSheet(sheet) {
      const { id } = await tx
        .insertInto('paper_sheet')
        .values({
          agency_id: agencyId,
          bulletin_id: sheet.bulletinId,
          revision_hash: fromHex(sheet.revisionHash),
          signer_id: sheet.signerId,
          orders: sheet.orders,
          sheet_hash: fromHex(sheet.sheetHash),
          entered_by: sheet.enteredBy,
          at: sheet.at,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async lockSheet(sheetId) {
      const row = await tx
        .selectFrom('paper_sheet')
        .selectAll()
        .where('agency_id', '=', agencyId)
        .where('id', '=', sheetId)
        .forUpdate()
        .executeTakeFirst()
      return (
        row && {
          bulletinId: row.bulletin_id,
          revisionHash: row.revision_hash.toString('hex'),
          signerId: row.signer_id,
          orders: row.orders,
          sheetHash: row.sheet_hash.toString('hex'),
          enteredBy: row.entered_by,
          at: row.at,
          ...(row.signature_id === null ? {} : { signatureId: row.signature_id }),
        }
      )
    },
    async markSheetConfirmed(sheetId, signatureId) {
      await tx
        .updateTable('paper_sheet')
        .set({ signature_id: signatureId })
        .where('agency_id', '=', agencyId)
        .where('id', '=', sheetId)
        .execute()
    },
  }
}
