/** What door 7 reads: the year's numbers and the verifier's findings. */
import type { Drift, YearTotals } from '../../domain/totals.ts'

export interface CountPort {
  /** [from, to) are the bounds of the bureau's year. */
  yearTotals(agencyId: number, year: number, from: Date, to: Date): Promise<YearTotals>
  /** Recounts the whole log against its tallies and facts; empty when all is well. */
  drift(agencyId: number): Promise<readonly Drift[]>
}
