/** A backup made while the hub is sending, loaded into another database: the same rows, the same totals, every
 *  proof and the audit's chain whole, and nothing leaves from it until a person says so. */
import { randomBytes, randomUUID } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { WEBHOOK_KINDS } from '../../../src/domain/webhook.ts'
import { attention } from '../../../src/hub/attention.ts'
import { hmacProver } from '../../../src/hub/proof.ts'
import { addWebhook } from '../../../src/hub/webhooks/subscriptions.ts'
import type { Keyring } from '../../../src/kit/keyring.ts'
import { sealAudit } from '../../../src/store/audit/chain.ts'
import { loadBackup, RESTORED } from '../../../src/store/backup/load.ts'
import { makeBackup } from '../../../src/store/backup/make.ts'
import { type BackupManifest, readManifest } from '../../../src/store/backup/manifest.ts'
import { rehearse } from '../../../src/store/backup/rehearse.ts'
import { foundInstallation } from '../../../src/store/founding.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  PUBLISH,
  signed,
} from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { asOwner, at as databaseAt } from '../../support/database-server.ts'
import { openForger } from '../../support/forger.ts'

const LONG_AFTER = new Date(MORNING.getTime() + 30 * 86_400_000)

let database: TestDatabase
let bureau: Bureau
let folder: string
let manifest: BackupManifest
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await foundInstallation(bureau.test.connection.db, 'practice', MORNING)
  await addPhones(bureau, 300)
  folder = await mkdtemp(join(tmpdir(), 'backup-'))
  const partner = { name: '统计平台', url: 'http://127.0.0.1:9/in', kinds: WEBHOOK_KINDS }
  const { agencyId } = bureau
  await addWebhook(bureau.test.hub, { agencyId, by: 'local:test', at: MORNING }, partner)
  await signed(bureau, [PUBLISH, NOTIFY])
  await drain(bureau)
  while ((await sealAudit(bureau.test.connection.db)) === 0);
  // Bulletins go on being signed and sent while the copy is made.
  let done = false
  const working = (async () => {
    while (!done) {
      await signed(bureau, [PUBLISH, NOTIFY])
      await drain(bureau)
    }
  })()
  manifest = await make(folder)
  done = true
  await working
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

function keyring(): Keyring {
  const { keys } = bureau.test
  const key = (id: string, bytes: Uint8Array) => ({ id, bytes: Buffer.from(bytes) })
  return {
    proof: key('p1', keys.proof),
    item: key('i1', keys.item),
    address: key(keys.addressKeyId, keys.address),
    blindIndex: key('b1', keys.blindIndex),
    audit: key('audit1', Buffer.alloc(32)),
    hubLogin: { login: '', password: '' },
    ...{ path: 'keys.json', created: false },
  }
}

function make(into: string): Promise<BackupManifest> {
  return makeBackup({
    ...{ ownerUrl: database.ownerUrl, keyring: keyring(), folder: into, at: MORNING },
    blobFolder: join(folder, 'no-blobs'),
  })
}

/** An empty database in the same server, gone afterwards. */
async function withEmpty(work: (ownerUrl: string) => Promise<void>): Promise<void> {
  const server = inject('server')
  const name = `test_${randomBytes(6).toString('hex')}`
  await asOwner(server.url, `create database ${name}`)
  try {
    await work(databaseAt(server.url, name))
  } finally {
    await asOwner(server.url, `drop database if exists ${name} with (force)`)
  }
}

const load = (ownerUrl: string, from = folder) => loadBackup(ownerUrl, from, manifest)

