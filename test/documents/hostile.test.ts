/** Files that must not be read, cannot be read, or would never end: each is an answer, never a fault. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { openArchive } from '../../src/documents/archive.ts'
import { readFile } from '../../src/documents/file.ts'
import { openReader } from '../../src/documents/reader.ts'
import { docx, paragraph, run, xlsx, zip } from '../support/office.ts'

const PDF = readFileSync(join(import.meta.dirname, '../fixtures/notice.pdf'))
const reader = openReader()
afterAll(() => reader.close())

const reason = async (bytes: Uint8Array, mediaType = '') => {
  const read = await readFile(bytes, mediaType)
  return read.kind === 'unreadable' ? read.reason : read.kind
}
const bytes = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0))
const ENTITIES =
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><w:document><w:body>&b;</w:body></w:document>'

it.each([
  ['nothing', new Uint8Array(), 'unknown-format'],
  ['half a zip', docx(paragraph(run('x'))).slice(0, 200), 'corrupt'],
  ['a zip of files', zip({ 'a.txt': 'x' }), 'archive'],
  ['an ofd', zip({ 'OFD.xml': 'x' }), 'old-format'],
  [
    'a presentation',
    zip({ '[Content_Types].xml': 'x', 'ppt/presentation.xml': 'x' }),
    'unknown-format',
  ],
  ['an old document', bytes('\u00d0\u00cf\u0011\u00e0 old'), 'old-format'],
  [
    'a document with a password',
    bytes(`\u00d0\u00cf\u0011\u00e0 ${[...'EncryptedPackage'].join('\u0000')}`),
    'encrypted',
  ],
  [
    'a zip with a password',
    Uint8Array.from(docx(''), (one, at) => (at === 6 ? 1 : one)),
    'encrypted',
  ],
  ['entities', zip({ 'word/document.xml': ENTITIES }), 'corrupt'],
  ['no XML', zip({ 'word/document.xml': 'not xml' }), 'corrupt'],
  ['elements without end', docx('<w:sdt>'.repeat(5_000)), 'corrupt'],
  ['a bomb of blanks', docx(paragraph(run(' '.repeat(20_000_000)))), 'swollen'],
  [
    'too many parts',
    zip(Object.fromEntries(Array.from({ length: 5_001 }, (_, at) => [`a${at}`, '']))),
    'too-many-parts',
  ],
  ['half a pdf', PDF.subarray(0, 600), 'corrupt'],
  ['a picture', bytes('\u0089PNG....'), 'picture'],
  ['a program', bytes('\u007fELF\u0000'), 'unknown-format'],
])('%s', async (_, file, expected) => {
  expect(await reason(file)).toBe(expected)
})

it('a size that lies is found out by the limit or the checks of the zip', () => {
  const file = docx(paragraph(run('长'.repeat(5_000))))
  const view = new DataView(file.buffer, file.byteOffset)
  for (let at = 0; at + 46 < file.length; at += 1)
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 4_000_000_000, true)
  expect(() => openArchive(file, () => true)).toThrow('swollen')
})

it('one part twice is refused: two readers could see two texts', async () => {
  const file = zip({ 'word/document.xml': 'x', 'word/documenx.xml': 'y' })
  const text = Buffer.from(file)
    .toString('latin1')
    .replaceAll('word/documenx.xml', 'word/document.xml')
  expect(await reason(Buffer.from(text, 'latin1'))).toBe('corrupt')
})

it('reads a pdf with Chinese text in its thread', async () => {
  const read = await reader.read(PDF, 'application/pdf', 'notice.pdf')
  if (read.kind !== 'text') throw new Error(read.kind)
  expect(read.parts.map((part) => part.place)).toEqual(['第1页', '第2页', '属性“标题”'])
  expect(read.parts[0]?.text.normalize('NFKC')).toContain('联系人手机 13800001234')
  expect(read.parts[1]?.text).toContain('330483199001010017')
})

it('plain text is read in either code', async () => {
  const gbk = Uint8Array.of(0xc4, 0xda, 0xb2, 0xbf, 0xd7, 0xca, 0xc1, 0xcf)
  expect(await readFile(gbk, 'text/plain')).toMatchObject({ parts: [{ text: '内部资料' }] })
  expect(await reason(gbk, 'application/octet-stream')).toBe('unknown-format')
})

it('a reader whose time is over answers, and reads the next file', async () => {
  const hasty = openReader({ fileMsMax: 0.01, togetherMsMax: 1_000, heapMegabytesMax: 256 })
  expect(await hasty.read(PDF, '', 'a')).toEqual({ kind: 'unreadable', reason: 'timed-out' })
  await hasty.close()
  const small = openReader({ fileMsMax: 30_000, togetherMsMax: 0, heapMegabytesMax: 256 })
  expect(await small.together().read(PDF, '', 'a')).toMatchObject({ reason: 'timed-out' })
  expect(await small.read(docx(paragraph(run('后一个'))), '', 'b')).toMatchObject({ kind: 'text' })
  await small.close()
})

it('a file that outgrows its memory ends its thread, not the process', async () => {
  const tight = openReader({ fileMsMax: 60_000, togetherMsMax: 60_000, heapMegabytesMax: 24 })
  const rows = Array.from(
    { length: 60_000 },
    (_, at) => `<row><c t="str"><v>${at}号</v></c><c><v>${at}</v></c></row>`,
  )
  const file = xlsx([{ name: 'a', rows: rows.join('') }])
  expect(await tight.read(file, '', 'a')).toEqual({ kind: 'unreadable', reason: 'swollen' })
  expect(await tight.read(docx(paragraph(run('后一个'))), '', 'b')).toMatchObject({ kind: 'text' })
  await tight.close()
})

it('any damage is an answer', async () => {
  const good = docx(paragraph(run('内部资料 13800001234')), { author: '甲' })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
      async (changes) => {
        const file = Uint8Array.from(good)
        for (const [at, value] of changes) file[at] = value
        expect(['text', 'unreadable', 'picture']).toContain(
          (await readFile(file, 'text/plain')).kind,
        )
      },
    ),
    { numRuns: 200 },
  )
})
