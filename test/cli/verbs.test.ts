/** Each verb works on an empty data folder, in words and with --json, and says what to do when it cannot. */
import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { type Signed, signIn } from '../support/logins.ts'

let home: Home
let as: Signed
beforeAll(async () => {
  home = await newHomeOnServer()
  await mkdir(home.folder, { recursive: true })
  as = await signIn(home, 'shen', 'lu')
})
afterAll(() => home.remove())

describe('on an empty data folder', () => {
  it('totals counts nothing', async () => {
    const { code, stdout } = await home.run('totals', '--year', '2018', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ year: 2018, messages: 0, publications: 0 })
    expect(JSON.parse(stdout).channels).toHaveLength(8)
  })

  it('verify finds no difference', async () => {
    const { code, stdout } = await home.run('verify', '--json')
    expect([code, JSON.parse(stdout)]).toEqual([0, { drift: [] }])
  })

  it('tasks has none', async () => {
    const { code, stdout } = await home.run('tasks')
    expect([code, stdout]).toEqual([0, '没有待办的人工代发任务。\n'])
  })

  it('doctor finds everything in order', async () => {
    const { code, stdout } = await home.run('doctor', '--json')
    const { checks }: { checks: { level: string }[] } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(checks.length).toBeGreaterThan(10)
    expect(checks.every((check) => check.level === 'ok')).toBe(true)
  })

  it('found says that practice mode has its agency', async () => {
    const people = '甲:drafter;乙:secrecy-reviewer;丙:leader'
    const argv = ['--name', '某局', '--short', '局', '--code', '11330483MB', '--people', people]
    const { code, stderr } = await home.run('found', ...argv)
    expect(code).toBe(2)
    expect(stderr).toContain('duoling.config.json')
  })

  it('stop and release name what there is', async () => {
    const nobody = await home.run('stop', '7', '--reason', '测试')
    expect([nobody.code, nobody.stderr.includes('--as')]).toEqual([4, true])
    const stopped = await as('lu', 'stop', '7', '--reason', '测试')
    expect([stopped.code, stopped.stderr.includes('没有找到')]).toEqual([4, true])
    const released = await home.run('release', 'email', 'nowhere')
    expect(released.code).toBe(2)
    expect(released.stderr).toContain('email smtp')
  })

  it('release takes the operator, or the machine with a reason, and audits both', async () => {
    const road = ['email', 'smtp'] as const
    const silent = await home.run('release', ...road)
    expect([silent.code, silent.stderr.includes('--reason')]).toEqual([4, true])
    const blank = await home.run('release', ...road, '--reason', ' \u0007 ')
    expect([blank.code, blank.stdout]).toEqual([4, ''])
    const reviewer = await as('lu', 'release', ...road, '--reason', '余额已充')
    expect([reviewer.code, reviewer.stderr.includes('职责')]).toEqual([4, true])
    expect((await as('shen', 'release', ...road)).code).toBe(0)
    const written = '余额已充，联系13812345678'
    const machine = await home.run('release', ...road, '--reason', written, '--json')
    expect(JSON.parse(machine.stdout)).toEqual({ channelId: 'email', roadId: 'smtp', batches: 0 })
    const url = home.environment['DATABASE_URL'] ?? ''
    const client = new Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query(
      "select p.name, a.facts from audit a left join person p on p.id = a.actor_id where action = 'release-road' order by a.id",
    )
    await client.end()
    expect(rows).toEqual([
      { name: '沈文书', facts: { batches: 0 } },
      {
        name: null,
        facts: {
          ...{ batches: 0, by: `local:${userInfo().username}` },
          reason: '余额已充，联系138****5678',
        },
      },
    ])
  })
})

describe('import postings', () => {
  const header = 'published_on,channel,category,title,url,level,unit,evidence'
  const enter = async (rows: readonly string[], ...argv: readonly string[]) => {
    const file = join(home.folder, '台账.csv')
    await writeFile(file, `${[header, ...rows].join('\n')}\n`)
    return home.run('import', 'postings', file, ...argv)
  }
  const row = '2018-03-01,政府信息公开平台,工作动态,春季检查,https://xxgk.example/1,,,'

  it('checks, enters, waits for a second person, and counts', async () => {
    expect((await enter([row], '--check')).stdout).toContain('没有写入')
    const { stdout } = await enter([row], '--json')
    const { importId } = JSON.parse(stdout)
    const own = await as('shen', 'import', 'confirm', String(importId))
    expect([own.code, own.stderr.includes('另一人')]).toEqual([4, true])
    const other = await as('lu', 'import', 'confirm', String(importId))
    expect([other.code, other.stdout.includes('已计入统计')]).toEqual([0, true])
    const totals = JSON.parse((await home.run('totals', '--year', '2018', '--json')).stdout)
    expect(totals).toMatchObject({ messages: 1, publications: 1 })
  })

  it('names every bad row and leaves nothing behind', async () => {
    const bad = ['2018-13-01,政府信息公开平台,工作动态,甲,,,,', '2018-03-02,广告牌,工作动态,乙,,,,']
    const { code, stdout } = await enter([...bad, row.replace('春季', '夏季')])
    expect(code).toBe(1)
    expect(stdout).toMatch(/第 2 行 published_on[\s\S]*第 3 行 channel[\s\S]*没有导入任何一行/)
  })

  it('says which file it cannot read', async () => {
    const { code, stderr } = await home.run('import', 'postings', join(home.folder, '没有.csv'))
    expect([code, stderr.includes('没有.csv')]).toEqual([3, true])
  })
})

describe('what is written wrongly', () => {
  it.each([
    [['nonsense']],
    [['totals', '--year', '18']],
    [['totals', '--nonsense']],
    [['import', 'postings']],
    [['tasks', 'confirm']],
    [['review', '1']],
    [['sign', 'abc', '--as', 'qian']],
    [['compose', 'x.md']],
    [['audit', 'mend']],
    [['stop', 'abc']],
    [['totals', '--agency', '99']],
  ])('%j ends with 2 and a usage', async (argv) => {
    const { code, stderr, stdout } = await home.run(...argv)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.length).toBeGreaterThan(10)
    expect(stderr).not.toMatch(/\n {4}at /)
  })

  it('help ends with 0', async () => {
    expect((await home.run('--help')).code).toBe(0)
    expect((await home.run('totals', '--help')).stdout).toContain('用法')
  })
})
