/** 群发: one draft to followers under an id of our own, what became of it, and taking one article of it down.
 *  Source: 公众号文档, sendAll, getMassMsg, deleteMassMsg. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { MASS_FAILED, NO_REFERENCE, NOT_NAMED, STILL_SENDING } from './answers.ts'
import { CODES, MASS_STATES } from './codes.ts'
import { type Interface, outcomeOf, type Tree, textAt } from './interface.ts'

const MINUTE_MS = 60_000
/** 管理员 30 分钟内没有确认，该次群发失败 (公众号文档, sendAll). */
const TAP_MS_MAX = 30 * MINUTE_MS
/** 待核: how long the platform's own review takes at most is nowhere said. */
export const REVIEW_MS_MAX = 24 * 60 * MINUTE_MS
/** Longer ones, though documented, were refused with 45067. */
const CLIENT_ID_CHARACTERS = 32
const MASS_ID = /^\d{1,20}$/
/** the send, and the place of the article where it stood beside others */
const REFERENCE = /^(\d{1,20})(?:_([1-8]))?$/

export class Mass {
  readonly #calls: Interface

  constructor(calls: Interface) {
    this.#calls = calls
  }

  /** @param key the same at each attempt of these articles, another one otherwise */
  async send(draft: string, key: string, at: Date, signal: AbortSignal): Promise<Outcome> {
    const { tagId, ignoreReprint } = this.#calls.settings
    const body = {
      filter: tagId === undefined ? { is_to_all: true } : { is_to_all: false, tag_id: tagId },
      ...{ mpnews: { media_id: draft }, msgtype: 'mpnews' },
      send_ignore_reprint: ignoreReprint ? 1 : 0,
      clientmsgid: sha256Hex(key).slice(0, CLIENT_ID_CHARACTERS),
    }
    const said = await this.#calls.call('message/mass/sendall', body, 'make', signal)
    if (said.kind === 'code' && CODES[said.code]?.means === 'known')
      return this.#takenBefore(massIdIn(said.tree), signal)
    // Under our own id it is the same send, so that a busy platform may be asked again.
    if (said.kind !== 'done') return outcomeOf(said, at, this.#calls.settings)
    const reference = massIdIn(said.tree)
    return reference === undefined ? NOT_NAMED : this.#awaiting(reference)
  }

  #awaiting(reference: string): Outcome {
    const { protection, tagId } = this.#calls.settings
    // Only a send to everybody has to be tapped.
    return protection && tagId === undefined
      ? { kind: 'awaiting', on: 'tap', reference, withinMs: TAP_MS_MAX }
      : { kind: 'awaiting', on: 'review', reference, withinMs: REVIEW_MS_MAX }
  }

  /** 45065: the first call was taken; what became of it is asked. */
  async #takenBefore(reference: string | undefined, signal: AbortSignal): Promise<Outcome> {
    if (reference === undefined) return { kind: 'accepted' }
    const state = await this.state(reference, signal)
    if (state === 'SEND_SUCCESS' || state === 'DELETE')
      return { kind: 'accepted', reference, delivered: true }
    return state === 'SEND_FAIL' ? MASS_FAILED : this.#awaiting(reference)
  }

  /** `msg_status`; undefined when nobody says it. */
  async state(reference: string, signal: AbortSignal): Promise<string | undefined> {
    const [, id] = REFERENCE.exec(reference) ?? []
    if (id === undefined) return undefined
    const said = await this.#calls.call('message/mass/get', { msg_id: id }, 'look', signal)
    const state = said.kind === 'done' ? textAt(said.tree, 'msg_status') : undefined
    if (state === undefined || state === 'SENDING') return state
    return Object.hasOwn(MASS_STATES, state) ? state : undefined
  }

  async remove(reference: string, at: Date, signal: AbortSignal): Promise<Outcome> {
    const [, id, place = '1'] = REFERENCE.exec(reference) ?? []
    if (id === undefined) return NO_REFERENCE
    // Written by hand: a number of twenty digits would lose its last ones. Without a place all articles go.
    const body = `{"msg_id":${id},"article_idx":${place}}`
    const said = await this.#calls.call('message/mass/delete', body, 'make', signal)
    const gone: Outcome = { kind: 'accepted', reference, delivered: true }
    if (said.kind === 'done') return gone
    if (said.kind === 'lost') return said.outcome
    const state = await this.state(reference, signal)
    if (state === 'SEND_FAIL' || (state === 'DELETE' && reference === id)) return gone
    if (state === 'SENDING') return STILL_SENDING
    return outcomeOf(said, at, this.#calls.settings)
  }
}

/** An article that stood beside others has no state of its own. */
export function standsAlone(reference: string): boolean {
  return MASS_ID.test(reference)
}

function massIdIn(tree: Tree): string | undefined {
  const found = textAt(tree, 'msg_id')
  return found !== undefined && MASS_ID.test(found) ? found : undefined
}
