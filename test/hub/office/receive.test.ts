/** 来文入库: a draft once, whatever is repeated or comes at once; nobody's edit and no signed text is touched. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { revise } from '../../../src/hub/compose.ts'
import { readContent } from '../../../src/hub/content.ts'
import { stop } from '../../../src/hub/stop.ts'
import { arrive, type Office, openOffice, written } from '../../support/arrivals.ts'
import { MORNING, PUBLISH, reviewBy, signBy, text } from '../../support/bureau.ts'
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

const count = async (table: 'bulletin' | 'revision' | 'office_document') => {
  const [row] = await owner.lawful<{ n: number }>(`select count(*)::int as n from ${table}`, [])
  return row?.n ?? 0
}
const contentOf = ({ bulletinId = 0, hash = '' }) =>
  office.bureau.test.hub.store.transact(office.bureau.agencyId, (tx) =>
    readContent(tx, bulletinId, hash),
  )

it('becomes a draft with its metadata and attachments, and says whether the approval can be used', async () => {
  const paper = { externalId: 'OA-1', attachments: { '名单.pdf': '附件的内容' } }
  const arrival = await arrive(office, paper)
  expect(arrival).toMatchObject({ outcome: 'new', differs: false })
  expect(arrival.approval).toBeUndefined()
  const [file] = written(paper).arrived.attachments
  expect(await contentOf(arrival)).toEqual({
    ...{ title: '关于OA-1的通知', entries: [] },
    blocks: [{ kind: 'paragraph', text: 'OA-1的正文。' }],
    attachments: [{ ...file }],
    metadata: {
      ...{ documentNumber: '桐安监〔2026〕8号', formedOn: '2026-11-20' },
      ...{ section: '监督管理科', disclosureMode: 'proactive' },
    },
  })
  const blobs = office.bureau.test.hub.blobs(office.bureau.agencyId)
  expect(Buffer.from((await blobs.read(file?.sha256 ?? '')) ?? []).toString()).toBe('附件的内容')
  const audit = await owner.lawful<{ facts: object }>(
    `select facts from audit where action = 'receive-office'`,
    [],
  )
  expect(audit).toHaveLength(1)
  expect(JSON.stringify(audit)).not.toMatch(/陆保密|钱局长|OA-1/)
})

it('the same document a second time adds nothing', async () => {
  const first = await arrive(office, { externalId: 'OA-2' })
  const before = [await count('bulletin'), await count('revision'), await count('office_document')]
  const again = await arrive(office, { externalId: 'OA-2' })
  expect(again).toMatchObject({ outcome: 'known', bulletinId: first.bulletinId, differs: false })
  const other = await arrive(office, { externalId: 'OA-2', attachments: { 'x.pdf': 'x' } })
  expect(other).toMatchObject({ outcome: 'known', differs: true })
  expect([
    await count('bulletin'),
    await count('revision'),
    await count('office_document'),
  ]).toEqual(before)
})

it('a check writes nothing', async () => {
  const before = [await count('bulletin'), await count('office_document')]
  const arrival = await arrive(office, { externalId: 'OA-3' }, { checkOnly: true })
  expect(arrival).toEqual({ outcome: 'new', differs: false, findings: 0 })
  expect([await count('bulletin'), await count('office_document')]).toEqual(before)
})

it('ten at once become one draft', async () => {
  const before = await count('bulletin')
  const all = await Promise.all(
    Array.from({ length: 10 }, () => arrive(office, { externalId: 'OA-4' })),
  )
  expect(all.filter((one) => one.outcome === 'new')).toHaveLength(1)
  expect(new Set(all.map((one) => one.bulletinId)).size).toBe(1)
  expect(await count('bulletin')).toBe(before + 1)
})

it('another file for an unsigned draft is its next revision', async () => {
  const first = await arrive(office, { externalId: 'OA-5' })
  const next = await arrive(office, { externalId: 'OA-5', text: '改过的正文。' })
  expect(next).toMatchObject({ outcome: 'revised', bulletinId: first.bulletinId })
  expect(next.hash).not.toBe(first.hash)
  expect((await contentOf(next)).blocks).toEqual([{ kind: 'paragraph', text: '改过的正文。' }])
  // The first file comes again: it was received before and does not undo the second.
  expect(await arrive(office, { externalId: 'OA-5' })).toMatchObject({ outcome: 'known' })
})

it('two other files at once: one after the other, and none is lost', async () => {
  await arrive(office, { externalId: 'OA-6' })
  const both = await Promise.all([
    arrive(office, { externalId: 'OA-6', text: '甲。' }),
    arrive(office, { externalId: 'OA-6', text: '乙。' }),
  ])
  expect(both.map((one) => one.outcome)).toEqual(['revised', 'revised'])
  const rows = await owner.lawful<{ revision: number }>(
    `select revision from office_document where external_id = 'OA-6' order by revision`,
    [],
  )
  expect(rows.map((row) => row.revision)).toEqual([1, 2, 3])
})

it('a text somebody edited here, signed or stopped is left alone', async () => {
  const { bureau } = office
  const edited = await arrive(office, { externalId: 'OA-7' })
  const base = { agencyId: bureau.agencyId, at: MORNING }
  await revise(bureau.test.hub, {
    ...{ ...base, bulletinId: edited.bulletinId ?? 0, authorId: bureau.id('吴值班') },
    ...{ seenHash: edited.hash ?? '', content: text('改') },
  })
  const signed = await arrive(office, { externalId: 'OA-8' })
  const composed = { bulletinId: signed.bulletinId ?? 0, revision: 1, hash: signed.hash ?? '' }
  await reviewBy(bureau, '陆保密', composed)
  await signBy(bureau, '钱局长', composed, [PUBLISH])
  const stopped = await arrive(office, { externalId: 'OA-9' })
  await stop(bureau.test.hub, {
    ...{ ...base, bulletinId: stopped.bulletinId ?? 0, by: bureau.id('钱局长'), reason: '误' },
  })
  const before = await count('revision')
  for (const [externalId, reason] of [
    ['OA-7', 'edited'],
    ['OA-8', 'signed'],
    ['OA-9', 'stopped'],
  ] as const)
    expect(await arrive(office, { externalId, text: '后来的正文。' })).toMatchObject({
      ...{ outcome: 'left-alone', reason },
    })
  expect(await count('revision')).toBe(before)
})

it.each([
  ['依申请公开', {}, 'not-public'],
  ['不予公开', {}, 'not-public'],
  ['主动公开', { approval: 'none' }, 'not-reviewed'],
  ['主动公开', { approval: { fileHash: 'a'.repeat(64) } }, 'approval-differs'],
  ['主动公开', { losses: ['有 1 幅图片没有导入'] }, 'approval-differs'],
  ['主动公开', { approval: { reviewer: '张三' } }, 'out-of-office'],
  ['主动公开', { approval: { signer: '沈文书' } }, 'not-allowed'],
] as const)('%s %j: a draft, and its approval is not used: %s', async (attribute, more, code) => {
  const externalId = `OA-${attribute}-${JSON.stringify(more)}`
  const arrival = await arrive(office, { externalId, attribute, ...more })
  expect(arrival).toMatchObject({ outcome: 'new', approval: { code } })
})

it('refuses whoever is no drafter, an unknown category, and a file without words', async () => {
  const refused = (code: string) => ({ refusal: { code } })
  await expect(arrive(office, { externalId: 'OA-x' }, { by: '陆保密' })).rejects.toMatchObject(
    refused('not-allowed'),
  )
  await expect(
    arrive(office, { externalId: 'OA-x', text: ' ', losses: ['读不出来'] }),
  ).rejects.toMatchObject({ refusal: { code: 'missing-field', detail: '读不出来' } })
  expect(
    await owner.lawful(`select 1 from office_document where external_id = 'OA-x'`, []),
  ).toEqual([])
})
