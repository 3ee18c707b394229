/** The sealing key of secrets: added once, turned beside readers and writers, killed at each step and taken up. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKeyring } from '../../../src/kit/keyring.ts'
import { openSecretReader } from '../../../src/store/secrets/reader.ts'
import { rotateSecretKey } from '../../../src/store/secrets/rotate.ts'
import { dropEndedSecrets } from '../../../src/store/secrets/secrets.ts'
import { LATER, openSecrets, type Secrets } from './secrets-kit.ts'

const SECRETS = 60
const nameOf = (number: number) => `secret-${String(number).padStart(3, '0')}`

let secrets: Secrets
const children: ChildProcess[] = []
beforeEach(async () => {
  secrets = await openSecrets()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await secrets.close()
})

async function fill(): Promise<void> {
  const keys = await secrets.keys()
  for (let number = 0; number < SECRETS; number += 1)
    await secrets.put(nameOf(number), `value ${number}`, keys)
}

async function expectAllReadable(): Promise<void> {
  const reader = openSecretReader(secrets.hubUrl, await secrets.keys(), {
    ...{ monotonicMs: () => 0, now: () => new Date() },
  })
  const found = await reader.of(secrets.agencyId)
  for (let number = 0; number < SECRETS; number += 1)
    expect(found.value(nameOf(number))).toBe(`value ${number}`)
  await reader.close()
}

async function keyIds(): Promise<readonly string[]> {
  const { rows } = await secrets.owner.query('select distinct key_id from secret order by key_id')
  return rows.map((row) => row.key_id)
}

it('adds the key to a file of an earlier version once, whoever sets secrets at once', async () => {
  await secrets.dropKeyOfSecrets()
  const before = await secrets.keyFile()
  expect((await openKeyring(secrets.folder)).secret).toBeUndefined()
  const keys = await Promise.all(Array.from({ length: 6 }, () => secrets.keys()))
  await Promise.all(keys.map((each, number) => secrets.put(nameOf(number), 'v', each)))
  const after = await secrets.keyFile()
  expect(await keyIds()).toEqual([after.keys['secret']?.id])
  const { secret, ...rest } = after.keys
  expect(Buffer.from(secret?.key ?? '', 'base64')).toHaveLength(32)
  expect({ ...after, keys: rest }).toEqual(before)
  expect((await stat(secrets.keyring.path)).mode & 0o777).toBe(0o600)
  expect(await readdir(secrets.folder)).toEqual(['keys.json'])
})

it('turns the key while others read and set, and a reader of before finds the new one', async () => {
  await fill()
  const former = (await secrets.keyFile()).keys['secret']?.id ?? ''
  let clock = 0
  const early = await secrets.keys()
  const reader = openSecretReader(secrets.hubUrl, early, {
    ...{ monotonicMs: () => (clock += 10_000), now: () => new Date() },
  })
  expect((await reader.of(secrets.agencyId)).value(nameOf(1))).toBe('value 1')
  const [rotated] = await Promise.all([
    rotateSecretKey(secrets.connection.db, await secrets.keys()),
    ...Array.from({ length: 20 }, (_, number) => secrets.put(`late-${number}`, 'late', early)),
  ])
  expect(rotated).toMatchObject({ unreadable: [], takenUp: false, retired: true })
  const { keys } = await secrets.keyFile()
  expect([keys['secret']?.id, keys['formerSecret']]).toEqual([rotated.keyId, undefined])
  expect(await keyIds()).toEqual([rotated.keyId])
  expect(rotated.keyId).not.toBe(former)
  await secrets.put(nameOf(1), 'after')
  const found = await reader.of(secrets.agencyId)
  expect([found.value(nameOf(1)), found.value('late-7')]).toEqual(['after', 'late'])
  expect(await secrets.read(nameOf(2))).toBe('value 2')
  await reader.close()
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

function rotateApart(): ChildProcess {
  const script = join(import.meta.dirname, 'rotator.ts')
  const child = spawn(process.execPath, [script, secrets.folder, secrets.hubUrl])
  children.push(child)
  return child
}

async function waitsFor(what: string): Promise<void> {
  await until(async () => {
    const { rowCount } = await secrets.owner.query(
      `select from pg_stat_activity where datname = current_database()
         and wait_event_type = 'Lock' and query like $1`,
      [`%${what}%`],
    )
    return rowCount === 1
  })
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

for (const [step, held] of [
  ['before the first value', 0],
  ['in the middle', 30],
] as const)
  it(`killed ${step}, it is taken up where it stood`, async () => {
    await fill()
    const [former] = await keyIds()
    const holder = new Client({ connectionString: secrets.hubUrl })
    await holder.connect()
    await holder.query('begin')
    await holder.query('select from secret where name = $1 for update', [nameOf(held)])
    const child = rotateApart()
    await waitsFor('for update')
    await kill(child)
    await holder.query('rollback')
    await holder.end()
    const { keys } = await secrets.keyFile()
    expect(keys['formerSecret']?.id).toBe(former)
    expect(await keyIds()).toHaveLength(held === 0 ? 1 : 2)
    await expectAllReadable()
    const rotated = await rotateSecretKey(secrets.connection.db, await secrets.keys())
    expect(rotated).toMatchObject({ takenUp: true, retired: true, unreadable: [] })
    expect(rotated.keyId).toBe(keys['secret']?.id)
    expect(await keyIds()).toEqual([rotated.keyId])
    expect((await secrets.keyFile()).keys['formerSecret']).toBeUndefined()
    await expectAllReadable()
  }, 60_000)

it('killed before the old key goes, it only lets it go', async () => {
  await fill()
  const holder = new Client({ connectionString: secrets.hubUrl })
  await holder.connect()
  await holder.query('begin')
  await holder.query('select from secret where name = $1 for update', [nameOf(30)])
  const child = rotateApart()
  await waitsFor('for update')
  await holder.query("select pg_advisory_lock_shared(hashtext('secret-key'))")
  await holder.query('rollback')
  await waitsFor('pg_advisory_xact_lock')
  await kill(child)
  await holder.end()
  expect((await secrets.keyFile()).keys['formerSecret']).toBeDefined()
  expect(await keyIds()).toHaveLength(1)
  const rotated = await rotateSecretKey(secrets.connection.db, await secrets.keys())
  expect(rotated).toMatchObject({ takenUp: true, retired: true, resealed: 0 })
  await expectAllReadable()
}, 60_000)

it('with another key file says what to do, names no value, and turns nothing away', async () => {
  await secrets.put('smtp-password', 'tY7-very-secret')
  const good = await readFile(secrets.keyring.path, 'utf8')
  const file = JSON.parse(good)
  file.keys.secret = { id: 'secret-00000000', key: Buffer.alloc(32, 7).toString('base64') }
  await writeFile(secrets.keyring.path, JSON.stringify(file))
  const lost = await secrets.read('smtp-password').catch(String)
  expect(lost).toMatch(/smtp-password .*不在 keys.json 里.*duoling secret set smtp-password/)
  const rotated = await rotateSecretKey(secrets.connection.db, await secrets.keys())
  expect(rotated.unreadable).toEqual([`${secrets.agencyId}/smtp-password`])
  file.keys.secret = { id: JSON.parse(good).keys.secret.id, key: file.keys.secret.key }
  await writeFile(secrets.keyring.path, JSON.stringify(file))
  const wrong = await secrets.read('smtp-password').catch(String)
  expect(wrong).toMatch(/打不开.*配套的 keys.json/)
  expect(`${lost}${wrong}`).not.toContain('tY7')
  await writeFile(secrets.keyring.path, good)
  expect(await secrets.read('smtp-password')).toBe('tY7-very-secret')
})

it('keeps the value before beside the new one until its time, and then no byte of it', async () => {
  await secrets.put('token', 'first')
  await secrets.put('token', 'second')
  await secrets.put('token', 'third')
  const kept = 'select version, cipher is not null as kept from secret order by version'
  expect((await secrets.owner.query(kept)).rows.map((row) => row.kept)).toEqual([false, true, true])
  const reader = openSecretReader(secrets.hubUrl, await secrets.keys(), {
    ...{ monotonicMs: () => 0, now: () => new Date(LATER.getTime() - 1) },
  })
  const found = await reader.of(secrets.agencyId)
  expect([found.value('token'), found.former('token')]).toEqual(['third', 'second'])
  await reader.close()
  await dropEndedSecrets(secrets.connection.db, LATER)
  expect((await secrets.owner.query(kept)).rows.map((row) => row.kept)).toEqual([
    ...[false, false, true],
  ])
})
