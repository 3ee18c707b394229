/** 备份: one snapshot of the whole database while the hub goes on working, and the attachments it names.
 *  Nothing in it can be read without the keys, which stay out of it. */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Client } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { EnvironmentFault } from '../../kit/environment-fault.ts'
import type { Keyring } from '../../kit/keyring.ts'
import { type BackupManifest, keyIdsOf, type TableCopy, writeManifest } from './manifest.ts'
import { columnList, migrationsRun, type TablePlan, tablePlans } from './tables.ts'

export interface BackupRequest {
  readonly ownerUrl: string
  readonly keyring: Keyring
  readonly blobFolder: string
  /** new, or empty */
  readonly folder: string
  readonly at: Date
}

/** @throws EnvironmentFault when the folder cannot take it. */
export async function makeBackup(request: BackupRequest): Promise<BackupManifest> {
  const { folder, ownerUrl } = request
  await prepareFolder(folder)
  const client = new Client({ connectionString: ownerUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin transaction isolation level repeatable read read only')
    const { rows } = await client.query<{ major: number; kind: 'practice' | 'live' }>(
      "select current_setting('server_version_num')::int / 10000 as major, kind from installation",
    )
    const tables: TableCopy[] = []
    for (const plan of await tablePlans(client)) tables.push(await copyOut(client, plan, folder))
    const months = await client.query<{ month: string }>(
      'select distinct month::text as month from delivery order by 1',
    )
    const manifest: BackupManifest = {
      version: 1,
      madeAt: request.at.toISOString(),
      kind: rows[0]?.kind ?? 'live',
      serverMajor: rows[0]?.major ?? 0,
      migrations: await migrationsRun(client),
      keyIds: keyIdsOf(request.keyring),
      months: months.rows.map((row) => row.month),
      tables,
      // Attachments are never changed, and each was on the disk before its row was committed.
      blobs: await copyBlobs(request.blobFolder, join(folder, 'blobs')),
      auditHead: await headOf(client),
    }
    await client.query('commit')
    await writeManifest(folder, manifest)
    return manifest
  } finally {
    await client.end()
  }
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'tables'), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new EnvironmentFault(
      { what: '备份文件夹建不了', where: folder, next: '换一个可以写的位置' },
      { cause: error },
    )
  })
  const found = (await readdir(folder)).filter((name) => name !== 'tables')
  if (found.length > 0 || (await readdir(join(folder, 'tables'))).length > 0)
    throw new EnvironmentFault({
      what: '备份文件夹不是空的，不会覆盖里面的内容',
      where: folder,
      next: '写一个新的文件夹名，例如带上日期',
    })
}

async function copyOut(client: Client, plan: TablePlan, folder: string): Promise<TableCopy> {
  const file = `tables/${plan.name.replaceAll('"', '')}.copy.gz`
  const hash = createHash('sha256')
  const stream = client.query(
    copyTo(`copy (select ${columnList(plan.columns)} from ${plan.name}) to stdout`),
  )
  const hashing = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const out = createWriteStream(join(folder, file), { mode: 0o600 })
  await pipeline(stream, hashing, createGzip({ level: 1 }), out)
  return { ...plan, file, rows: stream.rowCount ?? 0, sha256: hash.digest('hex') }
}

async function copyBlobs(from: string, to: string): Promise<BackupManifest['blobs']> {
  const names = await readdir(from, { recursive: true }).catch(() => [])
  const copied: { path: string; bytes: number }[] = []
  for (const path of names.sort()) {
    const source = join(from, path)
    const facts = await stat(source)
    // A file still being written has no row that names it.
    if (!facts.isFile() || !/[0-9a-f]{64}$/.test(path)) continue
    await mkdir(join(to, path, '..'), { recursive: true, mode: 0o700 })
    await copyFile(source, join(to, path))
    copied.push({ path, bytes: facts.size })
  }
  return copied
}

async function headOf(client: Client): Promise<BackupManifest['auditHead']> {
  const { rows } = await client.query<{ number: number; sha256: string; sm3: string }>(
    `select number, encode(sha256, 'hex') as sha256, encode(sm3, 'hex') as sm3
     from audit_seal order by number desc limit 1`,
  )
  return rows[0] ?? null
}
