/** 刊播凭证: what shows that an outlet printed or broadcast a release. Refuses one that nobody could look up
 *  again: without outlet, place, or a link or picture. */
import type { Refusal } from './refusal.ts'
import { dayOf } from './year.ts'

export const CLIPPING_KINDS = ['tv', 'radio', 'newspaper', 'magazine', 'online'] as const
export type ClippingKind = (typeof CLIPPING_KINDS)[number]

/** A closed list, so that a year can be added up by it. */
export const CLIPPING_KIND_NAMES: Readonly<Record<ClippingKind, string>> = {
  tv: '电视',
  radio: '广播',
  newspaper: '报纸',
  magazine: '杂志',
  online: '网络',
}

const CLIPPING_LIMITS = { outletMax: 60, placeMax: 120, urlMax: 2_000 } as const

export interface Clipping {
  /** the outlet as it calls itself, for example 嘉兴日报 */
  readonly outlet: string
  readonly kind: ClippingKind
  /** when it was printed or broadcast; a day alone is its first instant */
  readonly appearedAt: Date
  /** page or programme, for example 第3版 or 新闻联播 */
  readonly place: string
  readonly url?: string
  /** SHA-256 of a scanned cutting or screenshot kept as a blob, in hex */
  readonly pictureHash?: string
}

/** `sentAt` is when the release was signed to go out: nothing is printed on a day before it. */
export function whyNotClipping(
  clipping: Clipping,
  times: { readonly at: Date; readonly sentAt: Date },
): Refusal | undefined {
  const { outletMax, placeMax, urlMax } = CLIPPING_LIMITS
  for (const [field, text, limit] of [
    ['outlet', clipping.outlet, outletMax],
    ['place', clipping.place, placeMax],
  ] as const) {
    if (text.trim() === '') return { code: 'missing-field', field }
    if ([...text].length > limit) return { code: 'too-long', field, limit }
  }
  const { url, pictureHash, appearedAt } = clipping
  if (url === undefined && pictureHash === undefined)
    return { code: 'missing-field', field: 'evidence', detail: '请附链接，或样报、截图' }
  if (url !== undefined && (url.length > urlMax || !/^https?:\/\/[^\s\p{Cc}]+$/u.test(url)))
    return { code: 'payload-problem', field: 'url', limit: urlMax }
  if (appearedAt > times.at)
    return { code: 'window-invalid', field: 'appeared-at', detail: '刊播时间还没有到' }
  if (dayOf(appearedAt) < dayOf(times.sentAt))
    return { code: 'window-invalid', field: 'appeared-at', detail: '刊播时间早于签发' }
  return undefined
}
