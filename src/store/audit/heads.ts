/** Heads of the audit's chain outside the database: one line a head, each under the audit key, so that a
 *  chain which was cut short or made anew no longer fits. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Key } from '../../kit/keyring.ts'
import type { Database } from '../connect.ts'
import { type AuditHead, auditHead, sealAudit } from './chain.ts'

export interface ExportedHead extends AuditHead {
  /** ISO */
  readonly at: string
  readonly keyId: string
  /** HMAC-SHA256 over the other fields, lower-case hex */
  readonly mac: string
}

export function headFile(dataFolder: string): string {
  return join(dataFolder, 'audit-heads.jsonl')
}

function macOf(key: Key, { number, sha256, sm3, at }: Omit<ExportedHead, 'mac' | 'keyId'>): string {
  const subject = `audit-head:${number}:${sha256}:${sm3}:${at}`
  return createHmac('sha256', key.bytes).update(subject).digest('hex')
}

export function exportHead(key: Key, head: AuditHead, at: Date): ExportedHead {
  const facts = { ...head, at: at.toISOString() }
  return { ...facts, keyId: key.id, mac: macOf(key, facts) }
}

export async function keepHead(path: string, head: ExportedHead): Promise<void> {
  await appendFile(path, `${JSON.stringify(head)}\n`, { mode: 0o600 })
}

export interface KeptHeads {
  readonly heads: readonly AuditHead[]
  /** lines that are no heads of ours: somebody wrote into the file */
  readonly foreign: number
}

/** No file is no heads; a line torn by a crash is counted as foreign. */
export async function readHeads(path: string, key: Key): Promise<KeptHeads> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  const heads: AuditHead[] = []
  let foreign = 0
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const head = readLine(line, key)
    if (head) heads.push(head)
    else foreign++
  }
  return { heads, foreign }
}

function readLine(line: string, key: Key): AuditHead | undefined {
  try {
    const { number, sha256, sm3, at, mac } = JSON.parse(line)
    const expected = Buffer.from(macOf(key, { number, sha256, sm3, at }))
    const given = Buffer.from(String(mac))
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined
    return { number, sha256, sm3 }
  } catch {
    return undefined
  }
}

/** A head an hour is kept: enough to show a cut, few enough to read. */
const HEAD_EVERY_MS = 3_600_000

export interface Sealer {
  /** One round: seals what is finished, and now and then keeps the head. */
  round(at: Date): Promise<void>
}

export function createSealer(db: Database, key: Key, path: string): Sealer {
  let keptAt = 0
  let keptNumber = 0
  return {
    async round(at) {
      const sealed = await sealAudit(db)
      if (sealed === 0 || at.getTime() - keptAt < HEAD_EVERY_MS) return
      const head = await auditHead(db)
      if (!head || head.number === keptNumber) return
      await keepHead(path, exportHead(key, head, at))
      keptAt = at.getTime()
      keptNumber = head.number
    },
  }
}
