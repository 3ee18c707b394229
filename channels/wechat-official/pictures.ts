/** Pictures on their way to the platform: read by hash, hashed again, uploaded once a process. Uploading
 *  twice leaves a copy nobody sees, so that a lost answer is simply tried again.
 *  Source: 公众号文档 uploadImage and addMaterial. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import type { Toolbox } from '../channel.ts'
import { PICTURE_BYTES_MAX } from './article.ts'
import { type Interface, outcomeOf, textAt } from './interface.ts'

const REMEMBERED_MAX = 500
const ADDRESS = /^https?:\/\/[\w.-]{1,200}(?::\d{1,5})?\/[^\s"'<>\\]{0,1500}$/
const MEDIA_ID = /^[\w-]{1,256}$/

const KINDS = [
  { mediaType: 'image/jpeg', name: 'picture.jpg', begins: [0xff, 0xd8, 0xff] },
  { mediaType: 'image/png', name: 'picture.png', begins: [0x89, 0x50, 0x4e, 0x47] },
] as const

export class Pictures {
  readonly #calls: Interface
  readonly #tools: Toolbox
  readonly #addresses = new Map<string, string>()
  readonly #materials = new Map<string, string>()

  constructor(calls: Interface, tools: Toolbox) {
    this.#calls = calls
    this.#tools = tools
  }

  /** What stands in a text: the platform's address of each picture, or what stopped it. */
  async addresses(
    hashes: readonly string[],
    at: Date,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string> | Outcome> {
    const found = new Map<string, string>()
    for (const sha256 of hashes) {
      const address = await this.#upload(sha256, ADDRESS_UPLOAD, this.#addresses, at, signal)
      if (typeof address !== 'string') return address
      found.set(sha256, address)
    }
    return found
  }

  /** A cover: its permanent material. */
  material(sha256: string, at: Date, signal: AbortSignal): Promise<string | Outcome> {
    return this.#upload(sha256, MATERIAL_UPLOAD, this.#materials, at, signal)
  }

  async #upload(
    sha256: string,
    { path, member, shape }: typeof ADDRESS_UPLOAD | typeof MATERIAL_UPLOAD,
    known: Map<string, string>,
    at: Date,
    signal: AbortSignal,
  ): Promise<string | Outcome> {
    const before = known.get(sha256)
    if (before !== undefined) return before
    const bytes = await this.#read(sha256)
    if (!(bytes instanceof Uint8Array)) return bytes
    const kind = KINDS.find(({ begins }) => begins.every((byte, index) => bytes[index] === byte))
    if (!kind) return refused('picture-kind', '图片不是 jpg 或 png，公众号不收，请转换后重新签发')
    if (bytes.length >= PICTURE_BYTES_MAX)
      return refused('picture-too-big', '图片不小于 1 MB，公众号不收，请压缩后重新签发')
    const said = await this.#calls.upload(path, { bytes, ...kind }, signal)
    if (said.kind !== 'done') return outcomeOf(said, at, this.#calls.settings)
    const place = textAt(said.tree, member)
    if (place === undefined || !shape.test(place)) {
      const detail = '平台收下了图片却没有给出能用的地址，稍后再试'
      return { kind: 'retry', code: 'unreadable-answer', detail }
    }
    known.set(sha256, place)
    const [oldest] = known.keys()
    if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
    return place
  }

  async #read(sha256: string): Promise<Uint8Array | Outcome> {
    let bytes: Uint8Array | null
    try {
      bytes = await this.#tools.blobs.read(sha256)
    } catch {
      return { kind: 'retry', code: 'picture-unreadable', detail: '暂时读不到图片，稍后重试' }
    }
    if (bytes && sha256Hex(bytes) === sha256) return bytes
    return refused('picture-missing', '签发的图片已不在或与签发时不同，请重新上传并签发')
  }
}

const ADDRESS_UPLOAD = { path: 'media/uploadimg', member: 'url', shape: ADDRESS } as const
const MATERIAL_UPLOAD = {
  ...{ path: 'material/add_material?type=image', member: 'media_id', shape: MEDIA_ID },
} as const

function refused(code: string, detail: string): Outcome {
  return { kind: 'refused', scope: 'message', code, detail }
}
