/** 外发通知: what another system of the bureau may be told, where it may stand, and when it is told again
 *  after it did not answer. */
import type { Refusal } from './refusal.ts'

export const WEBHOOK_KINDS = [
  'bulletin.signed',
  'bulletin.stopped',
  'publication.published',
  'publication.amended',
  'publication.withdrawn',
  'dispatch.finished',
  'delivery.unsure',
] as const
export type WebhookKind = (typeof WEBHOOK_KINDS)[number]

export const WEBHOOK_KIND_NAMES: Readonly<Record<WebhookKind, string>> = {
  'bulletin.signed': '已签发',
  'bulletin.stopped': '已停发',
  'publication.published': '已发布',
  'publication.amended': '已更正',
  'publication.withdrawn': '已撤下',
  'dispatch.finished': '发送令办结',
  'delivery.unsure': '有送达待核实',
}

/** Both sign while two are live, so that a receiver changes its own at leisure. */
export const LIVE_KEYS_MAX = 2

const NAME_CHARACTERS_MAX = 60
const URL_CHARACTERS_MAX = 500
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

export interface NewWebhook {
  readonly name: string
  readonly url: string
  readonly kinds: readonly WebhookKind[]
}

/** Every fault at once; empty when it may be entered. */
export function whyNotWebhook({ name, url, kinds }: NewWebhook): readonly Refusal[] {
  const found: Refusal[] = []
  if (name.trim() === '') found.push({ code: 'missing-field', field: 'name' })
  if ([...name.trim()].length > NAME_CHARACTERS_MAX)
    found.push({ code: 'too-long', field: 'name', limit: NAME_CHARACTERS_MAX })
  if (kinds.length === 0) found.push({ code: 'missing-field', field: 'kinds' })
  if (url.length > URL_CHARACTERS_MAX)
    found.push({ code: 'too-long', field: 'url', limit: URL_CHARACTERS_MAX })
  const detail = whyNotUrl(URL.parse(url))
  if (detail !== undefined) found.push({ code: 'invalid-value', field: 'url', detail })
  return found
}

function whyNotUrl(url: URL | null): string | undefined {
  if (url === null || !/^https?:$/.test(url.protocol)) return '应为 https:// 开头的地址'
  if (url.username !== '' || url.password !== '') return '地址里不能有用户名和密码'
  if (url.hash !== '') return '地址里不能有 #'
  // The body holds no secret, but a signature seen on the way could be sent again by whoever saw it.
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) return '应为 https:// 开头的地址'
  return undefined
}

/** What a call brought: a status, or the code of what went wrong before one came. */
export type WebhookAnswer = { readonly status: number } | { readonly fault: string }

export type WebhookOutcome =
  | { readonly kind: 'done' }
  /** the receiver wants nothing more: its subscription is paused, the event waits */
  | { readonly kind: 'gone'; readonly fault: string }
  | { readonly kind: 'again'; readonly fault: string; readonly nextAt: Date }
  | { readonly kind: 'given-up'; readonly fault: string }

const PAUSE_MS_MIN = 10_000
const PAUSE_MS_MAX = 3 * 3_600_000
export const TRIES_MS_MAX = 24 * 3_600_000

/** `attempts` counts the one that brought the answer; the pause doubles from 10 seconds to 3 hours, and the
 *  last attempt is made when 24 hours are over. */
export function afterWebhookAnswer(
  answer: WebhookAnswer,
  {
    attempts,
    firstAt,
    at,
  }: { readonly attempts: number; readonly firstAt: Date; readonly at: Date },
): WebhookOutcome {
  if ('status' in answer && answer.status >= 200 && answer.status < 300) return { kind: 'done' }
  const fault = 'status' in answer ? `http-${answer.status}` : answer.fault
  if (fault === 'http-410') return { kind: 'gone', fault }
  const end = firstAt.getTime() + TRIES_MS_MAX
  if (at.getTime() >= end) return { kind: 'given-up', fault }
  const pause = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(30, Math.max(0, attempts - 1)))
  return { kind: 'again', fault, nextAt: new Date(Math.min(end, at.getTime() + pause)) }
}
