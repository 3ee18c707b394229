/** `import contacts` as a clerk types it: checked first, taken in once, and never a whole number. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'

let home: Home
beforeAll(async () => {
  home = await newHomeOnServer()
  await mkdir(home.folder, { recursive: true })
})
afterAll(() => home.remove())

const enter = async (text: string, ...argv: readonly string[]) => {
  const file = join(home.folder, '名单.csv')
  await writeFile(file, iconv.encode(text, 'gb18030'))
  return home.run('import', 'contacts', file, ...argv)
}
const LIST =
  '企业名称,手机,区域,受众\n甲厂,19900001001,梧桐街道,媒体\n乙厂,19900001002,乌镇镇,media\n'

it('checks, takes in, and the second time changes nothing', async () => {
  const checked = await enter(LIST, '--check')
  expect(checked.code).toBe(0)
  expect(checked.stdout).toMatch(/将新登记2个：梧桐街道、乌镇镇[\s\S]*新增 2[\s\S]*没有写入/)
  const { code, stdout } = await enter(LIST, '--json')
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { new: 2, encoding: 'gb18030', errors: [] }])
  expect((await enter(LIST, '--by', '吴值班')).stdout).toContain('没有新的内容，未写入')
})

it('names every bad row, ends with 1 and writes nothing', async () => {
  const { code, stdout } = await enter('名称,手机\n丙厂,1990000100\n丁厂,abc\n', '--check')
  expect(code).toBe(1)
  expect(stdout).toMatch(/第2行 手机：只有10位[\s\S]*第3行 手机[\s\S]*没有写入任何一行/)
  expect(stdout).not.toContain('1990000100')
  const after = JSON.parse((await enter('名称\n丙厂\n', '--check', '--json')).stdout)
  expect(after).toMatchObject({ new: 1 })
})

it('a complete list says whom it leaves out', async () => {
  const { stdout } = await enter('名称,受众\n甲厂,媒体\n', '--replace', '--check')
  expect(stdout).toMatch(/名单以本文件为准：移出 \d+ 个联系人/)
})

it.each([
  [['import', 'contacts']],
  [['import', 'contacts', 'a.csv', '--confirm']],
  [['import', 'postings', 'a.csv', '--replace']],
])('%j ends with 2 and a usage', async (argv) => {
  const { code, stderr } = await home.run(...argv)
  expect([code, stderr.includes('用法')]).toEqual([2, true])
})
