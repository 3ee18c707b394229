/** Numbers of people: identity numbers, mobiles and bank cards, also when blanks, dashes or other
 *  digits hide them. One pass, no backtracking. */
import { type Folded, fold, originalRange } from './fold.ts'

export type NumberKind = 'identity' | 'identity-doubtful' | 'mobile' | 'card' | 'account'

export interface NumberHit {
  readonly kind: NumberKind
  /** offsets in the original text */
  readonly from: number
  readonly to: number
  /** digits (and X) without anything between */
  readonly digits: string
  /** a word before it says what it is */
  readonly named: boolean
}

interface Group {
  readonly from: number
  readonly to: number
  readonly digits: string
  /** between this group and the one before; undefined when a new run begins */
  readonly gap: string | undefined
}

const CHINESE_DIGITS = '零一二三四五六七八九'
const OTHER_CHINESE_DIGITS: ReadonlyMap<string, string> = new Map([
  ['〇', '0'],
  ['幺', '1'],
])
const IS_CHINESE_DIGIT: ReadonlySet<number> = new Set(
  [...`${CHINESE_DIGITS}〇幺`].map((digit) => digit.charCodeAt(0)),
)
const GAPS: ReadonlySet<string> = new Set([...' \t\u00a0\u3000-_·.•/'])
const GAP_CHARACTERS_MAX = 3
const NUMBER_DIGITS_MAX = 19
const CONTEXT_CHARACTERS = 16
const ACCOUNT_DIGITS_MIN = 9
/** Lengths of mobiles with and without a country code, of identity numbers and of cards. */
const PERSON_LENGTHS: ReadonlySet<number> = new Set([11, 12, 13, 15, 16, 17, 18, 19])

function isAsciiDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function isChineseDigit(code: number): boolean {
  return code >= 0x3007 && IS_CHINESE_DIGIT.has(code)
}

function asciiDigits(text: string): string {
  return text.replace(
    /[^\d]/g,
    (digit) => OTHER_CHINESE_DIGITS.get(digit) ?? String(CHINESE_DIGITS.indexOf(digit)),
  )
}

function groupsOf(text: string): readonly Group[] {
  const groups: Group[] = []
  let lastEnd = -1
  let lastAscii = true
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    const ascii = isAsciiDigit(code)
    if (!ascii && !isChineseDigit(code)) {
      at += 1
      continue
    }
    const from = at
    const belongs = ascii ? isAsciiDigit : isChineseDigit
    while (at < text.length && belongs(text.charCodeAt(at))) at += 1
    const written = text.slice(from, at)
    const gap = lastEnd >= 0 && lastAscii === ascii ? gapBetween(text, lastEnd, from) : undefined
    const tail = ascii ? closingLetter(text, at) : 0
    const digits = ascii ? written : asciiDigits(written)
    at += tail
    groups.push({ from, to: at, digits: tail ? `${digits}X` : digits, gap })
    lastEnd = at
    lastAscii = ascii
  }
  return groups
}

/** The X of an identity number, where no other letter follows. */
function closingLetter(text: string, at: number): number {
  for (let skip = 0; skip <= 1; skip += 1) {
    const letter = text[at + skip]
    if ((letter === 'X' || letter === 'x') && !/[A-Za-z0-9]/.test(text[at + skip + 1] ?? ''))
      return skip + 1
    if (letter === undefined || !GAPS.has(letter)) return 0
  }
  return 0
}

function gapBetween(text: string, from: number, to: number): string | undefined {
  if (to - from > GAP_CHARACTERS_MAX) return undefined
  const gap = text.slice(from, to)
  return [...gap].every((character) => GAPS.has(character)) ? gap : undefined
}

/** All hits in their order; none overlaps another. */
export function findNumbers(original: string): readonly NumberHit[] {
  const folded = fold(original, 'loose')
  const groups = groupsOf(folded.text)
  const hits: NumberHit[] = []
  for (let start = 0; start < groups.length; ) {
    const found = longestAt(folded, groups, start)
    if (found) hits.push(found.hit)
    start = found ? found.next : start + 1
  }
  return hits
}

function longestAt(folded: Folded, groups: readonly Group[], start: number) {
  let digits = ''
  let first: string | undefined
  let best: { hit: NumberHit; next: number } | undefined
  for (let end = start; end < groups.length; end += 1) {
    const group = groups[end]
    if (!group || (end > start && group.gap === undefined)) break
    digits += group.digits
    if (digits.length > NUMBER_DIGITS_MAX && end > start) break
    // Shorter than every number looked for.
    if (digits.length < ACCOUNT_DIGITS_MIN) continue
    first ??= before(folded.text, groups, start)
    const kind = classify(folded.text, groups, { start, end, digits, first })
    if (kind) best = { hit: hitOf(folded, groups, start, end, kind, digits), next: end + 1 }
    if (group.digits.endsWith('X')) break
  }
  return best
}

function hitOf(
  folded: Folded,
  groups: readonly Group[],
  start: number,
  end: number,
  kind: NumberKind,
  digits: string,
): NumberHit {
  const range = originalRange(folded, groups[start]?.from ?? 0, groups[end]?.to ?? 0)
  return { kind, ...range, digits, named: NAMED[kind].test(before(folded.text, groups, start)) }
}

function before(text: string, groups: readonly Group[], start: number): string {
  const from = groups[start]?.from ?? 0
  return text.slice(Math.max(0, from - CONTEXT_CHARACTERS), from)
}

const NAMED: Readonly<Record<NumberKind, RegExp>> = {
  identity: /身份|证件/,
  'identity-doubtful': /身份|证件/,
  mobile: /手机|电话|联系|微信|短信/,
  card: /卡号|银行|储蓄|信用卡|工资卡|账号|帐号|账户|开户/,
  account: /账号|帐号|账户|帐户|开户|户名|收款/,
}

