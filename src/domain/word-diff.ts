/** What became of a text, word by word: first the lines that differ, then the words within them. Pure, and
 *  bounded: where two texts have too little in common the whole stretch counts as replaced. */

export interface Piece {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

/** Steps of a search; beyond it nobody reads the differences singly. */
const EDITS_MAX = 1_000
const WORDS_MAX = 4_000

const words = new Intl.Segmenter('zh', { granularity: 'word' })

/** Joined without the added pieces it is `before`, without the removed ones `after`. */
export function wordDiff(before: string, after: string): readonly Piece[] {
  const lines = diff(linesOf(before), linesOf(after))
  const pieces: Piece[] = []
  for (let index = 0; index < lines.length; index++) {
    const here = lines[index] as Piece
    const next = lines[index + 1]
    if (here.kind === 'removed' && next?.kind === 'added') {
      pieces.push(...withinLines(here.text, next.text))
      index++
    } else pieces.push(here)
  }
  return joined(pieces)
}

export interface Stretch extends Piece {
  /** unchanged words that are left out before it */
  readonly skipped: boolean
}

/** Only what changed, with up to `around` unchanged characters on each side. */
export function changesOf(pieces: readonly Piece[], around: number): readonly Stretch[] {
  return pieces.flatMap((piece, index): readonly Stretch[] => {
    if (piece.kind !== 'same') return [{ ...piece, skipped: false }]
    const letters = [...piece.text]
    const head = index === 0 ? 0 : around
    const tail = index === pieces.length - 1 ? 0 : around
    if (letters.length <= head + tail) return [{ ...piece, skipped: false }]
    const first = letters.slice(0, head).join('')
    const last = tail === 0 ? '' : letters.slice(-tail).join('')
    return [
      ...(first === '' ? [] : [{ kind: 'same' as const, text: first, skipped: false }]),
      { kind: 'same', text: last, skipped: true },
    ]
  })
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/)
}

function withinLines(before: string, after: string): readonly Piece[] {
  const old = [...words.segment(before)].map((one) => one.segment)
  const now = [...words.segment(after)].map((one) => one.segment)
  if (old.length + now.length > WORDS_MAX) return replaced(before, after)
  return diff(old, now)
}

function replaced(before: string, after: string): readonly Piece[] {
  const pieces: Piece[] = [
    { kind: 'removed', text: before },
    { kind: 'added', text: after },
  ]
  return pieces.filter((one) => one.text !== '')
}

function diff(before: readonly string[], after: readonly string[]): readonly Piece[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  const rest = Math.min(before.length, after.length) - start
  while (end < rest && before.at(-1 - end) === after.at(-1 - end)) end++
  const middle = search(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  )
  return joined([
    { kind: 'same', text: before.slice(0, start).join('') },
    ...middle,
    { kind: 'same', text: before.slice(before.length - end).join('') },
  ])
}

/** Myers, "An O(ND) Difference Algorithm" (1986): the furthest reach on each diagonal, edit by edit. */
function search(before: readonly string[], after: readonly string[]): readonly Piece[] {
  const most = Math.min(before.length + after.length, EDITS_MAX)
  const traces: Map<number, number>[] = []
  const reach = new Map<number, number>([[1, 0]])
  for (let edits = 0; edits <= most; edits++) {
    traces.push(new Map(reach))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepFrom(reach, diagonal, edits)
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal])
        x++
      reach.set(diagonal, x)
      if (x >= before.length && x - diagonal >= after.length) return walkBack(traces, before, after)
    }
  }
  return replaced(before.join(''), after.join(''))
}

function stepFrom(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  return goesDown(reach, diagonal, edits)
    ? (reach.get(diagonal + 1) ?? -1)
    : (reach.get(diagonal - 1) ?? -1) + 1
}

function goesDown(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  const below = reach.get(diagonal - 1) ?? -1
  const above = reach.get(diagonal + 1) ?? -1
  return diagonal === -edits || (diagonal !== edits && below < above)
}

function walkBack(
  traces: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): readonly Piece[] {
  const pieces: Piece[] = []
  let x = before.length
  let y = after.length
  for (let edits = traces.length - 1; edits >= 0; edits--) {
    const reach = traces[edits] ?? new Map<number, number>()
    const diagonal = x - y
    const begun = stepFrom(reach, diagonal, edits)
    for (; x > begun && x > 0 && y > 0 && before[x - 1] === after[y - 1]; x--, y--)
      pieces.push({ kind: 'same', text: before[x - 1] ?? '' })
    if (edits === 0) break
    if (goesDown(reach, diagonal, edits)) pieces.push({ kind: 'added', text: after[--y] ?? '' })
    else pieces.push({ kind: 'removed', text: before[--x] ?? '' })
  }
  return pieces.reverse()
}

/** Neighbours of one kind become one, and of a changed stretch what left stands before what came. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const runs: Piece[] = []
  let removed = ''
  let added = ''
  const close = () => {
    runs.push(...replaced(removed, added))
    removed = ''
    added = ''
  }
  for (const { kind, text } of pieces) {
    if (text === '') continue
    if (kind === 'removed') removed += text
    else if (kind === 'added') added += text
    else {
      close()
      const last = runs.at(-1)
      if (last?.kind === 'same') runs[runs.length - 1] = { kind, text: last.text + text }
      else runs.push({ kind, text })
    }
  }
  close()
  return runs
}
