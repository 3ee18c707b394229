/** Folders an office system writes: one package a folder, one level deep. It opens plain files of the
 *  package only, follows no link, and reads nothing that is larger than it may be. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { ATTACHMENT_BYTES_MAX } from '../domain/bulletin.ts'
import {
  DOCUMENT_FILE,
  mediaTypeOf,
  OFFICE_LIMITS,
  type OfficeDocument,
  type OfficeFault,
  readOfficeDocument,
} from '../domain/office-document.ts'
import type { OfficePackage } from '../hub/office/package.ts'
import type { OfficeFile } from '../hub/ports/office.ts'
import { EnvironmentFault, errorCode } from '../kit/environment-fault.ts'
import { UsageFault } from './command.ts'
import { readOfficeText } from './office-text.ts'

/** What is wrong with one package; the others go on. */
export class PackageFault extends Error {
  readonly faults: readonly OfficeFault[]
  constructor(faults: readonly OfficeFault[], options?: ErrorOptions) {
    super(faults.map(({ field, text }) => `${field}：${text}`).join('；'), options)
    this.name = 'PackageFault'
    this.faults = faults
  }
}

export interface FoundPackage {
  /** name of the folder */
  readonly name: string
  readonly path: string
}

/** The packages of a folder by name; a folder that is one package itself is the only one.
 *  @throws UsageFault when there is none or there are too many */
