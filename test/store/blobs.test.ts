/** Attachments in a folder: kept whole or not at all, and never handed out when they were changed. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ATTACHMENT_BYTES_MAX } from '../../src/domain/bulletin.ts'
import { BlobDamaged, type BlobStore, BlobTooLarge } from '../../src/hub/ports/blobs.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { folderBlobs } from '../../src/store/blobs.ts'
import { NOW, type Seeded, seededPortal } from '../portal/seeded.ts'

let seeded: Seeded
let folder: string
let blobs: BlobStore
beforeAll(async () => {
  seeded = await seededPortal()
  folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  blobs = folderBlobs(seeded.db, folder, seeded.own)
})
afterAll(async () => {
  await seeded.close()
  await rm(folder, { recursive: true, force: true })
})

const PDF = { mediaType: 'application/pdf', at: NOW }

function placeOf(sha256: string): string {
  return join(folder, String(seeded.own), sha256.slice(0, 2), sha256.slice(2, 4), sha256)
}

async function* pieces(count: number, size: number) {
  for (let index = 0; index < count; index++) yield Buffer.alloc(size, index)
}

async function all(stream: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  if (stream) for await (const piece of stream) found.push(piece)
  return found
}

it('keeps bytes and streams under their hash, once', async () => {
  const content = Buffer.concat(await all(pieces(5, 70_000)))
  const kept = await blobs.put({ ...PDF, content })
  expect(kept).toEqual({
    sha256: sha256Hex(content),
    bytes: content.length,
    mediaType: PDF.mediaType,
  })
  const again = await blobs.put({ ...PDF, content: pieces(5, 70_000), mediaType: 'text/html' })
  expect(again).toEqual(kept)
  expect(await blobs.has(kept.sha256)).toBe(true)
  expect(await blobs.read(kept.sha256)).toEqual(content)
  const open = await blobs.open(kept.sha256)
  expect(Buffer.concat(await all(open?.content))).toEqual(content)
})

it('refuses what is too large and leaves nothing behind', async () => {
  const size = 1024 * 1024
  const count = ATTACHMENT_BYTES_MAX / size + 1
  await expect(blobs.put({ ...PDF, content: pieces(count, size) })).rejects.toThrow(BlobTooLarge)
  async function* broken() {
    yield Buffer.from('half')
    throw new Error('the upload broke off')
  }
  await expect(blobs.put({ ...PDF, content: broken() })).rejects.toThrow('broke off')
  expect(await readdir(join(folder, String(seeded.own), 'incoming'))).toEqual([])
})

it('does not hand out what was changed or lost on disk', async () => {
  const { sha256 } = await blobs.put({ ...PDF, content: Buffer.from('signed') })
  await writeFile(placeOf(sha256), 'forged')
  await expect(blobs.read(sha256)).rejects.toThrow(BlobDamaged)
  await expect(blobs.open(sha256)).rejects.toThrow(BlobDamaged)
  await blobs.put({ ...PDF, content: Buffer.from('signed') })
  expect(String(await blobs.read(sha256))).toBe('signed')
  await rm(placeOf(sha256))
  expect(await blobs.read(sha256)).toBeNull()
  expect(await blobs.open(sha256)).toBeNull()
})

it('knows only hashes, and only those of its own agency', async () => {
  const { sha256 } = await blobs.put({ ...PDF, content: Buffer.from('ours') })
  const theirs = folderBlobs(seeded.db, folder, seeded.other)
  expect(await theirs.has(sha256)).toBe(false)
  expect(await theirs.read(sha256)).toBeNull()
  for (const name of ['../../etc/passwd', '', sha256.toUpperCase(), `${sha256}/..`])
    expect(await blobs.read(name)).toBeNull()
})
