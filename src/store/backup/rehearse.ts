/** 演练恢复: loads a backup into a scratch database beside the real one, checks everything that can be
 *  checked, and drops it. Nothing is sent from there. */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { sql } from 'kysely'
import { Client } from 'pg'
import type { Prover } from '../../hub/ports.ts'
import { type AuditReport, verifyAudit } from '../audit/chain.ts'
import { connect, type Database } from '../connect.ts'
import { drift } from '../drift.ts'
import { loadBackup } from './load.ts'
import type { BackupManifest } from './manifest.ts'

export interface Rehearsal {
  readonly tables: number
  readonly rows: number
  readonly agencies: number
  readonly audit: AuditReport
  /** signatures whose proof holds, and those whose proof does not */
  readonly proofs: { readonly good: number; readonly bad: number }
  /** differences between the log and its tallies */
  readonly drift: number
  readonly blobs: { readonly good: number; readonly bad: number }
  readonly ok: boolean
}

const PROOF_CHUNK = 1_000

export async function rehearse(request: {
  readonly ownerUrl: string
  readonly folder: string
  readonly manifest: BackupManifest
  readonly prover: Prover
}): Promise<Rehearsal> {
  const { ownerUrl, folder, manifest } = request
  const name = `duoling_rehearsal_${randomBytes(4).toString('hex')}`
  await atServer(ownerUrl, `create database ${name}`)
  try {
    const url = new URL(ownerUrl)
    url.pathname = `/${name}`
    await loadBackup(url.href, folder, manifest)
    const { db, close } = connect(url.href, { connectionsMax: 2 })
    try {
      return await inspect(db, request)
    } finally {
      await close()
    }
  } finally {
    await atServer(ownerUrl, `drop database if exists ${name} with (force)`)
  }
}

async function inspect(db: Database, request: Parameters<typeof rehearse>[0]): Promise<Rehearsal> {
  const { folder, manifest, prover } = request
  const agencies = await db.selectFrom('agency').select('id').execute()
  const audit = await verifyAudit(db, manifest.auditHead ? [manifest.auditHead] : [])
  let differences = 0
  for (const { id } of agencies) differences += (await drift(db, id)).length
  const proofs = await checkProofs(db, prover)
  const blobs = await checkBlobs(folder, manifest)
  return {
    tables: manifest.tables.length,
    rows: manifest.tables.reduce((sum, table) => sum + table.rows, 0),
    agencies: agencies.length,
    ...{ audit, proofs, drift: differences, blobs },
    ok: audit.ok && proofs.bad === 0 && differences === 0 && blobs.bad === 0,
  }
}

async function atServer(ownerUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** With the keys of this installation: a backup of another one proves nothing here. */
async function checkProofs(db: Database, prover: Prover) {
  let good = 0
  let bad = 0
  let after = 0
  for (;;) {
    const { rows } = await sql<{ id: number; manifest: string; key: string; proof: Buffer }>`
      select id, manifest, proof_key_id as key, proof from signature
      where proof_kind = 'hmac' and id > ${after} order by id limit ${PROOF_CHUNK}
    `.execute(db)
    for (const row of rows) {
      if (prover.holds(row.manifest, row.key, row.proof)) good++
      else bad++
      after = row.id
    }
    if (rows.length < PROOF_CHUNK) return { good, bad }
  }
}

/** An attachment's file name is its hash. */
async function checkBlobs(folder: string, { blobs }: BackupManifest) {
  let good = 0
  let bad = 0
  for (const { path } of blobs) {
    const hash = createHash('sha256')
    const read = await pipeline(createReadStream(join(folder, 'blobs', path)), hash).then(
      () => true,
      () => false,
    )
    if (read && hash.digest('hex') === path.slice(-64)) good++
    else bad++
  }
  return { good, bad }
}
