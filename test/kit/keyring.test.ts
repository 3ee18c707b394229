/** The keys of an installation: private, made once, never overwritten, refused when in doubt. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKeyring } from '../../src/kit/keyring.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duoling-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

const path = () => join(folder, 'keys.json')

it('makes six different keys and a login, once, in a file only its owner reads', async () => {
  const first = await openKeyring(folder)
  const second = await openKeyring(folder)
  expect([first.created, second.created]).toEqual([true, false])
  expect({ ...second, created: true }).toEqual(first)
  const { proof, item, address, blindIndex, audit, secret } = first
  const keys = [proof, item, address, blindIndex, audit, secret].flatMap((key) => key ?? [])
  expect(new Set(keys.map(({ bytes }) => bytes.toString('hex'))).size).toBe(6)
  expect(new Set(keys.map(({ id }) => id)).size).toBe(6)
  expect(keys.every(({ bytes }) => bytes.length === 32)).toBe(true)
  expect((await stat(path())).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['keys.json'])
})

it('makes its folder, and one set of keys for all who start at once', async () => {
  const inner = join(folder, 'a', 'b')
  const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyring(inner)))
  expect(new Set(rings.map(({ proof }) => proof.bytes.toString('hex'))).size).toBe(1)
  expect(rings.filter(({ created }) => created)).toHaveLength(1)
})

it('refuses a file others can read', async () => {
  await openKeyring(folder)
  await chmod(path(), 0o640)
  await expect(openKeyring(folder)).rejects.toThrow(/640.*\n.*\n.*chmod 600/)
})

it('refuses a garbled file, leaves it alone and quotes none of it', async () => {
  await openKeyring(folder)
  const good = await readFile(path(), 'utf8')
  const key = /"key": "([^"]+)"/.exec(good)?.[1] ?? ''
  const bad = [
    '',
    'null',
    '[]',
    good.slice(0, -20),
    good.replace(key, key.slice(4)),
    good.replace('"audit"', '"odd"'),
    good.replace('"version": 1', '"version": 2'),
    good.replace('duoling_hub_', "x'; drop"),
  ]
  for (const text of bad) {
    await writeFile(path(), text)
    const fault = await openKeyring(folder).catch((error: unknown) => error)
    expect(fault).toMatchObject({ name: 'EnvironmentFault' })
    expect(String(fault)).toContain('从备份恢复')
    expect(String(fault)).not.toContain(key.slice(0, 12))
    expect(await readFile(path(), 'utf8')).toBe(text)
  }
})
