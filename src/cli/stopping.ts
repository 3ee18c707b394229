/** How a process that stays comes to its end: the first signal asks it to finish what is under way, the
 *  second one ends it at once. */
import { constants } from 'node:os'
import type { App, Stopped } from '../app.ts'
import { UsageFault, type VerbRequest } from './command.ts'

/** Longer than the longest call outside, shorter than the patience of a service manager. */
const GRACE_SECONDS = 75
const GRACE_SECONDS_MAX = 600
/** A terminal's Ctrl-C may arrive twice, once by way of npm. */
const SAME_SIGNAL_MS = 1_000

/** Aborts at the first SIGINT or SIGTERM. */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  let first: number | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      const now = performance.now()
      first ??= now
      if (now - first > SAME_SIGNAL_MS) process.exit(128 + constants.signals[name])
      stopping.abort()
    })
  return stopping.signal
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

export function graceMsOf({ values }: VerbRequest): number {
  const text = values['grace'] ?? String(GRACE_SECONDS)
  const seconds = Number(text)
  if (!/^\d{1,3}$/.test(text) || seconds > GRACE_SECONDS_MAX)
    throw new UsageFault(`--grace 应为 0 到 ${GRACE_SECONDS_MAX} 的秒数，例如 --grace 30`)
  return seconds * 1_000
}

/** Stops the engine and says what became of what it held. */
export async function stopEngine(app: App, graceMs: number): Promise<Stopped> {
  const stopped = await app.stop(graceMs)
  app.parts.log.info({ ...stopped }, 'stopped')
  return stopped
}

export function stoppedInWords({ finished, handedBack, left }: Stopped): string {
  const sentences = [`已停止：收尾 ${finished} 批，交回 ${handedBack} 批，未等到结果 ${left} 批。`]
  if (left > 0)
    sentences.push('未等到结果的，占用到期后由其他进程或下次启动接手，标为待核，不会自动重发。')
  return sentences.join('\n')
}
