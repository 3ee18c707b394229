/** What every check is given, and how it says what it found. */
import type { RevisionContent } from '../bulletin.ts'
import type { Finding, FindingCode, Found, Severity } from './finding.ts'
import { type Folded, fold, originalRange } from './fold.ts'
import type { Passage } from './passage.ts'

export interface CheckContext {
  readonly content: RevisionContent
  readonly categoryId: string
  /** the bureau's day, YYYY-MM-DD */
  readonly day: string
}

/** Decisions and exposures name people; what else may be public is not public there. */
export function namesOffenders(categoryId: string): boolean {
  return categoryId === 'penalty' || categoryId === 'exposure'
}

/** A passage in both spellings checks look into. */
export interface Reading {
  readonly passage: Passage
  readonly dense: Folded
}

export function readPassage(passage: Passage): Reading {
  return { passage, dense: fold(passage.text, 'dense') }
}

interface Said {
  readonly code: FindingCode
  readonly severity: Severity
  /** what stands after “标题”, “正文第3段” … */
  readonly say: string
  readonly fix: string
  readonly replacement?: string
  /** what the finding is about where that is more than the stretch itself */
  readonly about?: string
}

/** A finding over [from, to) of the passage's own text. */
export function foundAt(passage: Passage, from: number, to: number, said: Said): Found {
  const { field, where, text } = passage
  const { code, severity, fix, replacement } = said
  const finding: Finding = { code, severity, field, from, to, text: `${where}${said.say}`, fix }
  const matched = said.about ?? text.slice(from, to)
  // A quote is relayed unaltered: there is nothing to click.
  if (replacement === undefined || passage.role === 'quote' || passage.role === 'file')
    return { ...finding, matched }
  return { ...finding, replacement, matched }
}

/** The same over [from, to) of the dense spelling. */
export function foundInDense({ passage, dense }: Reading, from: number, to: number, said: Said) {
  const range = originalRange(dense, from, to)
  return foundAt(passage, range.from, range.to, said)
}

/** Every match of a global pattern in the dense spelling. */
export function* matches(reading: Reading, pattern: RegExp): Generator<RegExpExecArray> {
  yield* reading.dense.text.matchAll(pattern)
}

const DIGITS = '零一二三四五六七八九'

/** 阿拉伯数字 or 中文数字 below ten thousand; NaN for anything else. */
export function countOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  if (/^[〇零一二三四五六七八九]{2,4}$/.test(text))
    return Number([...text].map((one) => DIGITS.indexOf(one === '〇' ? '零' : one)).join(''))
  let total = 0
  let digit = 0
  for (const one of text) {
    const unit = { 十: 10, 百: 100, 千: 1_000 }[one]
    const value = one === '两' ? 2 : DIGITS.indexOf(one === '〇' ? '零' : one)
    if (unit !== undefined) {
      total += (digit || 1) * unit
      digit = 0
    } else if (value >= 0) digit = value
    else return Number.NaN
  }
  return total + digit
}
