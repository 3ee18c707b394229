/** 回执, 回复: how what we hear is bounded, what a reply means, and how long we go on asking. It believes
 *  no clock but ours. */

/** A platform's clock may be a little ahead; far ahead it would move the count to another year. */
export const PLATFORM_CLOCK_AHEAD_MS_MAX = 60_000

/** The platform's own time when it can be right: not in the future, and not before the message could
 *  have left; otherwise ours. */
export function platformTime(theirs: Date | undefined, at: Date, notBefore?: Date): Date {
  const time = theirs?.getTime() ?? Number.NaN
  if (Number.isNaN(time) || time > at.getTime() + PLATFORM_CLOCK_AHEAD_MS_MAX) return at
  if (notBefore !== undefined && time < notBefore.getTime()) return notBefore
  return new Date(time)
}

/** One line within its limit; a NUL or a line break has no place in a code, a number or a name. */
export function boundLine(text: string, charactersMax: number): string {
  return [...String(text)]
    .filter((character) => character >= ' ' && character !== '\u007f')
    .slice(0, charactersMax)
    .join('')
}

/** Days a reply is taken as an answer to the newest message its sender was sent. */
export const REPLY_DAYS_MAX = 7
export const REPLY_CHARACTERS_MAX = 2_000

/** confirm: has read it; unsubscribe: wants no more; other: somebody reads it. */
export type ReplyMeaning = 'confirm' | 'unsubscribe' | 'other'

/** Whole replies only: 不收到 is no 收到, and 退订吗？ asks. Written as `tidyReply` leaves them. */
const REPLY_WORDS: Readonly<Record<Exclude<ReplyMeaning, 'other'>, readonly string[]>> = {
  confirm: ['1', '收到', '已收到', '确认', '已确认', '知悉', '已知悉', '知道了', '已阅'],
  unsubscribe: ['T', 'TD', 'R', '退订', 'TD退订', 'T退订', 'QX', '取消订阅'],
}

export function meaningOf(text: string, words = REPLY_WORDS): ReplyMeaning {
  const tidy = tidyReply(text)
  if (words.unsubscribe.includes(tidy)) return 'unsubscribe'
  return words.confirm.includes(tidy) ? 'confirm' : 'other'
}

/** Full-width letters, small letters, spaces and a full stop say the same. */
function tidyReply(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s。.!！,，;；]+/g, '')
}

/** Hours after which nobody waits for a receipt any more, where a channel says nothing else. */
export const RECEIPT_HOURS_MAX = 72
const ASK_MS_MIN = 10_000
const ASK_MS_MAX = 30 * 60_000

/** Rest before the next question, doubling from ten seconds to half an hour. */
export function askAgainMs(asked: number): number {
  return Math.min(ASK_MS_MAX, ASK_MS_MIN * 2 ** Math.min(20, Math.max(0, asked)))
}

const LOOK_MS_MIN = 1_000
const LOOK_MS_MAX = 3_600_000
const LOOKS_MAX = 90

/** Rest before what was heard of an unknown message is compared again: its reference may become known a
 *  moment later, when the sending is settled. Undefined after about three days. */
export function lookAgainMs(looks: number): number | undefined {
  if (looks >= LOOKS_MAX) return undefined
  return Math.min(LOOK_MS_MAX, LOOK_MS_MIN * 2 ** Math.min(20, Math.max(0, looks)))
}
