/** What a bench says: the figure, the floor of the same run, their ratio and the memory. */

/** What one measured program answers. */
export interface Measure {
  readonly seconds: number
  readonly peakMb: number
}

export interface Report {
  readonly name: string
  /** of the median round */
  readonly figure: number
  readonly unit: string
  /** the same work without the hub, or the bound that nothing can pass */
  readonly floor: number
  /** 1 is as good as the floor, less is worse, whatever the unit */
  readonly ratio: number
  /** peak of the process whose figure it is */
  readonly rssMb: number
  readonly [fact: string]: unknown
}

/** Figure and floor take turns, so that a busy moment of the machine meets both. */
export async function takeTurns(
  rounds: number,
  figure: (round: number) => Promise<Measure>,
  floor: (round: number) => Promise<Measure>,
): Promise<{ figures: readonly Measure[]; floors: readonly Measure[] }> {
  const figures: Measure[] = []
  const floors: Measure[] = []
  for (let round = 0; round < rounds; round++) {
    floors.push(await floor(round))
    figures.push(await figure(round))
  }
  return { figures, floors }
}

/** A report of speed: `count` things in the seconds of the median round. */
export function reportOf(
  name: string,
  count: number,
  measures: { readonly figures: readonly Measure[]; readonly floors: readonly Measure[] },
  facts: Readonly<Record<string, unknown>>,
  unit = 'recipients/s',
): Report {
  const figure = medianSeconds(measures.figures)
  const floor = medianSeconds(measures.floors)
  return {
    ...{ name, figure: Math.round(count / figure), unit, floor: Math.round(count / floor) },
    ...{ ratio: rounded(floor / figure, 2), rssMb: peakOf(measures.figures) },
    ...{ floorRssMb: peakOf(measures.floors), seconds: secondsOf(measures.figures) },
    ...{ floorSeconds: secondsOf(measures.floors), ...facts },
  }
}

export function medianSeconds(measures: readonly Measure[]): number {
  return quantile(
    measures.map((one) => one.seconds),
    0.5,
  )
}

export function peakOf(measures: readonly Measure[]): number {
  return Math.max(...measures.map((one) => one.peakMb))
}

function secondsOf(measures: readonly Measure[]): readonly number[] {
  return measures.map((one) => rounded(one.seconds, 3))
}

/** Nearest rank; NaN of nothing. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** p50, p99 and the slowest of some milliseconds. */
export function spread(values: readonly number[]) {
  const of = (share: number) => rounded(quantile(values, share), 1)
  return { p50: of(0.5), p99: of(0.99), max: of(1) }
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
