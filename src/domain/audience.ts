/** 受众: who is meant, and how far reality may move from what the leader saw. */
import type { Refusal } from './refusal.ts'

/** A rule names audiences by id; their union is meant, each contact once. Empty for a place. */
export interface AudienceRule {
  readonly audiences: readonly string[]
}

const TOLERANCE_SHARE = 0.05
const TOLERANCE_MIN = 10

/** 5 %, at least 10 addresses. */
export function toleranceOf(reach: number): number {
  return Math.max(TOLERANCE_MIN, Math.ceil(reach * TOLERANCE_SHARE))
}

/** Growth beyond the tolerance holds a dispatch; a removed address never voids a signature. */
export function whyNotReachable(
  signed: number,
  tolerance: number,
  found: number,
): Refusal | undefined {
  if (found === 0) return { code: 'audience-empty' }
  if (found > signed + tolerance)
    return { code: 'audience-changed', detail: `签发时 ${signed}，现在 ${found}`, limit: tolerance }
  return undefined
}
