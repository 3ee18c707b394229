/** Attachments of a letter: only those the payload names, and only with the bytes it names. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import type { Blobs, SendBatch } from '../channel.ts'
import { ATTACHMENT_LATER, NO_ATTACHMENT } from './answer.ts'

/** Carries an outcome out of the building of a letter. */
export class Unbuildable extends Error {
  readonly outcome: Outcome
  constructor(outcome: Outcome, options?: ErrorOptions) {
    super(outcome.kind, options)
    this.outcome = outcome
  }
}

/** `list` is the payload's field: one line `sha256 name` an attachment.
 *  @throws Unbuildable when one cannot be read or is not what was signed */
export async function readAttachments(list: string, batch: SendBatch, blobs: Blobs) {
  const files = []
  for (const line of list === '' ? [] : list.split('\n')) {
    const sha256 = line.slice(0, line.indexOf(' '))
    const content = await read(sha256, blobs)
    if (!content || sha256Hex(content) !== sha256) throw new Unbuildable(NO_ATTACHMENT)
    const known = batch.attachments.find((file) => file.sha256 === sha256)
    files.push({
      filename: line.slice(sha256.length + 1),
      contentType: known?.mediaType ?? 'application/octet-stream',
      content: Buffer.from(content),
    })
  }
  return files
}

async function read(sha256: string, blobs: Blobs): Promise<Uint8Array | null> {
  try {
    return await blobs.read(sha256)
  } catch (cause) {
    throw new Unbuildable(ATTACHMENT_LATER, { cause })
  }
}
