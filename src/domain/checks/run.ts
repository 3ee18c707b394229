/** All checks over one revision and its files in one pass. Pure: what was read from files and links is
 *  given. */
import { plainText, type RevisionContent } from '../bulletin.ts'
import { maskNumbers } from '../masking.ts'
import { type CheckContext, type Reading, readPassage } from './context.ts'
import { findDates, findTimes } from './dates.ts'
import type { DictionaryWord } from './dictionary.ts'
import { findDocumentNumbers, findLevels, findTotals } from './facts.ts'
import { findMissing } from './fields.ts'
import type { FileText } from './file-text.ts'
import { fileFindings } from './files.ts'
import { type Found, SEVERITIES } from './finding.ts'
import { findLinks, type LinkState } from './links.ts'
import { contentPassages, filePassages } from './passage.ts'
import { findHomes, findMinors, findOtherMarks, findPeopleNumbers } from './people.ts'
import { findHidden, findMarks, findWords } from './secrecy.ts'
import type { WordFinder } from './words.ts'

export interface CheckedFile {
  readonly name: string
  readonly sha256: string
  readonly file: FileText
}

export interface CheckInput extends CheckContext {
  readonly files: readonly CheckedFile[]
  readonly links: ReadonlyMap<string, LinkState>
  readonly dictionary: WordFinder<DictionaryWord>
}

const FINDINGS_MAX = 1_000

/** Stops first, then asks, then hints; inside each in reading order. */
export function runChecks(input: CheckInput): readonly Found[] {
  const passages = [
    ...contentPassages(input.content),
    ...input.files.flatMap(({ name, file }) => filePassages(name, file)),
  ]
  const found = passages.flatMap((passage) => checkPassage(readPassage(passage), input))
  return limited([
    ...found,
    ...findMissing(input),
    ...input.files.flatMap((one) => fileFindings(one)),
  ])
}

function checkPassage(reading: Reading, input: CheckInput): readonly Found[] {
  if (reading.passage.text === '') return []
  return withoutInner([
    ...findMarks(reading),
    ...findWords(reading, input.dictionary, input),
    ...findHidden(reading),
    ...findPeopleNumbers(reading, input),
    ...findMinors(reading, input),
    ...findHomes(reading, input),
    ...findOtherMarks(reading),
    ...findDates(reading, input),
    ...findTimes(reading),
    ...findTotals(reading, input),
    ...findLevels(reading, input),
    ...findDocumentNumbers(reading, input),
    ...findLinks(reading, input, input.links),
  ])
}

/** 安监局 inside 国家安监总局 is said once: the longer finding of a code speaks. */
function withoutInner(found: readonly Found[]): readonly Found[] {
  if (found.length < 2) return found
  const sorted = found.toSorted(
    (a, b) => a.code.localeCompare(b.code) || a.from - b.from || b.to - a.to,
  )
  const kept: Found[] = []
  for (const one of sorted) {
    const last = kept.at(-1)
    if (last?.code !== one.code || one.to > last.to) kept.push(one)
  }
  return kept.sort((a, b) => a.from - b.from)
}

/** What a finding quotes, such as the name of a file, may itself hold a number of a person. */
function discreet(found: Found): Found {
  const { field, text, fix } = found
  return { ...found, field: maskNumbers(field), text: maskNumbers(text), fix: maskNumbers(fix) }
}

/** A flood of findings is one more stop, so that what was left out cannot pass. */
export function limited(found: readonly Found[]): readonly Found[] {
  return withoutFlood(found).map(discreet)
}

function withoutFlood(found: readonly Found[]): readonly Found[] {
  const sorted = SEVERITIES.flatMap((severity) => found.filter((one) => one.severity === severity))
  if (sorted.length <= FINDINGS_MAX) return sorted
  const blocking = sorted.filter((one) => one.severity !== 'hint').length
  if (blocking <= FINDINGS_MAX) return sorted.slice(0, FINDINGS_MAX)
  const flood: Found = {
    ...{ code: 'too-many-findings', severity: 'stop', field: 'title', from: 0, to: 0 },
    text: `检查发现 ${sorted.length} 处，只列出前 ${FINDINGS_MAX} 处`,
    ...{ fix: '请先处理列出的，再检查一次', matched: String(sorted.length) },
  }
  return [flood, ...sorted.slice(0, FINDINGS_MAX)]
}

/** The text two bulletins are compared by. */
export function comparedText(content: RevisionContent): string {
  const rows = content.entries.map(({ unit, detail }) => `${unit}${detail ?? ''}`)
  return [plainText(content.blocks), ...rows].join('\n')
}
