/** 审签沿用: the paper of the very file becomes a signature by two people; one byte else and it does not. */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { revise } from '../../../src/hub/compose.ts'
import type { DispatchOrder } from '../../../src/hub/manifest.ts'
import { reuseApproval } from '../../../src/hub/office/approval.ts'
import type { Arrival } from '../../../src/hub/office/receive.ts'
import { returnForEdit, review } from '../../../src/hub/review.ts'
import { plan } from '../../../src/hub/submit.ts'
import { arrive, type Office, openOffice, type Paper, written } from '../../support/arrivals.ts'
import {
  drain,
  MORNING,
  NOTIFY,
  type PersonName,
  PUBLISH,
  submitBy,
  text,
} from '../../support/bureau.ts'
import { type Forger, openForger } from '../../support/forger.ts'

let office: Office
let owner: Forger
beforeAll(async () => {
  office = await openOffice()
  owner = await openForger(office.database)
})
afterAll(async () => {
  await owner.close()
  await office.close()
})

const ORDERS: readonly DispatchOrder[] = [PUBLISH, NOTIFY]
const refusal = (code: string) => ({ refusal: { code } })
let number = 0
const next = (paper: Partial<Paper> = {}) => {
  number += 1
  return arrive(office, { externalId: `收文${number}`, ...paper })
}
const reuse = (
  { officeDocumentId = 0, hash: revisionHash = '' }: Arrival,
  by: PersonName = '吴值班',
  orders = ORDERS,
) =>
  reuseApproval(office.bureau.test.hub, {
    ...{ agencyId: office.bureau.agencyId, officeDocumentId, revisionHash, orders },
    ...{ confirmedBy: office.bureau.id(by), at: MORNING },
  })
const textOf = ({ bulletinId = 0, hash = '' }: Arrival) => ({ bulletinId, revision: 1, hash })
const papersOf = async ({ bulletinId }: Arrival) => {
  const [row] = await owner.lawful<{ submissions: number; reviews: number; signatures: number }>(
    `select (select count(*)::int from submission where bulletin_id = $1) as submissions,
       (select count(*)::int from review where bulletin_id = $1) as reviews,
       (select count(*)::int from signature where bulletin_id = $1) as signatures`,
    [bulletinId],
  )
  return row
}
const NONE = { submissions: 0, reviews: 0, signatures: 0 }

it('equal hashes and two people: handed in, reviewed and signed as on paper, and really sent', async () => {
  const arrival = await next({ attachments: { '名单.txt': '甲厂' } })
  const { signatureId } = await reuse(arrival)
  await drain(office.bureau)
  expect(office.bureau.test.sink.accepted.size).toBe(21)
  const id = (name: PersonName) => office.bureau.id(name)
  const [signature] = await owner.lawful<object>(
    `select s.clearance, s.signer_id::int, s.entered_by::int, s.confirmed_by::int,
       encode(s.sheet_hash, 'hex') as sheet, v.reviewer_id::int, v.opinion, v.note,
       h.submitted_by::int, u.confirmed_by::int as used_by
     from signature s join review v using (agency_id, bulletin_id, hash)
       join submission h using (agency_id, bulletin_id, hash)
       join office_approval_use u on u.agency_id = s.agency_id and u.signature_id = s.id
     where s.id = $1`,
    [signatureId],
  )
  const sheet = written({ externalId: 'x' }).arrived.sheet?.sha256
  expect(signature).toMatchObject({
    ...{ clearance: 'paper', signer_id: id('钱局长'), entered_by: id('沈文书'), sheet },
    ...{ confirmed_by: id('吴值班'), used_by: id('吴值班'), submitted_by: id('沈文书') },
    ...{ reviewer_id: id('陆保密'), opinion: 'public' },
    note: expect.stringMatching(/桐安监〔2026〕8号.*2026-11-23 保密审查.*2026-11-24 签发/),
  })
  const audit = await owner.lawful(`select facts from audit where action = 'reuse-approval'`, [])
  expect(JSON.stringify(audit)).toContain(sheet)
  expect(JSON.stringify(audit)).not.toMatch(/陆保密|钱局长|吴值班/)
  await expect(reuse(arrival)).rejects.toMatchObject(refusal('already-confirmed'))
})

it('a draft that was edited, or returned, is not what was approved', async () => {
  const arrival = await next()
  const { agencyId, test, id } = office.bureau
  const { bulletinId, hash } = textOf(arrival)
  await revise(test.hub, {
    ...{ agencyId, bulletinId, at: MORNING, authorId: id('吴值班'), seenHash: hash },
    content: text('改'),
  })
  await expect(reuse(arrival, '陆保密')).rejects.toMatchObject(refusal('approval-differs'))
  const returned = await next()
  await returnForEdit(test.hub, {
    ...{ agencyId, bulletinId: textOf(returned).bulletinId, at: MORNING, reason: '误' },
    ...{ returnedBy: id('钱局长'), seenHash: textOf(returned).hash },
  })
  await expect(reuse(returned)).rejects.toMatchObject(refusal('returned'))
})

