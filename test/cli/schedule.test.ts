/** `duoling schedule` in practice: everything is switched on, dates are marked, nothing fires early. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import type { Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { signIn } from '../support/logins.ts'

let home: Home
beforeAll(async () => {
  home = await newHomeOnServer()
})
afterAll(() => home.remove())

interface Listed {
  readonly id: string
  readonly name: string
  readonly next: { readonly instance: string; readonly dueAt: string; readonly draftAt: string }
}

it('ls shows every standing broadcast with its next time', { timeout: 300_000 }, async () => {
  const { code, stdout } = await home.run('schedule', 'ls', '--json')
  const { schedules, alarms }: { schedules: Listed[]; alarms: unknown[] } = JSON.parse(stdout)
  expect([code, alarms]).toEqual([0, []])
  expect(schedules.map((one) => one.id)).toEqual(STANDING_BROADCASTS.map((one) => one.id).sort())
  expect(schedules.every((one) => Date.parse(one.next.dueAt) > Date.now())).toBe(true)
  const table = await home.run('schedule')
  expect(table.stdout).toContain('高温季节安全提醒')
  expect(table.stdout).toContain('拟稿送审')
})

it('next marks provisional days and keeps to its days', { timeout: 300_000 }, async () => {
  const { stdout } = await home.run('schedule', 'next', '--days', '396', '--json')
  const { occurrences }: { occurrences: { dueAt: string; provisional: boolean }[] } =
    JSON.parse(stdout)
  expect(occurrences.length).toBeGreaterThan(50)
  const times = occurrences.map((one) => Date.parse(one.dueAt))
  expect([...times].sort((a, b) => a - b)).toEqual(times)
  const all = await home.run('schedule', 'next', '--days', '396')
  expect(all.stdout.includes('暂定')).toBe(occurrences.some((one) => one.provisional))
})

it('run refuses before the time and drafts at it', { timeout: 300_000 }, async () => {
  const early = await home.run('schedule', 'run', 'flood-season')
  expect([early.code, early.stderr]).toEqual([4, expect.stringContaining('还没有到时间')])
  const unknown = await home.run('schedule', 'run', 'nothing/2027-01-01')
  expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('没有找到')])
  const unzoned = await home.run('schedule', 'run', 'flood-season', '--at', '2027-04-15')
  expect([unzoned.code, unzoned.stderr]).toEqual([2, expect.stringContaining('时区')])
  const { stdout } = await home.run('schedule', 'ls', '--json')
  const { schedules }: { schedules: Listed[] } = JSON.parse(stdout)
  const flood = schedules.find((one) => one.id === 'flood-season')
  const { instance = '', draftAt = '' } = flood?.next ?? {}
  const drafted = await home.run('schedule', 'run', instance, '--at', draftAt, '--json')
  expect(drafted.code).toBe(0)
  expect(JSON.parse(drafted.stdout)).toEqual({ done: [{ instance, step: 'draft' }] })
})

it('is switched on and off, and one firing cancelled, by who may', {
  timeout: 300_000,
}, async () => {
  const as = await signIn(home, 'zheng')
  const nobody = await home.run('schedule', 'off', 'flood-season')
  expect([nobody.code, nobody.stderr.includes('--as')]).toEqual([4, true])
  const unknown = await home.run('schedule', 'on', 'nothing')
  expect([unknown.code, unknown.stderr.includes('flood-season')]).toEqual([2, true])
  expect((await as('zheng', 'schedule', 'off', 'plum-rains', '--json')).code).toBe(0)
  const { stdout } = await home.run('schedule', 'next', '--days', '396', '--json')
  const { occurrences }: { occurrences: { scheduleId: string; instance: string }[] } =
    JSON.parse(stdout)
  expect(occurrences.some((one) => one.scheduleId === 'plum-rains')).toBe(false)
  const instance = occurrences[0]?.instance ?? ''
  const silent = await as('zheng', 'schedule', 'cancel', instance)
  expect([silent.code, silent.stderr.includes('原因')]).toEqual([4, true])
  const said = await as('zheng', 'schedule', 'cancel', instance, '--reason', '已另行通知', '--json')
  expect(JSON.parse(said.stdout)).toEqual({ instance, cancelled: true })
})
