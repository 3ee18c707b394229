/** 合并: publications of several bulletins that leave in one call outside, at fixed minutes of the day, where
 *  a platform allows few calls. Each stays a publication of its own. Warnings never wait for others. */
import type { Mode } from './bulletin.ts'
import type { Act } from './signature.ts'

/** What a road bundles, as its channel declares it. */
export interface Bundling {
  /** bulletins one call may carry */
  readonly max: number
  /** minutes since midnight in Asia/Shanghai; at least one */
  readonly atMinutes: readonly number[]
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const SHANGHAI_MS = 8 * 3_600_000

/** A correction, a withdrawal, a test or an exercise is nobody's companion. */
export function mayBundle(dispatch: {
  readonly act: Act
  readonly mode: Mode
  readonly urgent: boolean
}): boolean {
  return dispatch.act === 'publish' && dispatch.mode === 'earnest' && !dispatch.urgent
}

/** The first of the minutes at or after `from`: what may leave from then on leaves with the others of that
 *  moment, and at once when the moment has passed. */
export function bundleMoment(atMinutes: readonly number[], from: Date): Date {
  const local = from.getTime() + SHANGHAI_MS
  const midnight = local - (local % DAY_MS)
  const moments = atMinutes.flatMap((minute) =>
    [0, DAY_MS].map((day) => midnight + day + minute * MINUTE_MS),
  )
  const next = Math.min(...moments.filter((moment) => moment >= local))
  return new Date(next - SHANGHAI_MS)
}
