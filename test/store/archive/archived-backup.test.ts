/** A backup of a log whose months have left, restored elsewhere: drift 0, the same totals, and the months are
 *  still known to have left, under the hash of their file. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { countYear, verifyLog } from '../../../src/hub/count.ts'
import { hmacProver } from '../../../src/hub/proof.ts'
import { archiveMonth, lookAtMonth } from '../../../src/store/archive/archive.ts'
import { sealAudit } from '../../../src/store/audit/chain.ts'
import { loadBackup } from '../../../src/store/backup/load.ts'
import { makeBackup } from '../../../src/store/backup/make.ts'
import type { BackupManifest } from '../../../src/store/backup/manifest.ts'
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

const MONTH = '2025-03-01'
let database: TestDatabase
let bureau: Bureau
let folder: string
let manifest: BackupManifest
let sha256: string
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await foundInstallation(bureau.test.connection.db, 'practice', MORNING)
  await addPhones(bureau, 30)
  for (const at of [new Date('2025-03-12T02:00:00Z'), new Date('2025-04-02T02:00:00Z'), MORNING]) {
    await signed(bureau, [PUBLISH, NOTIFY], { at })
    await drain(bureau, at)
  }
  folder = await mkdtemp(join(tmpdir(), 'archived-'))
  const { ownerUrl } = database
  const by = { agencyId: bureau.agencyId, personId: bureau.id('吴值班') }
  const archived = await archiveMonth({ ownerUrl, month: MONTH, folder, at: MORNING, by })
  sha256 = archived.file.sha256
  while ((await sealAudit(bureau.test.connection.db)) === 0);
  const key = (id: string, bytes: Uint8Array) => ({ id, bytes: Buffer.from(bytes) })
  const { keys } = bureau.test
  const keyring = {
    ...{ proof: key('p1', keys.proof), item: key('i1', keys.item) },
    ...{ address: key('a1', keys.address), blindIndex: key('b1', keys.blindIndex) },
    ...{ audit: key('audit1', Buffer.alloc(32)), hubLogin: { login: '', password: '' } },
    ...{ path: 'keys.json', created: false },
  }
  manifest = await makeBackup({
    ...{ ownerUrl, keyring, folder: join(folder, 'backup'), at: MORNING },
    blobFolder: join(folder, 'no-blobs'),
  })
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

it('is restored with its month gone and its counts there', async () => {
  expect(manifest.months).toEqual(['2025-04-01', '2026-11-01'])
  const server = inject('server')
  const name = `test_${randomBytes(6).toString('hex')}`
  await asOwner(server.url, `create database ${name}`)
  const ownerUrl = databaseAt(server.url, name)
  try {
    await loadBackup(ownerUrl, join(folder, 'backup'), manifest)
    const restored = openTestHub(ownerUrl, { keys: bureau.test.keys })
    const { agencyId } = bureau
    const totals = await countYear(restored.hub, agencyId, 2025)
    expect(totals).toEqual(await countYear(bureau.test.hub, agencyId, 2025))
    expect(totals.deliveries).toEqual({ accepted: 60, delivered: 2 })
    expect(await verifyLog(restored.hub, agencyId)).toEqual([])
    expect((await lookAtMonth(ownerUrl, MONTH)).archived).toMatchObject({ sha256 })
    await restored.close()
  } finally {
    await asOwner(server.url, `drop database if exists ${name} with (force)`)
  }
})

it('passes its rehearsal', async () => {
  const prover = hmacProver('p1', bureau.test.keys.proof)
  const { ownerUrl } = database
  const report = await rehearse({ ownerUrl, folder: join(folder, 'backup'), manifest, prover })
  expect(report).toMatchObject({ ok: true, drift: 0 })
})
