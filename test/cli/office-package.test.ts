/** Folders of an office system: whole ones are read, hostile ones are refused before anything of them is. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findPackages, readPackage } from '../../src/cli/office-package.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { docx, paragraph, run } from '../support/office.ts'

const TODAY = '2026-11-25'
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'duoling-packages-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const WHOLE = {
  ...{ externalId: 'OA-1', title: '通知', documentNumber: '桐安监〔2026〕8号' },
  ...{ disclosureAttribute: '主动公开', section: '科', formedOn: '2026-11-20' },
  ...{ categoryId: 'notice', file: '正文.md' },
}
type Files = Readonly<Record<string, string | Uint8Array>>

/** A package in a folder of its own. */
async function pack(
  name: string,
  document: object | string,
  files: Files = { '正文.md': '# 通知\n\n内容' },
) {
  const path = join(root, name)
  await mkdir(path, { recursive: true })
  const json = typeof document === 'string' ? document : JSON.stringify(document)
  await writeFile(join(path, 'document.json'), json)
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content)
  return { name, path }
}
const faultOf = async (found: { name: string; path: string }) =>
  readPackage(found, TODAY).then(
    () => 'taken',
    (error: Error) => error.message,
  )

it('reads text, files and hashes, and hands the same bytes out again', async () => {
  const attachments = [{ file: 'a.txt', name: '名单.txt' }]
  const found = await pack(
    'whole',
    { ...WHOLE, attachments },
    { '正文.md': '# 通知\n\n内容', 'a.txt': '甲' },
  )
  const { arrived, content } = await readPackage(found, TODAY)
  expect(arrived).toMatchObject({
    text: { title: '通知', blocks: [{ kind: 'paragraph', text: '内容' }], losses: [] },
    file: { sha256: sha256Hex('# 通知\n\n内容') },
    attachments: [{ name: '名单.txt', sha256: sha256Hex('甲'), bytes: 3, mediaType: 'text/plain' }],
  })
  const pieces: Uint8Array[] = []
  for (const file of arrived.attachments)
    for await (const piece of content(file)) pieces.push(piece)
  expect(Buffer.concat(pieces).toString()).toBe('甲')
})

it('a Word file says what of it is not in the body; a page number is nothing', async () => {
  const footer = `<w:ftr xmlns:w="w">${paragraph(run('— 1 —'))}</w:ftr>`
  const body = paragraph(run('通知')) + paragraph(run('内容'))
  const word = { ...WHOLE, file: '正文.docx' }
  const plain = docx(body, { parts: { 'word/footer1.xml': footer } })
  const read = await readPackage(await pack('word', word, { '正文.docx': plain }), TODAY)
  expect(read.arrived.text.losses).toEqual([])
  const comments = `<w:comment w:author="王">${paragraph(run('再议'))}</w:comment>`
  const noted = docx(`${body}<w:p><w:del><w:r><w:delText>删</w:delText></w:r></w:del></w:p>`, {
    comments,
  })
  const again = await readPackage(await pack('word', word, { '正文.docx': noted }), TODAY)
  expect(again.arrived.text.losses).toEqual([
    '正文文件有修订痕迹，没有成为稿件的内容',
    '正文文件有批注，没有成为稿件的内容',
  ])
})

it.each<[string, object | string, RegExp]>([
  ['bad-json', '{"externalId": ', /不是完整的 JSON/],
  ['dots', { ...WHOLE, file: '../whole/正文.md' }, /不带路径/],
  ['absolute', { ...WHOLE, file: '/etc/hostname.txt' }, /不带路径/],
  ['absent', { ...WHOLE, file: '没有.md' }, /file：没有这个文件/],
  ['long-json', `{"title": "${'x'.repeat(300_000)}"}`, /上限 0.25 MB/],
  ['front', { ...WHOLE, disclosureAttribute: '不予公开' }, /taken/],
])('%s: %o', async (name, document, expected) => {
  expect(await faultOf(await pack(name, document))).toMatch(expected)
})

it('follows no link, waits for no pipe, reads nothing over its limit', async () => {
  const files = { '正文.md': '# 通知\n\n内容' }
  const attachments = ['link.txt', 'pipe.txt', 'huge.txt', 'folder.txt', 'empty.txt'].map(
    (file) => ({
      ...{ file, name: file },
    }),
  )
  const found = await pack('hostile', { ...WHOLE, attachments }, files)
  await symlink('/etc/passwd', join(found.path, 'link.txt'))
  await promisify(execFile)('mkfifo', [join(found.path, 'pipe.txt')])
  await writeFile(join(found.path, 'huge.txt'), '')
  await truncate(join(found.path, 'huge.txt'), 50 * 1024 * 1024 + 1)
  await mkdir(join(found.path, 'folder.txt'))
  await writeFile(join(found.path, 'empty.txt'), '')
  const faults = (await faultOf(found)).split('；')
  expect(faults.map((one) => one.replace(/，.*/, ''))).toEqual([
    'attachments[0].file：是链接',
    'attachments[1].file：不是普通文件',
    'attachments[2].file：有 52428801 字节',
    'attachments[3].file：不是普通文件',
    'attachments[4].file：文件是空的',
  ])
})

it('a linked folder is refused, and a linked document', async () => {
  const folder = await mkdtemp(join(root, 'links-'))
  const outside = await pack('outside', WHOLE)
  await symlink(outside.path, join(folder, 'linked'))
  await mkdir(join(folder, '.hidden'))
  const [found, more] = await findPackages(folder)
  expect(more).toBeUndefined()
  expect(await faultOf(found ?? { name: '', path: '' })).toMatch(/linked：是链接/)
  const inside = await pack('inside', WHOLE)
  await rename(join(inside.path, 'document.json'), join(root, 'elsewhere.json'))
  await symlink(join(root, 'elsewhere.json'), join(inside.path, 'document.json'))
  expect(await faultOf(inside)).toMatch(/document.json：是链接/)
})

it('a file that changed after it was hashed is noticed by its hash', async () => {
  const found = await pack(
    'changing',
    { ...WHOLE, attachments: [{ file: 'a.txt', name: 'a.txt' }] },
    {
      ...{ '正文.md': '# 通知\n\n内容', 'a.txt': '甲' },
    },
  )
  const { arrived, content } = await readPackage(found, TODAY)
  await writeFile(join(found.path, 'a.txt'), '乙')
  const [file] = arrived.attachments
  if (!file) throw new Error('no attachment')
  const pieces: Uint8Array[] = []
  for await (const piece of content(file)) pieces.push(piece)
  expect(sha256Hex(Buffer.concat(pieces))).not.toBe(file.sha256)
})

it('counts packages: none and too many are refused, one named itself is one', async () => {
  const folder = await mkdtemp(join(root, 'many-'))
  await expect(findPackages(folder)).rejects.toThrow(/没有来文/)
  for (let index = 0; index <= 500; index += 1) await mkdir(join(folder, `p${index}`))
  await expect(findPackages(folder)).rejects.toThrow(/501 件来文，一次最多 500/)
  const single = await pack('single', WHOLE)
  expect(await findPackages(single.path)).toHaveLength(1)
  await expect(findPackages(join(root, 'nowhere'))).rejects.toThrow(/打不开这个文件夹/)
})
