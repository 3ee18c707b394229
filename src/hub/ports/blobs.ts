/** Attachments and pictures by their hash. Refuses what is too large; never hands out bytes that
 *  are not those the hash names. */
import type { Blobs } from '../../../channels/channel.ts'
import { ATTACHMENT_BYTES_MAX } from '../../domain/bulletin.ts'

export interface BlobFacts {
  /** lower-case hex */
  readonly sha256: string
  readonly bytes: number
  readonly mediaType: string
}

export interface OpenBlob extends BlobFacts {
  /** To be read to its end or cancelled, because an open file stands behind it. */
  readonly content: ReadableStream<Uint8Array>
}

export class BlobTooLarge extends Error {
  readonly limit = ATTACHMENT_BYTES_MAX
  constructor() {
    super(`附件超过上限 ${ATTACHMENT_BYTES_MAX / 1024 / 1024} MB，请压缩或拆分后再上传`)
    this.name = 'BlobTooLarge'
  }
}

/** What is kept is no longer what was signed. */
export class BlobDamaged extends Error {
  constructor(sha256: string) {
    super(`附件 ${sha256.slice(0, 12)}… 与登记的校验值不符，已拒绝读取；请从备份恢复或重新上传`)
    this.name = 'BlobDamaged'
  }
}

/** One agency's blobs; the same bytes kept twice are kept once, under their first media type. */
export interface BlobStore extends Blobs {
  /** @throws BlobTooLarge before more than the limit was kept */
  put(file: {
    readonly content: Uint8Array | AsyncIterable<Uint8Array>
    readonly mediaType: string
    readonly at: Date
  }): Promise<BlobFacts>
  /** @throws BlobDamaged */
  read(sha256: string): Promise<Uint8Array | null>
  /** Verified before the first byte is handed out.
   *  @throws BlobDamaged */
  open(sha256: string): Promise<OpenBlob | null>
  has(sha256: string): Promise<boolean>
}
