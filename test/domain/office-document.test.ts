/** 来文: every fault of a document at once, and only plain file names. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sameWords } from '../../src/domain/office-approval.ts'
import { isPlainName, readOfficeDocument } from '../../src/domain/office-document.ts'

const TODAY = '2026-11-25'
const HASH = 'a'.repeat(64)
const APPROVAL = {
  ...{ reviewer: '陆保密', opinion: '同意公开', reviewedOn: '2026-11-23', signer: '钱局长' },
  ...{ signedOn: '2026-11-24', fileHash: HASH.toUpperCase(), sheet: '审签单.jpg' },
}
const WHOLE = {
  ...{ externalId: 'OA-1', title: '关于检查的通知', documentNumber: '桐安监〔2026〕8号' },
  ...{ disclosureAttribute: '主动公开', section: '监督管理科', formedOn: '2026-11-20' },
  ...{
    categoryId: 'notice',
    file: '正文.docx',
    attachments: [{ file: 'a.xlsx', name: '名单.xlsx' }],
  },
  approval: APPROVAL,
}
const faultsOf = (value: unknown) => {
  const reading = readOfficeDocument(value, TODAY)
  return 'faults' in reading ? reading.faults.map(({ field }) => field) : []
}

it('reads a whole document', () => {
  const reading = readOfficeDocument(WHOLE, TODAY)
  expect(reading).toEqual({
    document: {
      ...WHOLE,
      approval: { ...APPROVAL, opinion: 'public', fileHash: HASH, attachmentHashes: [] },
    },
  })
  const { approval: _, attachments: __, ...least } = WHOLE
  expect(readOfficeDocument(least, TODAY)).toEqual({ document: { ...least, attachments: [] } })
})

it('names every fault at once, and repeats no value', () => {
  const faults = readOfficeDocument(
    {
      ...{ ...WHOLE, externalId: '', title: 7, formedOn: '2026-02-30', file: '../正文.docx' },
      ...{ disclosureAttribute: '公开', aproval: 1, section: '科'.repeat(61) },
      attachments: [{ file: 'a.exe', name: 'x' }, 3],
      approval: {
        ...{ ...APPROVAL, opinion: '同意', reviewedOn: '2026-11-26', fileHash: 'zz' },
        ...{ attachmentHashes: ['13800001234'], sheet: '审签单.docx' },
      },
    },
    TODAY,
  )
  if (!('faults' in faults)) throw new Error('taken')
  expect(faults.faults.map(({ field }) => field).sort()).toEqual(
    [
      ...['externalId', 'title', 'formedOn', 'file', 'disclosureAttribute', 'aproval', 'section'],
      ...['attachments[0].file', 'attachments[1]', 'approval.opinion', 'approval.reviewedOn'],
      ...['approval.fileHash', 'approval.attachmentHashes', 'approval.sheet'],
    ].sort(),
  )
  expect(JSON.stringify(faults)).not.toContain('1380000')
  for (const { text } of faults.faults) expect(text).toMatch(/\p{Script=Han}/u)
})

it.each([
  [null, 'document.json'],
  [[], 'document.json'],
  [{ ...WHOLE, title: '通\u202e知' }, 'title'],
  [{ ...WHOLE, externalId: 'a\u0000b' }, 'externalId'],
  [{ ...WHOLE, formedOn: '2026-11-26' }, 'formedOn'],
  [{ ...WHOLE, attachments: [{ file: '正文.DOCX', name: 'x' }] }, 'attachments'],
  [{ ...WHOLE, attachments: Array(51).fill({ file: 'a.pdf', name: 'x' }) }, 'attachments'],
  [{ ...WHOLE, approval: { ...APPROVAL, signedOn: '2026-11-22' } }, 'approval.signedOn'],
  [{ ...WHOLE, approval: [] }, 'approval.reviewer'],
  [JSON.parse('{"__proto__": {"title": "x"}}'), '__proto__'],
])('refuses %#: %s', (value, field) => {
  expect(faultsOf(value)).toContain(field)
})

it.each([
  ...['../a.pdf', '/etc/a.pdf', 'b/a.pdf', 'b\\a.pdf', 'C:a.pdf', '.a.pdf', 'Document.json'],
  'a*.pdf',
])('%s is no plain name', (name) => {
  expect(isPlainName(name)).toBe(false)
})

it('whatever it is given, it answers a document or faults', () => {
  fc.assert(
    fc.property(fc.anything(), fc.jsonValue(), (one, other) => {
      for (const value of [one, other, { ...WHOLE, attachments: one, approval: other }])
        expect(() => readOfficeDocument(value, TODAY)).not.toThrow()
    }),
  )
})

it('blanks and full width do not make another title', () => {
  expect(sameWords('关于（甲） 厂\n的通知', '关于(甲)厂的通知')).toBe(true)
  expect(sameWords('关于甲厂的通知', '关于乙厂的通知')).toBe(false)
})
