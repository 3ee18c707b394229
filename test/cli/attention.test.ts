/** The list, the question why and the decisions at a command line: in words and with --json, with the exit
 *  code that says whether somebody has to act. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Home } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import { type Signed, signIn } from '../support/logins.ts'

let home: Home
let as: Signed
beforeAll(async () => {
  home = await newHomeOnServer()
  as = await signIn(home, 'shen', 'wu')
})
afterAll(() => home.remove())

it('nothing is open in an empty bureau', async () => {
  const { code, stdout } = await home.run('attention', '--json')
  expect([code, JSON.parse(stdout)]).toEqual([0, { open: 0, items: [] }])
  expect((await home.run('attention')).stdout).toBe('没有需要关注的事项。\n')
})

it('why names what is not there, and never repeats a number', async () => {
  const unknown = await home.run('why', '--bulletin', '7', '--phone', '13900000000')
  expect([unknown.code, unknown.stderr.includes('没有找到')]).toEqual([4, true])
  const wrong = await home.run('why', '--bulletin', '7', '--phone', '139000000001')
  expect(wrong.code).toBe(4)
  expect(wrong.stdout + wrong.stderr).not.toContain('139000000001')
})

it('a decision asks who, why and about which dispatch', async () => {
  const nobody = await home.run('decide', 'skip', '7', '--reason', '测试')
  expect([nobody.code, nobody.stderr.includes('--as')]).toEqual([4, true])
  const noReason = await as('wu', 'decide', 'retry-failed', '7')
  expect([noReason.code, noReason.stderr.includes('原因')]).toEqual([4, true])
  const missing = await as('wu', 'decide', 'skip', '7', '--reason', '测试')
  expect([missing.code, missing.stderr.includes('没有找到')]).toEqual([4, true])
  const choices = await home.run('decide', 'unsure', '7')
  expect([choices.code, choices.stderr.includes('没有找到')]).toEqual([4, true])
  const sign = await as('shen', 'sign', '7', '--resend-failed', '9')
  expect([sign.code, sign.stdout]).toEqual([4, ''])
})

it.each([
  [['decide']],
  [['decide', 'fly', '7']],
  [['decide', 'skip', 'abc']],
  [['why', '--bulletin', '7']],
  [['why', '--phone', '13900000000']],
  [['why', '--bulletin', '7', '--phone', '13900000000', '--contact', '1']],
])('%j ends with 2 and a usage', async (argv) => {
  const { code, stderr, stdout } = await home.run(...argv)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('用法')
})
