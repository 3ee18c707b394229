/** Attachments on their way to a platform: read by hash, hashed again, uploaded once a process. What was
 *  not signed, or is no longer what was signed, is refused. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import type { SendBatch, Toolbox } from '../channel.ts'
import type { Conversation, Errand } from './conversation.ts'
import type { PublishSettings } from './settings.ts'
import type { UploadedFile } from './wire-body.ts'

const REMEMBERED_MAX = 500

interface Place {
  readonly id?: string
  readonly url?: string
}

export class Uploads {
  readonly #settings: PublishSettings
  readonly #tools: Toolbox
  readonly #known = new Map<string, Place>()

  constructor(settings: PublishSettings, tools: Toolbox) {
    this.#settings = settings
    this.#tools = tools
  }

  /** Puts the signed attachments into `errand.files`; what stopped it otherwise. */
  async add(
    batch: SendBatch,
    errand: Errand,
    conversation: Conversation,
  ): Promise<Outcome | undefined> {
    const { upload } = this.#settings.profile.steps
    if (!upload) return undefined
    const signed = (batch.fields['attachments'] ?? '').split('\n').filter(Boolean)
    for (const line of signed) {
      const sha256 = line.slice(0, 64)
      const name = line.slice(65)
      const known = batch.attachments.find((one) => one.sha256 === sha256)
      const bytes = known && (await this.#read(sha256))
      if (bytes === 'later')
        return { kind: 'retry', code: 'attachment-unreadable', detail: '暂时读不到附件，稍后重试' }
      if (!bytes || sha256Hex(bytes) !== sha256)
        return refused('attachment-missing', '签发的附件已不在或与签发时不同，请重新上传并签发')
      if (bytes.length > this.#settings.attachmentBytesMax)
        return refused(
          'attachment-too-big',
          `附件超过 ${this.#settings.attachmentBytesMax} 字节，请压缩后重新签发`,
        )
      const mediaType = /^[\w.+-]+\/[\w.+-]+$/.test(known?.mediaType ?? '')
        ? known?.mediaType
        : undefined
      const file = { name, sha256, bytes, mediaType: mediaType ?? 'application/octet-stream' }
      const place = await this.#place(file, errand, conversation)
      if ('kind' in place) return place
      errand.files.push({ ...file, ...place })
    }
    return undefined
  }

  async #read(sha256: string): Promise<Uint8Array | 'later' | null> {
    try {
      return await this.#tools.blobs.read(sha256)
    } catch {
      return 'later'
    }
  }

  /** Uploading twice leaves an orphan nobody sees, so that a lost answer is simply tried again. */
  async #place(
    file: UploadedFile,
    errand: Errand,
    conversation: Conversation,
  ): Promise<Place | Outcome> {
    const { upload } = this.#settings.profile.steps
    const key = `${file.sha256} ${file.name}`
    const known = this.#known.get(key)
    if (known || !upload) return known ?? {}
    const judged = await conversation.run('upload', upload, 'look', errand, file)
    if (judged.kind === 'not' || judged.kind === 'absent') return judged.outcome
    if (judged.kind === 'auth') return refused(judged.code, judged.detail)
    const id = judged.read.get('fileId')
    const url = judged.read.get('fileUrl')
    if (id === undefined && url === undefined)
      return refused('upload-unnamed', '平台收下了附件却没有说明编号，请核对方案的 upload 步骤')
    const place = { ...(id === undefined ? {} : { id }), ...(url === undefined ? {} : { url }) }
    this.#known.set(key, place)
    const [oldest] = this.#known.keys()
    if (this.#known.size > REMEMBERED_MAX && oldest !== undefined) this.#known.delete(oldest)
    return place
  }
}

function refused(code: string, detail: string): Outcome {
  return { kind: 'refused', scope: 'message', code, detail }
}