describe('a restored database', () => {
  it('holds what its list says, goes on numbering after it, and sends nothing by itself', async () => {
    await withEmpty(async (ownerUrl) => {
      await load(ownerUrl)
      const restored: TestDatabase = { ownerUrl, hubUrl: ownerUrl, drop: async () => {} }
      const owner = await openForger(restored)
      for (const { name, rows } of manifest.tables) {
        const [found] = await owner.lawful<{ count: number }>(
          `select count(*)::int as count from ${name}`,
        )
        expect(found?.count, name).toBe(rows)
      }
      const roads = await owner.lawful<{ held_reason: string }>('select held_reason from road')
      expect(new Set(roads.map((road) => road.held_reason))).toEqual(new Set([RESTORED]))
      const hub = openTestHub(ownerUrl, { keys: bureau.test.keys })
      const again: Bureau = { ...bureau, test: hub }
      const { bulletinId } = await signed(again, [NOTIFY])
      const [last] = await owner.lawful<{ id: number }>('select max(id)::int as id from bulletin')
      expect(bulletinId).toBe(last?.id)
      await drain(again)
      expect(hub.sink.calls).toBe(0)
      // Nor is a partner told again what it heard since the backup, until a person says so.
      const { agencyId } = bureau
      const told = await hub.hub.store.webhooks.claim({
        ...{ at: LONG_AFTER, token: randomUUID(), busy: [] },
      })
      expect(told).toEqual([])
      const open = await attention(hub.hub, { agencyId, at: LONG_AFTER })
      const [paused] = open.filter((one) => one.reason === 'webhook-paused')
      expect(paused).toMatchObject({ action: 'resume-webhook', detail: 'restored' })
      expect(paused?.count).toBeGreaterThan(0)
      await owner.lawful('update road set held_reason = null')
      await drain(again)
      expect(hub.sink.accepted.size).toBeGreaterThan(0)
      await hub.close()
      await owner.close()
    })
  })

  it('is refused where something is already', async () => {
    await withEmpty(async (ownerUrl) => {
      await load(ownerUrl)
      await expect(load(ownerUrl)).rejects.toThrow('已有单位和数据')
    })
  })
})

describe('a rehearsal', () => {
  const prover = () => hmacProver('p1', bureau.test.keys.proof)
  const run = (from = folder, keys = prover()) =>
    rehearse({ ownerUrl: database.ownerUrl, folder: from, manifest, prover: keys })

  it('checks rows, chain, proofs and tallies beside the running hub, and leaves nothing', async () => {
    const report = await run()
    expect(report).toMatchObject({ ok: true, agencies: 1, drift: 0, audit: { ok: true } })
    expect(report.proofs.good).toBeGreaterThan(0)
    expect(report.proofs.bad).toBe(0)
    const owner = await openForger(database)
    const left = await owner.lawful(
      "select from pg_database where datname like 'duoling_rehearsal%'",
    )
    await owner.close()
    expect(left).toEqual([])
  })

  it('says when the keys here never proved these signatures', async () => {
    const report = await run(folder, hmacProver('p1', randomBytes(32)))
    expect(report.ok).toBe(false)
    expect(report.proofs.good).toBe(0)
  })
})

describe('a damaged backup', () => {
  async function copyWith(change: (copy: string) => Promise<void>): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), 'backup-'))
    await cp(folder, copy, { recursive: true })
    await change(copy)
    return copy
  }

  it.each<[string, (copy: string) => Promise<void>, string]>([
    [
      'a file cut short',
      async (copy) => {
        const path = join(copy, 'tables/public.bulletin.copy.gz')
        await writeFile(path, (await readFile(path)).subarray(0, 40))
      },
      '备份已损坏',
    ],
    [
      'a file of another table',
      (copy) =>
        cp(
          join(copy, 'tables/public.agency.copy.gz'),
          join(copy, 'tables/public.index_counter.copy.gz'),
        ),
      '备份已损坏',
    ],
    [
      'a file that is gone',
      (copy) => rm(join(copy, 'tables/public.bulletin.copy.gz')),
      '备份已损坏',
    ],
  ])('%s loads nothing', async (_, change, message) => {
    const copy = await copyWith(change)
    await withEmpty(async (ownerUrl) => {
      await expect(load(ownerUrl, copy)).rejects.toThrow(message)
      const owner = await openForger({ ownerUrl, hubUrl: ownerUrl, drop: async () => {} })
      expect(await owner.lawful('select from agency')).toEqual([])
      await owner.close()
    })
    await rm(copy, { recursive: true })
  })

  it('one without its list was never finished; one that is there is not overwritten', async () => {
    const copy = await copyWith((path) => rm(join(path, 'manifest.json')))
    await expect(readManifest(copy)).rejects.toThrow('没有完整的备份')
    await writeFile(join(copy, 'manifest.json'), '{"version": 9}')
    await expect(readManifest(copy)).rejects.toThrow('读不懂')
    await expect(make(copy)).rejects.toThrow('不是空的')
    await rm(copy, { recursive: true })
  })
})
