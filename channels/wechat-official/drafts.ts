/** Drafts: articles with their pictures and covers in place. Nobody sees a draft, so that whatever stops here
 *  was certainly not sent. Source: 公众号文档, draft_add. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { SendBatch, Toolbox } from '../channel.ts'
import { TOO_LONG, UNREADABLE } from './answers.ts'
import { CONTENT_BYTES_MAX, CONTENT_CHARACTERS_MAX, COVER_MEDIA, COVER_PICTURE } from './article.ts'
import { picturesIn, withAddresses } from './blocks.ts'
import { type Interface, outcomeOf, textAt } from './interface.ts'
import { Pictures } from './pictures.ts'

/** As the platform takes it, under its own names. */
export interface DraftArticle {
  readonly title: string
  readonly author: string
  readonly digest: string
  readonly content: string
  readonly content_source_url: string
  readonly thumb_media_id: string
}

export class Drafts {
  readonly #calls: Interface
  readonly #pictures: Pictures

  constructor(calls: Interface, tools: Toolbox) {
    this.#calls = calls
    this.#pictures = new Pictures(calls, tools)
  }

  async article(
    { fields, at }: Pick<SendBatch, 'fields' | 'at'>,
    signal: AbortSignal,
  ): Promise<DraftArticle | Outcome> {
    const { title = '', author = '', digest = '', content = '', cover = '', link = '' } = fields
    const addresses = await this.#pictures.addresses(picturesIn(content), at, signal)
    if ('kind' in addresses) return addresses
    const material = cover.startsWith(COVER_PICTURE)
      ? await this.#pictures.material(cover.slice(COVER_PICTURE.length), at, signal)
      : cover.slice(COVER_MEDIA.length)
    if (typeof material !== 'string') return material
    const whole = withAddresses(content, addresses)
    if (
      [...whole].length >= CONTENT_CHARACTERS_MAX ||
      Buffer.byteLength(whole) >= CONTENT_BYTES_MAX
    )
      return TOO_LONG
    return {
      ...{ title, author, digest, content: whole },
      ...{ content_source_url: link, thumb_media_id: material },
    }
  }

  /** The draft's media_id. 仅有单图文消息才有摘要：several articles go without. */
  async add(
    articles: readonly DraftArticle[],
    at: Date,
    signal: AbortSignal,
  ): Promise<string | Outcome> {
    const several = articles.length > 1
    const body = {
      articles: articles.map((article) => ({
        ...{ article_type: 'news', ...article },
        ...(several ? { digest: '' } : {}),
        need_open_comment: this.#calls.settings.comments ? 1 : 0,
        only_fans_can_comment: 0,
      })),
    }
    const said = await this.#calls.call('draft/add', body, 'look', signal)
    if (said.kind !== 'done') return outcomeOf(said, at, this.#calls.settings)
    return textAt(said.tree, 'media_id') ?? UNREADABLE
  }

  /** Left behind it would only fill the box. */
  async remove(draft: string, signal: AbortSignal): Promise<void> {
    await this.#calls.call('draft/delete', { media_id: draft }, 'look', signal)
  }
}
