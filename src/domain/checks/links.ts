/** Links of a text and what a visit told about them. */
import { type CheckContext, foundAt, type Reading } from './context.ts'
import type { Found } from './finding.ts'

export type LinkState =
  | { readonly kind: 'alive' }
  /** the server answered that there is nothing, or the name does not exist */
  | { readonly kind: 'dead'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string }

const LINK = /https?:\/\/[^\s<>"'`，。；、！？“”‘’（）()《》〈〉【】[\]{}|\\^]{1,500}/gi

export function linksIn(text: string): readonly { readonly from: number; readonly url: string }[] {
  return [...text.matchAll(LINK)].map((match) => ({
    from: match.index,
    url: match[0].replace(/[.,;:!?]+$/, ''),
  }))
}

export function findLinks(
  { passage }: Reading,
  _context: CheckContext,
  states: ReadonlyMap<string, LinkState>,
): readonly Found[] {
  if (passage.role === 'file') return []
  return linksIn(passage.text).flatMap(({ from, url }) => {
    const state = states.get(url)
    if (state === undefined || state.kind === 'alive') return []
    const dead = state.kind === 'dead'
    return [
      foundAt(passage, from, from + url.length, {
        code: dead ? 'dead-link' : 'unchecked-link',
        severity: dead ? 'ask' : 'hint',
        say: dead ? `的链接打不开（${state.why}）` : `的链接没有查成（${state.why}）`,
        fix: dead ? '请改正或删去链接；暂时打不开的请说明' : '请自己点开看一次',
      }),
    ]
  })
}