interface Window {
  readonly start: number
  readonly end: number
  readonly digits: string
  /** the words before it */
  readonly first: string
}

function classify(
  text: string,
  groups: readonly Group[],
  { start, end, digits, first }: Window,
): NumberKind | undefined {
  const { length } = digits
  const whole = end === start
  const account = NAMED.account.test(first)
  if (!account && !PERSON_LENGTHS.has(length)) return undefined
  const code = partOfCode(text, groups, start, end)
  if (length === 18 && !code && isIdentity(digits)) return 'identity'
  if (length === 18 && whole && !code && isPersonLike(digits)) return 'identity-doubtful'
  if (digits.endsWith('X')) return undefined
  if (isCard(digits, NAMED.card.test(first)) && !code && (whole || isEven(groups, start, end)))
    return 'card'
  if (length === 15 && whole && !code && isOldIdentity(digits))
    return NAMED.identity.test(first) ? 'identity' : 'identity-doubtful'
  if (isMobile(digits) && !code && (whole || isMobileShape(groups, start, end))) return 'mobile'
  if (!code && account && (whole || isEven(groups, start, end))) return 'account'
  return undefined
}

/** 统一社会信用代码 and digests hold digits that are nobody's number. */
function partOfCode(text: string, groups: readonly Group[], start: number, end: number): boolean {
  const from = groups[start]?.from ?? 0
  const to = groups[end]?.to ?? 0
  if (!isLetter(text.charCodeAt(from - 1)) && !isLetter(text.charCodeAt(to))) return false
  let left = from
  let right = to
  while (left > 0 && from - left < 64 && /[0-9A-Za-z]/.test(text[left - 1] ?? '')) left -= 1
  while (right < text.length && right - to < 64 && /[0-9A-Za-z]/.test(text[right] ?? '')) right += 1
  const token = text.slice(left, right)
  return token.length >= 32 || /^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}$/i.test(token)
}

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

/** The same gap everywhere, and no date among the groups. */
function isEven(groups: readonly Group[], start: number, end: number): boolean {
  const gap = groups[start + 1]?.gap
  for (let at = start + 1; at <= end; at += 1) if (groups[at]?.gap !== gap) return false
  return !holdsDate(groups, start, end) && gap !== '.' && gap !== '/'
}

function holdsDate(groups: readonly Group[], start: number, end: number): boolean {
  for (let at = start; at + 2 <= end; at += 1) {
    const [year = '', month = '', day = ''] = groups.slice(at, at + 3).map((one) => one.digits)
    if (/^(?:19|20)\d\d$/.test(year) && month.length <= 2 && day.length <= 2) return true
  }
  return false
}

const MOBILE_SHAPES: ReadonlySet<string> = new Set([
  ...['3,4,4', '3,8', '7,4', '3,3,5', '4,4,3', '4,3,4', '5,6', '2,3,4,4', '2,11', '4,11', '2,3,8'],
])

function isMobileShape(groups: readonly Group[], start: number, end: number): boolean {
  const sizes = groups.slice(start, end + 1).map((group) => group.digits.length)
  return MOBILE_SHAPES.has(sizes.join(',')) || isEven(groups, start, end)
}

function isMobile(digits: string): boolean {
  return /^(?:(?:00)?86|0)?1[3-9]\d{9}$/.test(digits)
}

const PROVINCES: ReadonlySet<string> = new Set([
  ...['11', '12', '13', '14', '15', '21', '22', '23', '31', '32', '33', '34', '35', '36', '37'],
  ...['41', '42', '43', '44', '45', '46', '50', '51', '52', '53', '54', '61', '62', '63', '64'],
  ...['65', '71', '81', '82', '83'],
])
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const CHECK_DIGITS = '10X98765432'

/** GB 11643-1999: area, date of birth, order, and a check digit by ISO 7064 MOD 11-2. */
export function isIdentity(digits: string): boolean {
  if (!isPersonLike(digits)) return false
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0)
  return CHECK_DIGITS[sum % 11] === digits[17]
}

function isPersonLike(digits: string): boolean {
  return (
    /^\d{17}[\dX]$/.test(digits) &&
    PROVINCES.has(digits.slice(0, 2)) &&
    isBirthday(digits.slice(6, 14))
  )
}

function isOldIdentity(digits: string): boolean {
  return PROVINCES.has(digits.slice(0, 2)) && isBirthday(`19${digits.slice(6, 12)}`)
}

function isBirthday(day: string): boolean {
  const year = Number(day.slice(0, 4))
  const month = Number(day.slice(4, 6))
  const date = Number(day.slice(6))
  if (year < 1900 || year > 2099 || month < 1 || month > 12 || date < 1) return false
  return date <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** YYYY-MM-DD of an 18-digit identity number. */
export function birthdayOf(digits: string): string {
  return `${digits.slice(6, 10)}-${digits.slice(10, 12)}-${digits.slice(12, 14)}`
}

/** Issuers whose cards are in use here: UnionPay, Visa, Mastercard, JCB and older local ranges. */
const CARD_PREFIX = /^(?:62|4\d|5[1-5]|2[2-7]|35|9558|60|68)/

function isCard(digits: string, named: boolean): boolean {
  if (digits.length < 16 || digits.length > 19) return false
  if (!(named || CARD_PREFIX.test(digits)) || !isLuhn(digits)) return false
  return named || !/^(\d)\1+$/.test(digits)
}

function isLuhn(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) {
    const value = Number(digits[digits.length - 1 - at])
    sum += at % 2 === 0 ? value : value < 5 ? value * 2 : value * 2 - 9
  }
  return sum % 10 === 0
}
