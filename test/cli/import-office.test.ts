/** `import office` and `import approval` as clerks type them: a report a document, one draft, two people. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { sha256Hex } from '../../src/kit/hash.ts'
import type { Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { signIn } from '../support/logins.ts'

// A dozen commands, each a process of its own.
vi.setConfig({ testTimeout: 300_000 })

let home: Home
let folder: string
beforeAll(async () => {
  home = await newHomeOnServer()
  folder = join(home.folder, '来文')
  await pack('a', { externalId: 'OA-1', disclosureAttribute: '主动公开' })
  await pack('b', { externalId: 'OA-2', disclosureAttribute: '不予公开' })
})
afterAll(() => home.remove())

async function pack(name: string, more: object) {
  const path = join(folder, name)
  await mkdir(path, { recursive: true })
  const text = `# 关于${name}的通知\n\n请各科室做好${name}的安全检查。`
  await writeFile(join(path, '正文.md'), text)
  await writeFile(join(path, '审签单.jpg'), '扫描件')
  const document = {
    ...{ title: `关于${name}的通知`, documentNumber: '桐安监〔2026〕8号', section: '监督管理科' },
    ...{ formedOn: '2026-01-05', categoryId: 'notice', file: '正文.md', ...more },
    approval: {
      ...{ reviewer: '陆保密', opinion: '同意公开', reviewedOn: '2026-01-06', signer: '钱局长' },
      ...{ signedOn: '2026-01-07', fileHash: sha256Hex(text), sheet: '审签单.jpg' },
    },
  }
  await writeFile(join(path, 'document.json'), JSON.stringify(document))
}

it('checks, takes in once, and a second person makes the paper a signature', async () => {
  const checked = await home.run('import', 'office', folder, '--check')
  expect(checked.code, checked.stderr).toBe(0)
  expect(checked.stdout).toMatch(/a {2}将新建草稿；.*批准可沿用/)
  expect(checked.stdout).toMatch(/b {2}将新建草稿；公开属性为不予公开.*批准不可沿用/)
  const taken = await home.run('import', 'office', folder, '--by', '沈文书', '--json')
  expect(taken.code, taken.stderr).toBe(0)
  const { packages } = JSON.parse(taken.stdout)
  expect(packages).toMatchObject([
    { folder: 'a', outcome: 'new', approval: { reusable: true } },
    { folder: 'b', outcome: 'new', approval: { reusable: false, code: 'not-public' } },
  ])
  expect((await home.run('import', 'office', folder)).stdout).toMatch(/a {2}已有[\s\S]*已有 2/)
  const [{ officeDocumentId, hash }] = packages
  const words = ['import', 'approval', String(officeDocumentId), '--hash', hash.slice(0, 16)]
  const order = ['--channels', 'disclosure-portal']
  const as = await signIn(home, 'wu', 'shen')
  const same = await as('shen', ...words, ...order)
  expect([same.code, same.stderr]).toEqual([4, expect.stringContaining('录入人不能确认')])
  const done = await as('wu', ...words, ...order)
  expect(done.code, done.stderr).toBe(0)
  expect(done.stdout).toMatch(/纸质审签已沿用/)
})

it('a faulty package is named with every fault, ends with 1, and the others go on', async () => {
  await pack('c', { externalId: '', formedOn: '昨天' })
  await pack('d', { externalId: 'OA-4', disclosureAttribute: '主动公开' })
  const { code, stdout } = await home.run('import', 'office', folder)
  expect(code).toBe(1)
  expect(stdout).toMatch(/c {2}有误 {2}externalId：缺少这一项[\s\S]*c {2}有误 {2}formedOn/)
  expect(stdout).toMatch(/d {2}新建草稿/)
})

it.each([
  [['import', 'office']],
  [['import', 'office', 'x', '--replace']],
  [['import', 'office', 'x', '--channels', 'a']],
  [['import', 'approval', 'x', '--hash', 'a'.repeat(8)]],
  [['import', 'approval', '1']],
])('%j ends with 2', async (argv) => {
  expect((await home.run(...argv)).code).toBe(2)
})
