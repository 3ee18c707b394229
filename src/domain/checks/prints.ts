/** 文本指纹: a small sketch of a text that tells how much two texts have in common without showing
 *  either. Hashes are seeded with a secret, so that a sketch cannot be made for a guessed text. */
import { fold } from './fold.ts'

export interface Print {
  /** distinct shingles of the text */
  readonly shingles: number
  /** the smallest of their hashes, ascending; signed 32-bit */
  readonly sketch: readonly number[]
}

const SHINGLE_CHARACTERS = 4
const SKETCH_HASHES_MAX = 256
/** Shorter texts are alike by nature: 特此通知。 */
export const PRINT_SHINGLES_MIN = 30
export const ALIKE_MIN = 0.9

/** Letters, digits and characters only: a changed comma makes no new text. */
export function essence(text: string): string {
  return fold(text, 'dense').text.replace(/[^\p{L}\p{N}]+/gu, '')
}

export function printOf(text: string, seed: number): Print {
  const units = essence(text)
  const count = Math.max(0, units.length - SHINGLE_CHARACTERS + 1)
  const hashes = new Int32Array(count)
  for (let at = 0; at < count; at += 1) hashes[at] = shingleHash(units, at, seed)
  hashes.sort()
  const sketch: number[] = []
  let shingles = 0
  let last: number | undefined
  for (const hash of hashes) {
    if (hash === last) continue
    last = hash
    shingles += 1
    if (sketch.length < SKETCH_HASHES_MAX) sketch.push(hash)
  }
  return { shingles, sketch }
}

/** Multiply and mix, as 32-bit hashes do; each character changes every bit. */
function shingleHash(units: string, at: number, seed: number): number {
  let hash = seed | 0
  for (let step = 0; step < SHINGLE_CHARACTERS; step += 1) {
    hash = Math.imul(hash ^ units.charCodeAt(at + step), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x85ebca6b)
  return (hash ^ (hash >>> 13)) | 0
}

/** Share of the shingles two texts have in common (Dice), 0 to 1; estimated for long texts with a
 *  standard error below 0.02. */
export function alikeness(a: Print, b: Print): number {
  if (a.shingles === 0 || b.shingles === 0) return 0
  let seen = 0
  let common = 0
  let left = 0
  let right = 0
  // Together the smallest hashes of both are a sketch of everything the two texts say.
  while (seen < SKETCH_HASHES_MAX && (left < a.sketch.length || right < b.sketch.length)) {
    const x = a.sketch[left]
    const y = b.sketch[right]
    if (x === y) common += 1
    if (y === undefined || (x !== undefined && x <= y)) left += 1
    if (x === undefined || (y !== undefined && y <= x)) right += 1
    seen += 1
  }
  const jaccard = common / seen
  return (2 * jaccard) / (1 + jaccard)
}
