/** Documents of an office system over the API: uploaded, taken in once, refused with every fault at once, and
 *  signed by their paper approval only while not a byte was changed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sha256Hex } from '../../../src/kit/hash.ts'
import { drain, MORNING, PUBLISH } from '../../support/bureau.ts'
import { type Answer, type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter'])
  await desk.enter('han', ['section-head'])
  await desk.enter('wu', ['auditor'])
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })

async function upload(content: string, mediaType: string): Promise<string> {
  const store = desk.settings.blobs(desk.bureau.agencyId)
  return (await store.put({ content: Buffer.from(content), mediaType, at: MORNING })).sha256
}

async function package_(externalId: string, approved = true) {
  const title = `关于${externalId}的通知`
  const text = `# ${title}\n\n${externalId}的正文。\n`
  const fileHash = await upload(text, 'text/markdown')
  const sheetHash = await upload(`${externalId}的审签单`, 'image/jpeg')
  const approval = {
    ...{ reviewer: '陆保密', opinion: '同意公开', reviewedOn: '2026-11-20' },
    ...{ signer: '钱局长', signedOn: '2026-11-23', sheet: '审签单.jpg' },
    fileHash: approved ? fileHash : sha256Hex('别的正文'),
  }
  const document = {
    ...{ externalId, title, documentNumber: '桐应急〔2026〕18号', disclosureAttribute: '主动公开' },
    ...{ section: '办公室', formedOn: '2026-11-20', categoryId: 'notice', file: '正文.md' },
    approval,
  }
  return { document, fileHash, sheetHash }
}

it('arrives once, and its approval signs the very same bytes', async () => {
  const sent = await package_('冬季检查')
  const first = await post('shen', '/office-documents', sent)
  expect(first).toMatchObject({ status: 200, body: { outcome: 'new', differs: false } })
  expect(first.body.approval).toBeUndefined()
  const again = await post('shen', '/office-documents', sent)
  expect(again.body).toMatchObject({ outcome: 'known', bulletinId: first.body.bulletinId })
  const { officeDocumentId, hash: seenHash, bulletinId } = first.body
  const reuse = `/office-documents/${officeDocumentId}/reuse-approval`
  const self = await post('shen', reuse, { seenHash, orders: [PUBLISH] })
  expect(self.body.code).toBe('confirmer-is-enterer')
  const stale = await post('han', reuse, { seenHash: 'a'.repeat(64), orders: [PUBLISH] })
  expect(stale.status).toBe(409)
  const signed = await post('han', reuse, { seenHash, orders: [PUBLISH] })
  expect(signed.body.dispatchIds).toHaveLength(1)
  await drain(desk.bureau)
  const { body } = await desk.call('GET', `/bulletins/${bulletinId}`, { as: 'shen' })
  expect(body.signatures).toMatchObject([{ clearance: 'paper' }])
  expect(desk.bureau.test.sink.accepted.size).toBe(1)
})

it('an approval of other bytes is none', async () => {
  const { body } = await post('shen', '/office-documents', await package_('别的检查', false))
  expect(body).toMatchObject({ outcome: 'new', approval: 'approval-differs' })
  const reuse = `/office-documents/${body.officeDocumentId}/reuse-approval`
  const refused = await post('han', reuse, { seenHash: body.hash, orders: [PUBLISH] })
  expect(refused.body.code).toBe('approval-differs')
})

it('names every fault of the document at once, and a file nobody uploaded', async () => {
  const sent = await package_('有误')
  const wrong = { ...sent.document, title: '', formedOn: '明天', file: '../正文.md' }
  const refused = await post('shen', '/office-documents', { ...sent, document: wrong })
  expect(refused.status).toBe(422)
  const fields = refused.body.errors.map((one: { field: string }) => one.field)
  expect(fields).toEqual(
    expect.arrayContaining(['document.title', 'document.formedOn', 'document.file']),
  )
  const lost = await post('shen', '/office-documents', { ...sent, fileHash: 'c'.repeat(64) })
  expect(lost).toMatchObject({ status: 404, body: { field: 'fileHash' } })
  const more = await post('shen', '/office-documents', {
    ...sent,
    attachmentHashes: [sent.fileHash],
  })
  expect(more).toMatchObject({ status: 422, body: { field: 'attachmentHashes' } })
})

it('is nobody’s business who has none, and unknown elsewhere', async () => {
  const sent = await package_('无关')
  expect((await post('wu', '/office-documents', sent)).status).toBe(403)
  const nowhere = await post('han', '/office-documents/999999/reuse-approval', {
    ...{ seenHash: 'a'.repeat(64), orders: [PUBLISH] },
  })
  expect(nowhere.status).toBe(404)
})
