/** The acts on an official account: publish without a push, send with one, preview, take down, and looking
 *  what became of them. Every send makes a draft of its own, because deleting one send of a material kills
 *  the page of all its sends. Source: 公众号文档, 草稿箱, 发布能力, 群发接口. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { SendBatch, Toolbox } from '../channel.ts'
import {
  BUSY_UNSURE,
  DRAFT_THERE,
  NO_PREVIEW,
  NO_REFERENCE,
  NOT_NAMED,
  STILL_SENDING,
  UNKNOWN,
} from './answers.ts'
import { sendTogether } from './bundle.ts'
import { CODES, PUBLISH_STATES } from './codes.ts'
import { Drafts } from './drafts.ts'
import { type Interface, outcomeOf, type Said, textAt } from './interface.ts'
import { Mass, REVIEW_MS_MAX, standsAlone } from './mass.ts'
import type { OfficialSettings } from './settings.ts'

const REMEMBERED_MAX = 1_000
const DELETED_BY_OWNER = '5'

type Refusal = Exclude<Said, { kind: 'done' }>

/** A test reaches one openid of our own. So does an exercise on a road that pushes: a mark in the title does
 *  not keep it from ringing on every follower's phone. */
export function isPreview(
  { push }: Pick<OfficialSettings, 'push'>,
  { mode }: Pick<SendBatch, 'mode'>,
): boolean {
  return mode === 'test' || (push && mode === 'exercise')
}

export class Acts {
  readonly #calls: Interface
  readonly #drafts: Drafts
  readonly #mass: Mass
  /** drafts this process submitted, by the recipient's key: a draft that is gone was taken */
  readonly #submitted = new Map<string, string>()
  /** what the platform called an item, for a withdrawal that comes before the hub has kept it */
  readonly #references = new Map<string, string>()

