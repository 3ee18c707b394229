/** The list on top of a backup is a file somebody may have written into: it leads nowhere else, and whatever
 *  is no list of ours is refused in words. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EnvironmentFault } from '../../../src/kit/environment-fault.ts'
import { readManifest } from '../../../src/store/backup/manifest.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const GOOD = {
  ...{ version: 1, madeAt: '2026-11-25T02:00:00.000Z', kind: 'live', serverMajor: 18 },
  ...{ migrations: ['0001-people'], keyIds: ['k1'], months: ['2026-11-01'], auditHead: null },
  tables: [
    { name: 'agency', columns: ['id'], file: 'tables/agency.copy.gz', rows: 1, sha256: 'a' },
  ],
  blobs: [{ path: `1/ab/${'a'.repeat(64)}`, bytes: 3 }],
}
const write = (list: unknown) =>
  writeFile(join(folder, 'manifest.json'), typeof list === 'string' ? list : JSON.stringify(list))

it('reads a list of ours', async () => {
  await write(GOOD)
  expect(await readManifest(folder)).toEqual(GOOD)
})

it.each([
  '../keys.json',
  '1/../../keys.json',
  '/etc/passwd',
  '1//x',
  '',
  'a\\..\\b',
  '.hidden',
  'a\u0000b',
])('lets no attachment lead elsewhere: %j', async (path) => {
  await write({ ...GOOD, blobs: [{ path, bytes: 1 }] })
  await expect(readManifest(folder)).rejects.toBeInstanceOf(EnvironmentFault)
})

it.each<[string, unknown]>([
  ['no JSON', '{"version":1'],
  ['nothing', 'null'],
  ['a list', '[]'],
  ['another version', { ...GOOD, version: 2 }],
  ['no attachments', { ...GOOD, blobs: undefined }],
  ['no months', { ...GOOD, months: 'x' }],
  ['a month that is SQL', { ...GOOD, months: ["2026-11-01'; drop table agency"] }],
  ['a table of no shape', { ...GOOD, tables: [null] }],
  ['columns of no shape', { ...GOOD, tables: [{ ...GOOD.tables[0], columns: [1] }] }],
  ['keys of no shape', { ...GOOD, keyIds: { length: 0 } }],
  ['an unknown kind', { ...GOOD, kind: 'both' }],
])('refuses %s', async (_, list) => {
  await write(list)
  await expect(readManifest(folder)).rejects.toBeInstanceOf(EnvironmentFault)
})

it('waits for no pipe and reads no device', async () => {
  execFileSync('mkfifo', [join(folder, 'manifest.json')])
  await expect(readManifest(folder)).rejects.toBeInstanceOf(EnvironmentFault)
  await rm(join(folder, 'manifest.json'))
  await symlink('/dev/zero', join(folder, 'manifest.json'))
  await expect(readManifest(folder)).rejects.toBeInstanceOf(EnvironmentFault)
})
