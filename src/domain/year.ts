/** The bureau's clock: Asia/Shanghai, which has had no daylight saving since 1991. */

export const ZONE = 'Asia/Shanghai'
const OFFSET_MS = 8 * 3_600_000

/** [from, to) of a calendar year as instants. */
export function yearBounds(year: number): { from: Date; to: Date } {
  return {
    from: new Date(Date.UTC(year, 0, 1) - OFFSET_MS),
    to: new Date(Date.UTC(year + 1, 0, 1) - OFFSET_MS),
  }
}

export function yearOf(at: Date): number {
  return new Date(at.getTime() + OFFSET_MS).getUTCFullYear()
}

/** YYYY-MM-DD in Shanghai. */
export function dayOf(at: Date): string {
  return new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 10)
}

/** YYYY-MM-DD HH:mm in Shanghai, for people. */
export function minuteOf(at: Date): string {
  return new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 16).replace('T', ' ')
}

/** First day of the month in Shanghai: the partition a dispatch belongs to. */
export function monthOf(at: Date): string {
  return `${dayOf(at).slice(0, 7)}-01`
}

/** 22:00–07:00: everything but red and orange waits unless signed otherwise. */
export function isQuietHour(at: Date): boolean {
  const hour = new Date(at.getTime() + OFFSET_MS).getUTCHours()
  return hour >= 22 || hour < 7
}

/** The next 07:00 in Shanghai at or after `at`. */
export function quietUntil(at: Date): Date {
  const local = new Date(at.getTime() + OFFSET_MS)
  const seven = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate(), 7)
  const day = seven < local.getTime() ? seven + 86_400_000 : seven
  return new Date(day - OFFSET_MS)
}
