/** What a bench says: the figure, the floor of the same run, their ratio and the memory. */

/** What one measured program answers. */
export interface Measure {
  readonly seconds: number
  readonly peakMb: number
}

export interface Pace {
  /** of the median round */
  readonly seconds: number
  readonly perSecond: number
  readonly rounds: readonly number[]
}

export interface Report {
  readonly bench: string
  readonly figure: Pace
  readonly floor: Pace
  /** speed of the figure divided by that of the floor */
  readonly ratio: number
  readonly memory: { readonly peakMb: number; readonly floorPeakMb: number }
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

export function reportOf(
  bench: string,
  count: number,
  measures: { readonly figures: readonly Measure[]; readonly floors: readonly Measure[] },
  facts: Readonly<Record<string, unknown>>,
): Report {
  const figure = paceOf(measures.figures, count)
  const floor = paceOf(measures.floors, count)
  const peak = (of: readonly Measure[]) => Math.max(...of.map((one) => one.peakMb))
  return {
    ...{ bench, figure, floor, ratio: rounded(floor.seconds / figure.seconds, 2) },
    memory: { peakMb: peak(measures.figures), floorPeakMb: peak(measures.floors) },
    ...facts,
  }
}

function paceOf(measures: readonly Measure[], count: number): Pace {
  const rounds = measures.map(({ seconds }) => rounded(seconds, 3))
  const seconds = rounds.toSorted((one, other) => one - other)[Math.floor(rounds.length / 2)] ?? 0
  return { seconds, perSecond: Math.round(count / seconds), rounds }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
