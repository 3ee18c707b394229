/** What a careless or hostile hand types: one clear message in Chinese, the right exit code, no hang. */
import { execFileSync } from 'node:child_process'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Home, newHome } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'

let home: Home
beforeAll(async () => {
  home = await newHomeOnServer()
})
afterAll(() => home.remove())

describe('the words of a verb', () => {
  const refused = async (...argv: readonly string[]) => {
    const { code, stdout, stderr } = await home.run(...argv)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toMatch(/option|argument|\n\s+at /i)
    return stderr
  }

  it('names an option it does not know', async () => {
    expect(await refused('totals', '--bogus', '--json')).toContain('没有 --bogus 这个选项')
    expect(await refused('totals', '--year')).toContain('--year 后面缺少内容')
    expect(await refused('verify', '--json=false')).toContain('--json 后面不带内容')
  })

  it('leaves no word out in silence', async () => {
    expect(await refused('totals', '2018')).toContain('多写了“2018”')
    expect(await refused('import', 'postings', 'a.csv', 'b.csv')).toContain('多写了“b.csv”')
  })

  it('takes no number it cannot hold', async () => {
    expect(await refused('stop', '9007199254740993')).toContain('请写明信息编号')
    expect(await refused('import', 'confirm', '9999999999999999')).toContain('请写导入编号')
  })

  it('repeats nothing without end, and nobody’s number', async () => {
    const long = await refused(`13812345678${'长'.repeat(5_000)}`)
    expect(long.split('\n')[0]?.length).toBeLessThan(120)
    expect(long).not.toContain('13812345678')
  })

  it('lets nothing steer the terminal', async () => {
    const stderr = await refused('totals', 'a\u001b[31m')
    expect(stderr).not.toContain('\u001b')
  })
})

describe('files that never end', () => {
  it('refuses a device as a table', async () => {
    const { code, stderr } = await home.run('import', 'postings', '/dev/zero')
    expect(code).toBe(2)
    expect(stderr).toContain('不是文件')
  })

  it('takes no pipe, no link to elsewhere as evidence', async () => {
    execFileSync('mkfifo', [join(home.folder, 'pipe')])
    await symlink('/dev/zero', join(home.folder, 'endless'))
    await symlink('/etc/hostname', join(home.folder, 'elsewhere'))
    const names = ['pipe', 'endless', 'elsewhere']
    const rows = names.map((name) => `2018-01-02,wechat-official,warning,${name},,,,${name}`)
    const file = join(home.folder, 'table.csv')
    const text = ['published_on,channel,category,title,url,level,unit,evidence', ...rows].join('\n')
    await writeFile(file, text)
    const { code, stdout } = await home.run('import', 'postings', file, '--check', '--json')
    const { warnings }: { warnings: { text: string }[] } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(warnings.map((one) => one.text.includes('没有找到证据文件'))).toEqual([true, true, true])
  })

  it('takes no device, folder or missing file as heads of the audit', async () => {
    for (const file of ['/dev/zero', home.folder, join(home.folder, 'none.jsonl')]) {
      const { code, stdout, stderr } = await home.run('audit', 'verify', '--heads', file)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('没有链头文件')
    }
  })

  it('takes no device as the list of a backup', async () => {
    await symlink('/dev/zero', join(home.folder, 'manifest.json'))
    const { code, stderr } = await home.run('restore', home.folder)
    expect([code, stderr.includes('manifest.json')]).toEqual([3, true])
  })

  it.runIf(process.platform === 'linux')('ends where no folder can be made', async () => {
    const nowhere = await newHome({ DUOLING_DATA: '/proc/nowhere/data' })
    const { code, stderr } = await nowhere.run('totals')
    await nowhere.remove()
    expect(code).toBe(3)
    expect(stderr).toContain('DUOLING_DATA')
  })
})

describe('found', () => {
  const people = '甲:drafter;乙:secrecy-reviewer;丙:leader'
  let live: Home
  beforeAll(async () => {
    live = await newHomeOnServer()
    await writeFile(join(live.folder, 'duoling.config.json'), '{"mode":"live"}')
  })
  afterAll(() => live.remove())
  const found = (code: string, who = people, name = '某局') =>
    live.run('found', '--name', name, '--short', '局', '--code', code, '--people', who, '--json')

  it('refuses a person written twice and a name without end', async () => {
    const twice = await found('CODE-1', '甲:drafter;甲:leader')
    expect([twice.code, twice.stdout]).toEqual([2, ''])
    expect(twice.stderr).toContain('“甲”写了两次')
    expect((await found('CODE-1', people, '局'.repeat(101))).stderr).toContain('1 到 100 字')
  })

  it('makes each agency once, and a third beside two', async () => {
    const both = await Promise.all([found('CODE-1'), found('CODE-1')])
    expect(both.map((one) => one.code).sort()).toEqual([0, 3])
    expect(both.find((one) => one.code === 3)?.stderr).toContain('已经建立')
    expect((await found('CODE-2')).code).toBe(0)
    expect((await found('CODE-3')).code).toBe(0)
  })

  it('serve says which agencies there are, and takes one', async () => {
    const { code, stderr } = await live.run('serve')
    expect([code, stderr.includes('--agency')]).toEqual([2, true])
    expect((await live.run('serve', '--agency', '999')).stderr).toContain('没有编号 999 的单位')
  })
})
