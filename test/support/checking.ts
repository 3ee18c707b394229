/** Checks run over a text without a database, and numbers of people who do not exist. */
import type { Block, RevisionContent } from '../../src/domain/bulletin.ts'
import type { Found } from '../../src/domain/checks/finding.ts'
import { type CheckInput, runChecks } from '../../src/domain/checks/run.ts'
import { dictionaryFinder } from '../../src/domain/checks/secrecy.ts'

const dictionary = dictionaryFinder([])

export interface Given extends Partial<RevisionContent> {
  readonly categoryId?: string
  readonly day?: string
  readonly files?: CheckInput['files']
  readonly links?: CheckInput['links']
  readonly words?: CheckInput['dictionary']
}

/** What is found in a text, without what is missing beside it. */
export function findings(text: string | readonly Block[], given: Given = {}): readonly Found[] {
  const blocks = typeof text === 'string' ? [{ kind: 'paragraph' as const, text }] : text
  const { categoryId = 'notice', day = '2026-11-25', files = [], links = new Map() } = given
  const content: RevisionContent = {
    ...{ title: '通知', attachments: [], metadata: {}, entries: [], ...given, blocks },
  }
  return runChecks({
    ...{ content, categoryId, day, files, links, dictionary: given.words ?? dictionary },
  }).filter((one) => one.code !== 'field-missing')
}

export function codes(text: string | readonly Block[], given: Given = {}): readonly string[] {
  return findings(text, given).map((one) => one.code)
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** An identity number of nobody: area and birthday as given, the check digit computed. */
export function identityOf(area: string, birthday: string, order: string): string {
  const body = area + birthday + order
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(body[at]), 0)
  return body + '10X98765432'[sum % 11]
}

/** A number with its Luhn digit. */
export function cardOf(body: string): string {
  for (let digit = 0; digit < 10; digit += 1) {
    const sum = [...`${body}${digit}`].reverse().reduce((total, one, at) => {
      const value = Number(one) * (at % 2 === 0 ? 1 : 2)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
    if (sum % 10 === 0) return `${body}${digit}`
  }
  throw new Error('no digit completes the number')
}
