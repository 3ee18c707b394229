/** The register of clippings of a year, with its totals by kind of outlet and by channel. */
import { CLIPPING_KINDS, type ClippingKind } from '../../domain/clipping.ts'
import { Refused } from '../../domain/refusal.ts'
import { yearBounds } from '../../domain/year.ts'
import type { ClippingRow } from '../ports/clippings.ts'
import type { Hub } from '../ports.ts'

const YEAR_MIN = 2000
const YEAR_MAX = 2100
const ROWS_MAX = 20_000

export interface KindTotal {
  readonly kind: ClippingKind
  readonly clippings: number
  /** different outlets */
  readonly outlets: number
  /** different bulletins that appeared in this kind */
  readonly bulletins: number
}

export interface ClippingRegister {
  readonly year: number
  readonly rows: readonly ClippingRow[]
  /** each kind, in the order of the list, also where it is none */
  readonly kinds: readonly KindTotal[]
}

export async function clippingRegister(
  hub: Hub,
  agencyId: number,
  year: number,
): Promise<ClippingRegister> {
  if (!Number.isInteger(year) || year < YEAR_MIN || year > YEAR_MAX)
    throw new Refused({ code: 'window-invalid', field: 'year', limit: YEAR_MAX })
  const rows = await hub.store.transact(agencyId, (tx) =>
    tx.clippings({ ...yearBounds(year), limit: ROWS_MAX + 1 }),
  )
  if (rows.length > ROWS_MAX)
    throw new Refused({ code: 'too-long', field: 'year', limit: ROWS_MAX })
  return {
    ...{ year, rows },
    kinds: CLIPPING_KINDS.map((kind) => {
      const own = rows.filter((row) => row.kind === kind)
      return {
        ...{ kind, clippings: own.length },
        outlets: new Set(own.map((row) => row.outlet)).size,
        bulletins: new Set(own.map((row) => row.bulletinId)).size,
      }
    }),
  }
}
