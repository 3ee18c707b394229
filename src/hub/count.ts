/** Door 7: the year is already in the log; counting is a question, never a list kept by hand. */
import { Refused } from '../domain/refusal.ts'
import type { Drift, YearTotals } from '../domain/totals.ts'
import { yearBounds } from '../domain/year.ts'
import type { Hub } from './ports.ts'

const YEAR_MIN = 2000
const YEAR_MAX = 2100

export function countYear(hub: Hub, agencyId: number, year: number): Promise<YearTotals> {
  if (!Number.isInteger(year) || year < YEAR_MIN || year > YEAR_MAX)
    throw new Refused({ code: 'window-invalid', field: 'year', limit: YEAR_MAX })
  const { from, to } = yearBounds(year)
  return hub.store.counts.yearTotals(agencyId, year, from, to)
}

export function verifyLog(hub: Hub, agencyId: number): Promise<readonly Drift[]> {
  return hub.store.counts.drift(agencyId)
}
