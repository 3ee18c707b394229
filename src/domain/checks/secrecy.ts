/** Words of the dictionary and the marks of secrecy, in every passage. */
import {
  type CheckContext,
  foundAt,
  foundInDense,
  matches,
  namesOffenders,
  type Reading,
} from './context.ts'
import { CODE_OF_KIND, DICTIONARY, type DictionaryWord } from './dictionary.ts'
import type { Found, Severity } from './finding.ts'
import { fold, isHidden } from './fold.ts'
import { type WordFinder, wordFinder } from './words.ts'

/** Built once a dictionary; `own` are the agency's words. */
export function dictionaryFinder(own: readonly DictionaryWord[]): WordFinder<DictionaryWord> {
  return own.length === 0 ? COMMON : newFinder(own)
}

function newFinder(own: readonly DictionaryWord[]): WordFinder<DictionaryWord> {
  return wordFinder([...DICTIONARY, ...own], (word) => fold(word.word, 'dense').text)
}

/** Most agencies have no words of their own: one finder serves them all. */
const COMMON = newFinder([])

/** 密级 and its star: 绝密★、机密★20年、秘密★长期 (国家秘密定密管理规定). */
const STAR = /(?:绝密|机密|秘密)(?:[★☆﹡✱✳⭐]|\*(?!\*)|级?★)|密级[:是为]?(?:绝密|机密|秘密)/g

export function findMarks(reading: Reading): readonly Found[] {
  return [...matches(reading, STAR)].map((match) =>
    foundInDense(reading, match.index, match.index + match[0].length, {
      ...{ code: 'secrecy-mark', severity: 'stop', say: `有密级标志“${match[0]}”` },
      fix: '涉密内容不得在本系统处理：请立即停止编辑，移出本系统并报告保密办；确属误写的，删去后再检查',
    }),
  )
}

/** Law texts speak about secrets; elsewhere the bare word is a mark. */
const ABOUT_LAW: ReadonlySet<string> = new Set(['law-publicity', 'policy-reading'])

export function findWords(
  reading: Reading,
  finder: WordFinder<DictionaryWord>,
  context: CheckContext,
): readonly Found[] {
  const { text } = reading.dense
  return finder.find(text).flatMap(({ word, from, to }) => {
    if (word.since !== undefined && context.day < word.since) return []
    if (word.unless?.some((phrase) => standsIn(text, from, word, phrase))) return []
    if (word.kind === 'health' && !isAboutSomebody(text, from, to, context)) return []
    return [foundWord(reading, from, to, word, context)]
  })
}

function standsIn(text: string, from: number, { word }: DictionaryWord, phrase: string): boolean {
  const within = fold(phrase, 'dense').text
  const inner = within.indexOf(fold(word, 'dense').text)
  return inner >= 0 && inner <= from && text.startsWith(within, from - inner)
}

const FIX: Readonly<Record<DictionaryWord['kind'], string>> = {
  secrecy: '请确认这份内容可以公开；标注是误写的，删去后再检查',
  sensitive: '请改写这一处，或说明为什么必须这样写',
  wrong: '请核对后改正',
  organisation: '请核对机构名称；讲述旧事时可以保留',
  health: '请删去个人健康情况，或说明公开的依据',
}

function foundWord(
  reading: Reading,
  from: number,
  to: number,
  word: DictionaryWord,
  context: CheckContext,
): Found {
  const severity = severityOf(word, context)
  const bare = word.kind === 'secrecy' && severity === 'ask'
  return foundInDense(reading, from, to, {
    code: bare ? 'secrecy-word' : CODE_OF_KIND[word.kind],
    ...{ severity, say: `有“${word.word}”：${word.why}` },
    fix: word.instead === undefined ? FIX[word.kind] : `${FIX[word.kind]}：“${word.instead}”`,
    ...(word.instead === undefined ? {} : { replacement: word.instead }),
  })
}

function severityOf(word: DictionaryWord, { categoryId }: CheckContext): Severity {
  const milder = word.kind === 'secrecy' && word.severity === 'stop' && ABOUT_LAW.has(categoryId)
  return milder ? 'ask' : word.severity
}

const NEAR_CHARACTERS = 24
const SOMEBODY = /某|患者|先生|女士|同志|身份证|姓名|伤者|病人|本人/
const ANYBODY = /某|患者|先生|女士|同志|身份证|姓名|伤者|病人|本人|职工|员工|工人|该人|其|男|女/

/** A disease is a matter of knowledge until somebody stands beside it. */
function isAboutSomebody(text: string, from: number, to: number, context: CheckContext): boolean {
  const near = text.slice(Math.max(0, from - NEAR_CHARACTERS), to + NEAR_CHARACTERS)
  const cases =
    namesOffenders(context.categoryId) || /^(?:accident|rescue)/.test(context.categoryId)
  return (cases ? ANYBODY : SOMEBODY).test(near)
}

/** More of them in one text say nothing new. */
const HIDDEN_A_PASSAGE_MAX = 100

/** Characters nobody sees: they hide words from checks and turn the reading direction. */
export function findHidden({ passage }: Reading): readonly Found[] {
  return hiddenRuns(passage.text).map(({ from, to, turning }) =>
    foundAt(passage, from, to, {
      code: 'hidden-character',
      severity: passage.role === 'file' && !turning ? 'hint' : 'ask',
      say: turning ? '有改变文字方向的控制符' : '有看不见的字符',
      ...{ fix: '请删去看不见的字符', replacement: '' },
    }),
  )
}

interface HiddenRun {
  readonly from: number
  readonly to: number
  readonly turning: boolean
}

function hiddenRuns(text: string): readonly HiddenRun[] {
  const runs: HiddenRun[] = []
  for (let at = 0; at < text.length && runs.length < HIDDEN_A_PASSAGE_MAX; ) {
    const from = at
    let turning = false
    for (let code = codeAt(text, at); isHidden(code); code = codeAt(text, at)) {
      turning ||= isTurning(code)
      at += code > 0xffff ? 2 : 1
    }
    if (at > from) runs.push({ from, to: at, turning })
    else at += 1
  }
  return runs
}

/** A space beyond the end, which is hidden from nobody. */
function codeAt(text: string, at: number): number {
  return text.codePointAt(at) ?? 0x20
}

function isTurning(code: number): boolean {
  return (
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0x200e ||
    code === 0x200f ||
    code === 0x61c
  )
}
