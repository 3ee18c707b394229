/** Attachments in a folder, one file a hash, written so that a crash leaves either the whole file
 *  or none. Refuses to hand out bytes whose hash is no longer the file's name. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { ATTACHMENT_BYTES_MAX } from '../domain/bulletin.ts'
import { BlobDamaged, type BlobFacts, type BlobStore, BlobTooLarge } from '../hub/ports/blobs.ts'
import { sha256Hex } from '../kit/hash.ts'
import type { Queryable } from './connect.ts'

type NewBlob = Parameters<BlobStore['put']>[0]

/** Each agency has a folder of its own, so that no hash reaches another agency's file. */
export function folderBlobs(db: Queryable, folder: string, agencyId: number): BlobStore {
  const place = join(folder, String(agencyId))
  const facts = (sha256: string) => registered(db, agencyId, sha256)
  return {
    async put(file) {
      const written = await write(place, file.content)
      await register(db, agencyId, written, file)
      return (await facts(written.sha256)) ?? { ...written, mediaType: file.mediaType }
    },
    async read(sha256) {
      if (!(await facts(sha256))) return null
      const content = await readFile(pathOf(place, sha256)).catch(absent)
      if (content && sha256Hex(content) !== sha256) throw new BlobDamaged(sha256)
      return content
    },
    async open(sha256) {
      const known = await facts(sha256)
      const content = known && (await verified(pathOf(place, sha256), sha256))
      return known && content ? { ...known, content } : null
    },
    has: async (sha256) => (await facts(sha256)) !== undefined,
  }
}

function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

function pathOf(place: string, sha256: string): string {
  return join(place, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
}

async function registered(
  db: Queryable,
  agencyId: number,
  sha256: string,
): Promise<BlobFacts | undefined> {
  if (!isHash(sha256)) return undefined
  const row = await db
    .selectFrom('blob')
    .select(['bytes', 'media_type'])
    .where('agency_id', '=', agencyId)
    .where('sha256', '=', Buffer.from(sha256, 'hex'))
    .executeTakeFirst()
  return row && { sha256, bytes: row.bytes, mediaType: row.media_type }
}

async function register(
  db: Queryable,
  agencyId: number,
  written: { sha256: string; bytes: number },
  file: NewBlob,
): Promise<void> {
  await db
    .insertInto('blob')
    .values({
      agency_id: agencyId,
      sha256: Buffer.from(written.sha256, 'hex'),
      bytes: written.bytes,
      media_type: file.mediaType,
      at: file.at,
    })
    .onConflict((conflict) => conflict.columns(['agency_id', 'sha256']).doNothing())
    .execute()
}

async function write(place: string, content: NewBlob['content']) {
  const incoming = join(place, 'incoming')
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  const temporary = join(incoming, randomUUID())
  try {
    const written = await fillFile(temporary, content)
    const path = pathOf(place, written.sha256)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rename(temporary, path)
    for (const folder of foldersOf(place, path)) await syncFolder(folder)
    return written
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function fillFile(path: string, content: NewBlob['content']) {
  const hash = createHash('sha256')
  let bytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      bytes += piece.length
      if (bytes > ATTACHMENT_BYTES_MAX) throw new BlobTooLarge()
      hash.update(piece)
      await file.writeFile(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** From the file's own folder upwards: each may be new, and its name stands in the next. */
function foldersOf(place: string, path: string): readonly string[] {
  return [dirname(path), dirname(dirname(path)), place, dirname(place)]
}

/** A renamed file survives a power cut only once its folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  // Windows neither opens folders nor needs it.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Reads the file twice, so that 50 MB are checked without being held in memory. */
async function verified(path: string, sha256: string): Promise<ReadableStream<Uint8Array> | null> {
  const file = await open(path, 'r').catch(absent)
  if (!file) return null
  try {
    if ((await hashOf(file)) !== sha256) throw new BlobDamaged(sha256)
  } catch (error) {
    await file.close()
    throw error
  }
  return Readable.toWeb(file.createReadStream({ start: 0 })) as ReadableStream<Uint8Array>
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream('', { fd: file, start: 0, autoClose: false }))
    hash.update(piece)
  return hash.digest('hex')
}

function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
