/** The list on top of a backup. A folder without one is a backup that was never finished. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentFault } from '../../kit/environment-fault.ts'
import type { Keyring } from '../../kit/keyring.ts'
import type { AuditHead } from '../audit/chain.ts'

const FILE = 'manifest.json'
const VERSION = 1

export interface TableCopy {
  readonly name: string
  readonly columns: readonly string[]
  readonly file: string
  readonly rows: number
  /** SHA-256 of the rows as they were copied, before packing, lower-case hex */
  readonly sha256: string
}

export interface BackupManifest {
  readonly version: 1
  /** ISO */
  readonly madeAt: string
  readonly kind: 'practice' | 'live'
  readonly serverMajor: number
  readonly migrations: readonly string[]
  /** which keys open it; the keys themselves are kept elsewhere */
  readonly keyIds: readonly string[]
  readonly months: readonly string[]
  readonly tables: readonly TableCopy[]
  readonly blobs: readonly { readonly path: string; readonly bytes: number }[]
  readonly auditHead: AuditHead | null
}

export function keyIdsOf({ proof, item, address, blindIndex, audit }: Keyring): readonly string[] {
  return [proof.id, item.id, address.id, blindIndex.id, audit.id]
}

/** Written last and moved into place, so that it stands only over a whole backup. */
export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const draft = join(folder, `${FILE}.new`)
  await writeFile(draft, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, join(folder, FILE))
}

/** @throws EnvironmentFault when the folder is no finished backup of ours. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, FILE)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined)
    throw new EnvironmentFault({
      what: '这个文件夹里没有完整的备份（缺少 manifest.json）',
      where: folder,
      next: '核对路径；没有做完的备份不能用，请换一份',
    })
  const manifest = parse(text)
  if (manifest?.version !== VERSION || !Array.isArray(manifest.tables))
    throw new EnvironmentFault({
      what: '备份清单读不懂，可能已损坏或来自别的版本',
      where: path,
      next: '换一份备份，或用做这份备份的版本恢复',
    })
  return manifest
}

function parse(text: string): BackupManifest | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
