/** 错峰: a stable offset for each instance, so that broadcasts avoid the full and the half hour at which
 *  everybody else sends. The same instance always gets the same minute. */

export const JITTER_MINUTES_MAX = 120
const MINUTES_A_DAY = 1_440

/** FNV-1a, 32 bits, over the UTF-16 units: spreads names well and needs nothing from outside. */
function spread(name: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index++)
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

/** The minute of the day at which an instance goes out: within `minutesMax` after `minute`, or before it
 *  where the day would end; never :00 and never :30. `minutesMax` 0 keeps the minute as it is. */
export function jittered(instance: string, minute: number, minutesMax: number): number {
  if (minutesMax === 0) return minute
  const later: number[] = []
  const earlier: number[] = []
  for (let offset = 1; offset <= minutesMax; offset++) {
    if (isFree(minute + offset)) later.push(minute + offset)
    if (isFree(minute - offset)) earlier.push(minute - offset)
  }
  const choices = later.length > 0 ? later : earlier
  return choices[spread(instance) % choices.length] ?? minute
}

function isFree(minute: number): boolean {
  return minute >= 0 && minute < MINUTES_A_DAY && minute % 30 !== 0
}
