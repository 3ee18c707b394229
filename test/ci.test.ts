/** The last line of `.ci/run` may not flatter: what failed, did not load or was skipped is red. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'duoling-ci-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Last line and exit code of one of the scripts over a report. */
function judged(script: string, report: unknown, ...words: readonly string[]) {
  const path = join(folder, 'report.json')
  writeFileSync(path, typeof report === 'string' ? report : JSON.stringify(report))
  const file = join(import.meta.dirname, '..', '.ci', script)
  const { status, stdout } = spawnSync(process.execPath, [file, path, ...words], {
    encoding: 'utf8',
  })
  return `${status} ${stdout.trim().split('\n').at(-1)}`
}

function file(status: string, ...cases: readonly string[]) {
  const assertionResults = cases.map((one) => ({ status: one, fullName: `a test that ${one}` }))
  return { name: 'a.test.ts', status, message: 'why', assertionResults }
}

describe('summary.mjs', () => {
  const summary = (files: readonly unknown[], ...steps: readonly string[]) =>
    judged('summary.mjs', { testResults: files }, ...steps)

  it('is green when everything ran and passed', () => {
    expect(summary([file('passed', 'passed', 'passed')])).toBe('0 2 passed, 0 failed, 0 skipped')
  })

  it('is red for a failed test, a file that did not load, a skipped test, no test', () => {
    expect(summary([file('failed', 'failed', 'passed')])).toBe('1 1 passed, 1 failed, 0 skipped')
    expect(summary([file('failed'), file('passed', 'passed')])).toBe(
      '1 1 passed, 1 failed, 0 skipped',
    )
    expect(summary([file('passed', 'passed', 'pending')])).toBe('1 1 passed, 0 failed, 1 skipped')
    expect(summary([])).toBe('1 0 passed, 1 failed, 0 skipped')
  })

  it('counts a failed step, and the test step only once', () => {
    const failed = file('failed', 'failed')
    expect(summary([file('passed', 'passed')], 'chaos')).toBe('1 1 passed, 1 failed, 0 skipped')
    expect(summary([failed], 'npm test', 'chaos')).toBe('1 0 passed, 2 failed, 0 skipped')
    expect(summary([file('passed', 'passed')], 'npm test')).toBe('1 1 passed, 1 failed, 0 skipped')
  })
})

describe('chaos.mjs', () => {
  const sound = { trials: 50, lost: 0, doubled: 0, unsure: 3 }

  it('passes a run in which nothing was lost or doubled', () => {
    expect(judged('chaos.mjs', sound, '50')).toMatch(/^0 /)
  })

  it.each([{ lost: 1 }, { doubled: 1 }, { trials: 49 }, { lost: undefined }])(
    'not %j',
    (change) => {
      expect(judged('chaos.mjs', { ...sound, ...change }, '50')).toMatch(/^1 expected 50 trials/)
    },
  )

  it('passes when each wanted kind came, or was skipped with a word', () => {
    const kinds = { kills: {}, cuts: {} }
    expect(judged('chaos.mjs', { ...sound, kinds }, '50', 'kills', 'cuts')).toMatch(/^0 /)
    const skipped = ['disk: skipped, it cannot be mounted here']
    expect(judged('chaos.mjs', { ...sound, kinds, skipped }, '50', 'disk')).toMatch(
      /^0 SKIPPED disk/,
    )
  })

  it('not a run without one of them', () => {
    const kinds = { kills: {} }
    expect(judged('chaos.mjs', { ...sound, kinds }, '50', 'kills', 'cuts')).toMatch(
      /^1 expected also: cuts/,
    )
  })

  it('not a report that is none', () => {
    expect(judged('chaos.mjs', '', '50')).toMatch(/^1 /)
  })
})
