/** 遮盖: a number of a person as it may be shown. Keeps the length, and what stands between digits. */
import { isHidden } from './checks/fold.ts'
import { findNumbers, type NumberHit, type NumberKind } from './checks/numbers.ts'

interface Kept {
  readonly first: number
  readonly last: number
}

/** 证件号留前二后三，手机号留前三后四，卡号和账号留后四. */
const KEPT: Readonly<Record<NumberKind, Kept>> = {
  identity: { first: 2, last: 3 },
  'identity-doubtful': { first: 2, last: 3 },
  mobile: { first: 3, last: 4 },
  card: { first: 0, last: 4 },
  account: { first: 0, last: 4 },
}

const DIGIT = /[\p{Nd}〇零幺一二三四五六七八九Xxｘ\uff38\u2f00\u2f06\u2f0b]/u

/** The stretch of the text a hit covers, masked; as long as the stretch. */
export function maskNumber(stretch: string, hit: Pick<NumberHit, 'kind' | 'digits'>): string {
  const { first, last } = KEPT[hit.kind]
  const prefix = hit.kind === 'mobile' ? hit.digits.length - 11 : 0
  let seen = 0
  return [...stretch]
    .map((character) => {
      const stars = '*'.repeat(character.length)
      if (isHidden(character.codePointAt(0) ?? 0)) return stars
      if (!DIGIT.test(character)) return character
      seen += 1
      const shown = seen <= first + prefix || seen > hit.digits.length - last
      return shown ? character : stars
    })
    .join('')
}

const ROUNDS_MAX = 8

/** Masks every number of a person in a free text, such as a reason somebody types. */
export function maskNumbers(text: string): string {
  let masked = text
  // A masked number can leave digits that read as another one together with their neighbours.
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const hits = findNumbers(masked)
    if (hits.length === 0) return masked
    const pieces: string[] = []
    let at = 0
    for (const hit of hits) {
      pieces.push(masked.slice(at, hit.from), maskNumber(masked.slice(hit.from, hit.to), hit))
      at = hit.to
    }
    masked = pieces.join('') + masked.slice(at)
  }
  return masked.replace(/\p{Nd}/gu, (digit) => '*'.repeat(digit.length))
}