  constructor(calls: Interface, tools: Toolbox) {
    this.#calls = calls
    this.#drafts = new Drafts(calls, tools)
    this.#mass = new Mass(calls)
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const { push, previewTo } = this.#calls.settings
    const preview = isPreview(this.#calls.settings, batch)
    if (preview && previewTo === undefined) return NO_PREVIEW
    const article = await this.#drafts.article(batch, signal)
    if ('kind' in article) return article
    const draft = await this.#drafts.add([article], batch.at, signal)
    if (typeof draft !== 'string') return draft
    if (preview) return this.#preview(draft, previewTo ?? '', batch, signal)
    remember(this.#submitted, keyOf(batch), draft)
    const outcome = push
      ? await this.#mass.send(draft, keyOf(batch), batch.at, signal)
      : await this.#publish(draft, batch, signal)
    if ('reference' in outcome && outcome.reference !== undefined)
      remember(this.#references, itemOf(batch), outcome.reference)
    return outcome
  }

  /** Several items in one send; a single one is a send like any other. */
  async sendBundle(
    batches: readonly SendBatch[],
    signal: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const [only] = batches
    if (only && batches.length === 1) return [await this.send(only, signal)]
    const tools = {
      ...{ drafts: this.#drafts, mass: this.#mass },
      submits: (key: string, draft: string) => remember(this.#submitted, key, draft),
    }
    const outcomes = await sendTogether(tools, batches.map(articleOf), signal)
    for (const [index, batch] of batches.entries()) {
      const outcome = outcomes[index]
      if (outcome && 'reference' in outcome && outcome.reference !== undefined)
        remember(this.#references, itemOf(batch), outcome.reference)
    }
    return outcomes
  }

  async #publish(draft: string, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const body = { media_id: draft }
    const said = await this.#calls.call('freepublish/submit', body, 'make', signal)
    if (said.kind !== 'done') return this.#not(said, batch)
    const reference = textAt(said.tree, 'publish_id')
    if (!reference) return NOT_NAMED
    return { kind: 'awaiting', on: 'review', reference, withinMs: REVIEW_MS_MAX }
  }

  async #preview(
    draft: string,
    touser: string,
    batch: SendBatch,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const body = { touser, mpnews: { media_id: draft }, msgtype: 'mpnews' }
    const said = await this.#calls.call('message/mass/preview', body, 'make', signal)
    if (said.kind !== 'done') return this.#no(said, batch)
    return { kind: 'accepted', delivered: true }
  }

  async retract(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const reference = batch.reference ?? this.#references.get(itemOf(batch))
    if (reference === undefined) return NO_REFERENCE
    if (this.#calls.settings.push) return this.#mass.remove(reference, batch.at, signal)
    const said = await this.#published(reference, signal)
    if (said.kind !== 'done') return this.#no(said, batch)
    const gone: Outcome = { kind: 'accepted', reference, delivered: true }
    const state = textAt(said.tree, 'publish_status') ?? ''
    // Failed, banned or deleted: nothing stands there.
    if (state === DELETED_BY_OWNER || PUBLISH_STATES[state] === 'failed') return gone
    const article = textAt(said.tree, 'article_id')
    if (state !== '0' || !article) return STILL_SENDING
    const body = { article_id: article, index: 0 }
    const deleted = await this.#calls.call('freepublish/delete', body, 'make', signal)
    return deleted.kind === 'done' || isGone(deleted) ? gone : this.#not(deleted, batch)
  }

  /** Looks, and changes nothing. A draft that still lies in the box proves nothing: the platform does not
   *  say whether it leaves before the tap and the review or after them. */
  async reconcile(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    if (batch.act === 'withdraw') return this.#stillThere(batch, signal)
    const draft = this.#submitted.get(keyOf(batch))
    if (draft === undefined) return UNKNOWN
    const said = await this.#calls.call('draft/get', { media_id: draft }, 'look', signal)
    if (isGone(said)) return { kind: 'accepted' }
    return said.kind === 'done' ? DRAFT_THERE : UNKNOWN
  }

  async #stillThere(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const { push } = this.#calls.settings
    const reference = batch.reference ?? this.#references.get(itemOf(batch))
    if (reference === undefined || (push && !standsAlone(reference))) return UNKNOWN
    const state = await this.stateOf(reference, signal)
    if (state === 'DELETE' || state === DELETED_BY_OWNER)
      return { kind: 'accepted', reference, delivered: true }
    if (state === 'SEND_SUCCESS' || state === '0')
      return { kind: 'retry', code: 'still-there', detail: '平台上还有这一篇，可以再次撤下' }
    return UNKNOWN
  }

  /** `msg_status` of a send, `publish_status` of a publication; undefined when nobody says it. */
  async stateOf(reference: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#calls.settings.push) return this.#mass.state(reference, signal)
    const said = await this.#published(reference, signal)
    return said.kind === 'done' ? textAt(said.tree, 'publish_status') : undefined
  }

  #published(reference: string, signal: AbortSignal): Promise<Said> {
    return this.#calls.call('freepublish/get', { publish_id: reference }, 'look', signal)
  }

  #no(said: Refusal, { at }: SendBatch): Outcome {
    return outcomeOf(said, at, this.#calls.settings)
  }

  /** Where the platform does not know our item again, its being busy is no proof that it did nothing. */
  #not(said: Refusal, batch: SendBatch): Outcome {
    const busy = said.kind === 'code' && CODES[said.code]?.means === 'busy'
    return busy ? BUSY_UNSURE : this.#no(said, batch)
  }
}

function keyOf({ recipients, key }: SendBatch): string {
  return recipients[0]?.key ?? key
}

function articleOf(batch: SendBatch) {
  return { key: keyOf(batch), fields: batch.fields, at: batch.at }
}

function itemOf({ agencyId, bulletinId }: SendBatch): string {
  return `${agencyId}-${bulletinId}`
}

function isGone(said: Said): boolean {
  return said.kind === 'code' && CODES[said.code]?.means === 'gone'
}

function remember(known: Map<string, string>, name: string, value: string): void {
  known.set(name, value)
  const [oldest] = known.keys()
  if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
}
