/** 定时播发: one standing broadcast of a bureau, as data: when, what, to whom, on which channels, and what
 *  happens when it was missed. Its text is a template with a closed list of blanks. */
import type { Block, Level, RevisionContent } from '../bulletin.ts'
import { type Day, yearOfDay } from '../calendar/day.ts'
import type { Rule } from './rule.ts'

/** What becomes of an occurrence whose time passed while nothing was running. */
export type Missed =
  /** still goes out (or becomes a draft) within `graceHours`; later a person is asked */
  | { readonly policy: 'late'; readonly graceHours: number }
  /** a thing of its hour: not made up for, only recorded */
  | { readonly policy: 'skip' }
  /** a person decides */
  | { readonly policy: 'ask' }

/** How long before its time the draft must lie before the reviewer. */
export type Lead = { readonly workingDays: number } | { readonly hours: number }

export interface StandingText {
  readonly title: string
  readonly blocks: readonly Block[]
  /** what fits one text message together with the bureau's signature */
  readonly short?: string
}

export interface StandingBroadcast {
  readonly id: string
  /** 中文名 */
  readonly name: string
  /** 依据: the law, plan or custom it follows */
  readonly basis: string
  readonly rules: readonly Rule[]
  readonly categoryId: string
  readonly level: Level
  /** empty for places only */
  readonly audiences: readonly string[]
  /** in the order in which they are proposed for signing */
  readonly channels: readonly string[]
  readonly text: StandingText
  readonly missed: Missed
  readonly lead: Lead
  /** the draft goes to review by itself when the checks find nothing; false where a person must write */
  readonly handsIn: boolean
  readonly jitterMinutes: number
}

/** A text message of one part in Chinese holds 70 characters; the rest is left for the 【signature】. */
export const SHORT_CHARACTERS_MAX = 60

/** The blanks a text may have. */
const BLANKS = ['年份', '上年', '月日', '单位'] as const
type Blank = (typeof BLANKS)[number]

export interface Occasion {
  readonly day: Day
  readonly agency: string
}

function valuesFor({ day, agency }: Occasion): Readonly<Record<Blank, string>> {
  const [, month, date] = day.split('-').map(Number)
  const year = yearOfDay(day)
  return { 年份: `${year}`, 上年: `${year - 1}`, 月日: `${month}月${date}日`, 单位: agency }
}

/** Blanks in a text that no occasion fills. */
export function unknownBlanks(text: string): readonly string[] {
  const named = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
  return named.filter((name) => !BLANKS.some((blank) => blank === name))
}

/** What is in no blank of the list stays as it stands: a person sees it in the draft. */
export function fillBlanks(text: string, occasion: Occasion): string {
  const values = valuesFor(occasion)
  return text.replaceAll(/\{(年份|上年|月日|单位)\}/g, (_, name: Blank) => values[name])
}

/** The first revision of the draft an occurrence makes. */
export function contentOf(broadcast: StandingBroadcast, occasion: Occasion): RevisionContent {
  const { title, blocks, short } = broadcast.text
  const fill = (text: string) => fillBlanks(text, occasion)
  return {
    title: fill(title),
    blocks: blocks.map((block) => filledBlock(block, fill)),
    attachments: [],
    metadata: short === undefined ? {} : { summary: fill(short) },
    entries: [],
  }
}

function filledBlock(block: Block, fill: (text: string) => string): Block {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return { ...block, text: fill(block.text) }
    case 'list':
      return { ...block, items: block.items.map(fill) }
    default:
      return block
  }
}
