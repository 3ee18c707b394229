/** The two files that an old Node meets first: each hands over or says one clear thing. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'duoling-bin-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OLD_VERSIONS = `Object.defineProperty(process, 'versions', {
  value: { ...process.versions, node: '20.19.0' } })`

/** An older Node of the machine's own, as a newcomer may have; otherwise ours, dressed as one. */
function oldNode(): readonly string[] {
  for (const place of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']) {
    const path = join(place, 'node')
    if (!existsSync(path)) continue
    const { stdout } = spawnSync(path, ['-p', 'parseInt(process.versions.node)'])
    if (Number(stdout.toString()) < 24) return [path]
  }
  const preload = `data:text/javascript,${encodeURIComponent(OLD_VERSIONS)}`
  return [process.execPath, '--import', preload]
}

const old = oldNode()

function run([node = '', ...flags]: readonly string[], ...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(node, [...flags, ...words], {
    encoding: 'utf8',
    cwd: folder,
  })
  return { status, stdout, stderr }
}

describe('check-node', () => {
  const script = join(ROOT, 'scripts/check-node.mjs')

  it('says nothing under the Node we need', () => {
    expect(run([process.execPath], script)).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('stops with one message under an older one', () => {
    const { status, stderr } = run(old, script)
    expect(status).toBe(3)
    expect(stderr).toContain('下一步')
    expect(stderr).not.toContain('Error')
  })
})

describe('duoling', () => {
  it('can be executed', () => {
    accessSync(join(ROOT, 'bin/duoling'), constants.X_OK)
  })

  it('passes words and exit code on', () => {
    const { status, stderr } = run([process.execPath], join(ROOT, 'bin/duoling'), 'no-such-verb')
    expect(status).toBe(2)
    expect(stderr).toContain('no-such-verb')
  })

  it('hands over to the Node that came with it', () => {
    const { status, stderr } = run(old, join(ROOT, 'bin/duoling'), 'no-such-verb')
    expect(status).toBe(2)
    expect(stderr).toContain('no-such-verb')
  })

  it('says what to install when none came with it', () => {
    cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true })
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
    const { status, stderr } = run(old, join(folder, 'bin/duoling'), 'doctor')
    expect(status).toBe(3)
    expect(stderr).toContain('npm ci')
  })
})