it.each<[Partial<Paper>, string]>([
  [{ approval: { fileHash: 'a'.repeat(64) } }, 'approval-differs'],
  [{ approval: { attachmentHashes: [] }, attachments: { 'a.txt': '甲' } }, 'approval-differs'],
  [{ losses: ['正文文件有批注'] }, 'approval-differs'],
  [{ approval: 'none' }, 'not-reviewed'],
  [{ attribute: '不予公开' }, 'not-public'],
  [{ approval: { reviewer: '王不在' } }, 'out-of-office'],
  [{ approval: { reviewer: '钱局长' } }, 'reviewer-may-not-sign'],
  [{ approval: { reviewer: '吴值班' } }, 'not-allowed'],
  [{ approval: { signer: '王不在' } }, 'out-of-office'],
  [{ approval: { signer: '吴值班' } }, 'not-allowed'],
  [{ approval: { reviewer: '周副局', signer: '周副局' } }, 'reviewer-may-not-sign'],
])('%j: %s, and nothing is written', async (paper, code) => {
  const arrival = await next(paper)
  await expect(reuse(arrival, '周副局')).rejects.toMatchObject(refusal(code))
  expect(await papersOf(arrival)).toEqual(NONE)
})

it('nobody confirms what they entered, and nobody confirms another text than they saw', async () => {
  const arrival = await next()
  await expect(reuse(arrival, '沈文书')).rejects.toMatchObject(refusal('confirmer-is-enterer'))
  await expect(reuse({ ...arrival, hash: 'b'.repeat(64) })).rejects.toMatchObject(
    refusal('not-latest-revision'),
  )
  await expect(reuse({ ...arrival, officeDocumentId: 999_999 })).rejects.toMatchObject(
    refusal('not-found'),
  )
  expect(await papersOf(arrival)).toEqual(NONE)
})

it('the author on the sheet is refused, whoever confirms', async () => {
  const arrival = await arrive(
    office,
    { externalId: '自己写的', approval: { signer: '周副局' } },
    { by: '周副局' },
  )
  await expect(reuse(arrival)).rejects.toMatchObject(refusal('author-may-not-sign'))
  expect(await papersOf(arrival)).toEqual(NONE)
})

it('an opinion given here that says no outweighs the paper', async () => {
  const arrival = await next()
  const { agencyId, test, id } = office.bureau
  await submitBy(office.bureau, '沈文书', textOf(arrival), ORDERS)
  await review(test.hub, {
    ...{ agencyId, bulletinId: textOf(arrival).bulletinId, at: MORNING, opinion: 'withheld' },
    ...{ reviewerId: id('周副局'), seenHash: textOf(arrival).hash },
  })
  await expect(reuse(arrival)).rejects.toMatchObject(refusal('not-public'))
})

it('what the checks ask stays unanswered: no signature, no review, no submission', async () => {
  const arrival = await next({ text: '联系人手机 13900001111，请联系。' })
  expect(arrival.findings).toBeGreaterThan(0)
  await expect(reuse(arrival)).rejects.toMatchObject({
    refusal: { code: expect.stringMatching(/^findings-/) },
  })
  expect(await papersOf(arrival)).toEqual(NONE)
})

it('a channel the first person did not plan, or an act beside publishing, is refused', async () => {
  const arrival = await next()
  const { agencyId, test, id } = office.bureau
  const { bulletinId } = textOf(arrival)
  await plan(test.hub, { agencyId, bulletinId, by: id('沈文书'), at: MORNING, orders: [PUBLISH] })
  await expect(reuse(arrival)).rejects.toMatchObject(refusal('value-not-allowed'))
  await expect(
    reuse(arrival, '吴值班', [{ channelId: 'board', act: 'withdraw', reason: '误' }]),
  ).rejects.toMatchObject(refusal('act-not-possible'))
  await reuse(arrival, '吴值班', [PUBLISH])
  expect(await papersOf(arrival)).toEqual({ submissions: 1, reviews: 1, signatures: 1 })
})

it('a refusal at the last step leaves nothing of the steps before', async () => {
  const arrival = await next()
  await expect(
    reuse(arrival, '吴值班', [{ ...NOTIFY, audiences: ['major-hazard'] }]),
  ).rejects.toMatchObject(refusal('audience-empty'))
  expect(await papersOf(arrival)).toEqual(NONE)
})

it('two confirm at once: one signature', async () => {
  const arrival = await next()
  const both = await Promise.allSettled([reuse(arrival), reuse(arrival, '陆保密')])
  expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await papersOf(arrival)).toMatchObject({ signatures: 1 })
})

it('an original that is no longer what it was on disk is refused', async () => {
  const paper = { externalId: '损坏的' }
  const arrival = await arrive(office, paper)
  const hash = written(paper).arrived.file.sha256
  const files = await readdir(office.folder, { recursive: true })
  const path = files.find((one) => one.endsWith(hash)) ?? ''
  await writeFile(join(office.folder, path), '换过的')
  await expect(reuse(arrival)).rejects.toMatchObject(refusal('approval-differs'))
  expect(await papersOf(arrival)).toEqual(NONE)
})

it('the database refuses a use that does not belong to its document', async () => {
  const [one, other] = [await next(), await next()]
  const { signatureId } = await reuse(one)
  await expect(
    owner.lawful(`insert into office_approval_use values ($1, $2, $3, $4, now())`, [
      office.bureau.agencyId,
      other.officeDocumentId,
      signatureId,
      office.bureau.id('吴值班'),
    ]),
  ).rejects.toThrow(/approval-differs/)
  await expect(
    owner.lawful(`update office_approval set signer = 'x' where office_document_id = $1`, [
      other.officeDocumentId,
    ]),
  ).rejects.toThrow(/never changed/)
})
