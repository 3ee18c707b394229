/** Seeded chance, so that a run that found something can be asked for again. */

export interface Chance {
  /** true in this share of the calls */
  happens(share: number): boolean
  /** a whole number from `from` up to and without `to` */
  between(from: number, to: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

/** A 32-bit generator is random enough to choose moments with. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from))
  return {
    between,
    happens: (share) => next() < share,
    pick: (from) => from[between(0, from.length)] ?? from[0],
  }
}