export async function findPackages(folder: string): Promise<readonly FoundPackage[]> {
  const { root, entries } = await listed(folder)
  if (entries.some((entry) => entry.name === DOCUMENT_FILE)) return [{ name: folder, path: root }]
  const found = entries
    // A link is reported by whoever opens it, not followed; a dot is some program's own folder.
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'),
    )
    .map(({ name }) => ({ name, path: join(root, name) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  const { packagesMax } = OFFICE_LIMITS
  if (found.length === 0)
    throw new UsageFault(`${root} 里没有来文：每件来文一个文件夹，内有 ${DOCUMENT_FILE}`)
  if (found.length > packagesMax)
    throw new UsageFault(`有 ${found.length} 件来文，一次最多 ${packagesMax} 件，请分批导入`)
  return found
}

/** The folder that was named may be reached by a link; from there on none is followed. */
async function listed(folder: string) {
  try {
    const root = await realpath(folder)
    return { root, entries: await readdir(root, { withFileTypes: true }) }
  } catch (error) {
    throw new EnvironmentFault(
      {
        what: `打不开这个文件夹（${errorCode(error) ?? '未知原因'}）`,
        where: folder,
        next: '请核对路径和读取权限，再运行一次',
      },
      { cause: error },
    )
  }
}

export interface ReadPackage {
  readonly arrived: OfficePackage
  /** The file's bytes once more, as they were when they were hashed. */
  content(file: OfficeFile): AsyncIterable<Uint8Array>
}

/** @throws PackageFault naming every fault of the package */
export async function readPackage(found: FoundPackage, today: string): Promise<ReadPackage> {
  await refuseLink(found)
  const bytes = await readWhole(found, DOCUMENT_FILE, OFFICE_LIMITS.documentBytesMax)
  const reading = readOfficeDocument(parse(bytes), today)
  if ('faults' in reading) throw new PackageFault(reading.faults)
  const { document } = reading
  const faults: OfficeFault[] = []
  const paths = new Map<OfficeFile, string>()
  const take = async (field: string, file: string, name = file) => {
    const taken = await hashed(found, file, field, name).catch((error: unknown) => {
      if (!(error instanceof PackageFault)) throw error
      faults.push(...error.faults)
      return undefined
    })
    if (taken) paths.set(taken, file)
    return taken
  }
  const file = await take('file', document.file)
  const attachments: OfficeFile[] = []
  for (const [index, one] of document.attachments.entries()) {
    const taken = await take(`attachments[${index}].file`, one.file, one.name)
    if (taken) attachments.push(taken)
  }
  const { approval } = document
  const sheet = approval && (await take('approval.sheet', approval.sheet))
  if (!file || faults.length > 0) throw new PackageFault(faults)
  const text = await textOf(found, document, file)
  return {
    arrived: { document, file, text, attachments, ...(sheet ? { sheet } : {}) },
    content: (wanted) => pieces(found, paths.get(wanted) ?? ''),
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoded(bytes).replace(/^\ufeff/, ''))
  } catch (cause) {
    const text = '不是完整的 JSON，请由办公系统重新导出'
    throw new PackageFault([{ field: DOCUMENT_FILE, text }], { cause })
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

async function textOf(found: FoundPackage, document: OfficeDocument, file: OfficeFile) {
  const bytes = await readWhole(found, document.file, ATTACHMENT_BYTES_MAX)
  // Read twice: the text must come from the very bytes the hash is of.
  const hash = createHash('sha256').update(bytes).digest('hex')
  if (hash !== file.sha256) throw changed(document.file)
  return readOfficeText(document, bytes)
}

function changed(file: string): PackageFault {
  return new PackageFault([{ field: file, text: '读取时文件还在改动，请等写完再导入' }])
}

/** A linked folder would lead out of the one that was named. */
async function refuseLink({ name, path }: FoundPackage): Promise<void> {
  const handle = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch((error: unknown) => {
    throw unopened(name, error)
  })
  await handle.close()
}

function unopened(field: string, error: unknown): PackageFault {
  const code = errorCode(error)
  const text =
    code === 'ENOENT'
      ? '没有这个文件，请补齐后再导入'
      : code === 'ELOOP' || code === 'ENOTDIR'
        ? '是链接，不予读取，请放入文件本身'
        : `打不开（${code ?? '未知原因'}），请核对读取权限`
  return new PackageFault([{ field, text }], { cause: error })
}

/** Opens a plain file of the package; the checks are made on what was opened, not on its name. */
async function opened(
  { path }: FoundPackage,
  file: string,
  field: string,
  bytesMax: number,
): Promise<{ readonly handle: FileHandle; readonly bytes: number }> {
  // A pipe must not keep us waiting, and a link is refused by the system itself.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await open(join(path, file), flags).catch((error: unknown) => {
    throw unopened(field, error)
  })
  const facts = await handle.stat()
  const limit = `${bytesMax / 1024 / 1024} MB`
  const text = !facts.isFile()
    ? '不是普通文件'
    : facts.size === 0
      ? '文件是空的'
      : facts.size > bytesMax
        ? `有 ${facts.size} 字节，上限 ${limit}，请压缩或拆分`
        : undefined
  if (text === undefined) return { handle, bytes: facts.size }
  await handle.close()
  throw new PackageFault([{ field, text }])
}

async function readWhole(found: FoundPackage, file: string, bytesMax: number): Promise<Uint8Array> {
  const { handle, bytes } = await opened(found, file, file, bytesMax)
  try {
    const content = Buffer.alloc(bytes)
    let filled = 0
    // No more than was there when it was measured.
    while (filled < bytes) {
      const { bytesRead } = await handle.read(content, filled, bytes - filled, filled)
      if (bytesRead === 0) throw changed(file)
      filled += bytesRead
    }
    return content
  } finally {
    await handle.close()
  }
}

async function hashed(
  found: FoundPackage,
  file: string,
  field: string,
  name: string,
): Promise<OfficeFile> {
  const { handle, bytes } = await opened(found, file, field, ATTACHMENT_BYTES_MAX)
  const hash = createHash('sha256')
  let read = 0
  for await (const piece of handle.createReadStream({ end: bytes - 1 })) {
    hash.update(piece)
    read += piece.length
  }
  if (read !== bytes) throw changed(field)
  return { name, sha256: hash.digest('hex'), bytes, mediaType: mediaTypeOf(file) }
}

async function* pieces(found: FoundPackage, file: string): AsyncIterable<Uint8Array> {
  const { handle } = await opened(found, file, file, ATTACHMENT_BYTES_MAX)
  yield* handle.createReadStream()
}
