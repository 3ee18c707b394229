/** Documents of the office system in the database; nothing of them is ever changed. */
import { sql } from 'kysely'
import type { NewOfficeDocument, OfficeDocumentRow, OfficePort } from '../hub/ports/office.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'

export function officePort(tx: Transacting, agencyId: number): OfficePort {
  return {
    async lockOfficeDocument(externalId) {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`office/${agencyId}/${externalId}`}, 0))`.execute(
        tx,
      )
    },
    async officeDocuments(externalId) {
      const rows = await documents(tx, agencyId)
        .where('office_document.external_id', '=', externalId)
        .orderBy('office_document.id', 'desc')
        .execute()
      return rows.map(readRow)
    },
    async officeDocument(id) {
      const row = await documents(tx, agencyId)
        .where('office_document.id', '=', id)
        .executeTakeFirst()
      return row && readRow(row)
    },
    addOfficeDocument: (document) => add(tx, agencyId, document),
    async addApprovalUse({ officeDocumentId, signatureId, confirmedBy, at }) {
      await tx
        .insertInto('office_approval_use')
        .values({
          ...{ agency_id: agencyId, office_document_id: officeDocumentId, at },
          ...{ signature_id: signatureId, confirmed_by: confirmedBy },
        })
        .execute()
    },
    async personsNamed(name) {
      const rows = await tx
        .selectFrom('person')
        .select('id')
        .where('agency_id', '=', agencyId)
        .where('name', '=', name)
        .orderBy('id')
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}

function documents(tx: Transacting, agencyId: number) {
  return tx
    .selectFrom('office_document')
    .leftJoin('office_approval', (join) =>
      join
        .onRef('office_approval.agency_id', '=', 'office_document.agency_id')
        .onRef('office_approval.office_document_id', '=', 'office_document.id'),
    )
    .leftJoin('office_approval_use', (join) =>
      join
        .onRef('office_approval_use.agency_id', '=', 'office_document.agency_id')
        .onRef('office_approval_use.office_document_id', '=', 'office_document.id'),
    )
    .select([
      'office_document.id',
      'office_document.external_id',
      'office_document.document_number',
    ])
    .select(['office_document.file_hash', 'office_document.package_hash', 'office_document.losses'])
    .select(['office_document.bulletin_id', 'office_document.revision', 'office_document.at'])
    .select(['office_document.revision_hash', 'office_document.entered_by'])
    .select(['office_approval.reviewer', 'office_approval.opinion', 'office_approval.reviewed_on'])
    .select(['office_approval.signer', 'office_approval.signed_on', 'office_approval.sheet_hash'])
    .select(['office_approval.file_hash as approved_hash', 'office_approval.attachment_hashes'])
    .select('office_approval_use.signature_id')
    .where('office_document.agency_id', '=', agencyId)
}

type Row = Awaited<ReturnType<ReturnType<typeof documents>['executeTakeFirstOrThrow']>>

function readRow(row: Row): OfficeDocumentRow {
  return {
    ...{ id: row.id, externalId: row.external_id, documentNumber: row.document_number },
    fileHash: row.file_hash.toString('hex'),
    packageHash: row.package_hash.toString('hex'),
    ...{ bulletinId: row.bulletin_id, revision: row.revision },
    revisionHash: row.revision_hash.toString('hex'),
    ...{ losses: row.losses, enteredBy: row.entered_by, at: row.at },
    ...approvalOf(row),
    ...(row.signature_id === null ? {} : { signatureId: row.signature_id }),
  }
}

function approvalOf(row: Row): Pick<OfficeDocumentRow, 'approval'> {
  const { reviewer, opinion, signer, approved_hash, sheet_hash } = row
  const { reviewed_on, signed_on, attachment_hashes } = row
  // The approval is there whole or not at all.
  if (reviewer === null || opinion === null || signer === null) return {}
  if (approved_hash === null || sheet_hash === null) return {}
  if (reviewed_on === null || signed_on === null) return {}
  return {
    approval: {
      ...{ reviewer, opinion, signer, reviewedOn: reviewed_on, signedOn: signed_on },
      fileHash: approved_hash.toString('hex'),
      attachmentHashes: attachment_hashes ?? [],
      sheetHash: sheet_hash.toString('hex'),
    },
  }
}

async function add(
  tx: Transacting,
  agencyId: number,
  document: NewOfficeDocument,
): Promise<number> {
  const { id } = await tx
    .insertInto('office_document')
    .values({
      ...{ agency_id: agencyId, external_id: document.externalId, at: document.at },
      document_number: document.documentNumber,
      file_hash: fromHex(document.fileHash),
      package_hash: fromHex(document.packageHash),
      ...{ bulletin_id: document.bulletinId, revision: document.revision },
      revision_hash: fromHex(document.revisionHash),
      ...{ losses: [...document.losses], entered_by: document.enteredBy },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const { approval } = document
  if (approval)
    await tx
      .insertInto('office_approval')
      .values({
        ...{ agency_id: agencyId, office_document_id: id },
        ...{ reviewer: approval.reviewer, opinion: approval.opinion, signer: approval.signer },
        ...{ reviewed_on: approval.reviewedOn, signed_on: approval.signedOn },
        file_hash: fromHex(approval.fileHash),
        attachment_hashes: [...approval.attachmentHashes],
        sheet_hash: fromHex(approval.sheetHash),
      })
      .execute()
  return id
}
