/** The list on top of a backup. A folder without one is a backup that was never finished. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentFault } from '../../kit/environment-fault.ts'
import type { Keyring } from '../../kit/keyring.ts'
import type { AuditHead } from '../audit/chain.ts'

const FILE = 'manifest.json'
const VERSION = 1
const BYTES_MAX = 256 * 1024 * 1024

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
  const text = await textOf(path).catch(() => undefined)
  if (text === undefined)
    throw new EnvironmentFault({
      what: '这个文件夹里没有完整的备份（缺少 manifest.json）',
      where: folder,
      next: '核对路径；没有做完的备份不能用，请换一份',
    })
  const manifest = parse(text)
  if (!isManifest(manifest))
    throw new EnvironmentFault({
      what: '备份清单读不懂，可能已损坏或来自别的版本',
      where: path,
      next: '换一份备份，或用做这份备份的版本恢复',
    })
  return manifest
}

/** A pipe or a device under that name may never end. */
async function textOf(path: string): Promise<string | undefined> {
  const facts = await stat(path)
  return facts.isFile() && facts.size <= BYTES_MAX ? await readFile(path, 'utf8') : undefined
}

/** Where an attachment stands below its folder: what begins elsewhere would be written elsewhere. */
const BLOB_PATH = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/
const MONTH = /^\d{4}-\d{2}-01$/

/** The list is a file, and somebody may have written into it. */
function isManifest(value: unknown): value is BackupManifest {
  if (!isFacts(value) || value['version'] !== VERSION) return false
  const { madeAt, kind, migrations, keyIds, months, tables, blobs } = value
  return (
    (kind === 'practice' || kind === 'live') &&
    isText(madeAt) &&
    [migrations, keyIds].every((one) => Array.isArray(one) && one.every(isText)) &&
    Array.isArray(months) &&
    months.every((one) => isText(one) && MONTH.test(one)) &&
    Array.isArray(tables) &&
    tables.every(isTable) &&
    Array.isArray(blobs) &&
    blobs.every((one) => isFacts(one) && isText(one['path']) && BLOB_PATH.test(one['path']))
  )
}

function isTable(value: unknown): boolean {
  if (!isFacts(value)) return false
  const { name, columns, file, rows, sha256 } = value
  const words = [name, file, sha256].every(isText)
  return words && typeof rows === 'number' && Array.isArray(columns) && columns.every(isText)
}

function isFacts(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
