/** A server's own clock, for rooms that have none: the `Date` of its answer (RFC 9110) is also the one a
 *  signature is judged by. */
import type { WebAnswer, WebRequest } from './http.ts'

/** Undefined when nobody answers or no time is said. */
export async function serverTime(
  call: (request: WebRequest) => Promise<WebAnswer>,
  origin: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Date | undefined> {
  const answer = await call({
    ...{ method: 'HEAD', url: `${origin}/`, timeoutMs, bytesMax: 65_536 },
    ...(signal ? { signal } : {}),
  })
  if (answer.kind !== 'answer') return undefined
  const at = new Date(answer.headers['date'] ?? '')
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** The wall clock of China as platforms write it, 2026-07-01 09:08:00; undefined when it is none. */
export function shanghaiTime(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined
  const at = new Date(`${text.replace(' ', 'T')}+08:00`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** The calendar day in China, 20260701. */
export function shanghaiDay(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '')
}
