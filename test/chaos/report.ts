/** What the runs of one kind came to, and whether that is good. */
import type { Run } from './long-run.ts'
import type { Kind } from './troubles.ts'

export interface KindReport {
  readonly trials: number
  readonly runs: number
  readonly lost: number
  readonly doubled: number
  readonly stray: number
  readonly unsure: number
  readonly unsureTaken: number
  readonly drift: number
  readonly afterLease: number
  readonly broken: number
  readonly fallen: number
  readonly deliveries: number
  readonly accepted: number
  readonly dispatches: number
  readonly did: Readonly<Record<string, number>>
  readonly met: Readonly<Record<string, number>>
  readonly seconds: number
  /** in words, what is not as it must be */
  readonly unsound: readonly string[]
}

const SUMS = [
  ...(['runs', 'lost', 'doubled', 'stray', 'unsure', 'unsureTaken', 'drift'] as const),
  ...(['afterLease', 'broken', 'fallen', 'deliveries', 'accepted', 'dispatches'] as const),
] as const

/** Nothing can stop a process that is halted between its last look and its first byte; more than one in so
 *  many trials is no such moment. */
const TRIALS_A_CALL_AFTER_LEASE = 20

export function reportOf(
  kind: Kind,
  trials: number,
  runs: readonly Run[],
  seconds: number,
): KindReport {
  const sum = (of: (run: Run) => number) => runs.reduce((n, one) => n + of(one), 0)
  const report = {
    ...{ trials, runs: runs.length, lost: sum((one) => one.lost) },
    ...{ doubled: sum((one) => one.doubled), stray: sum((one) => one.stray) },
    ...{ unsure: sum((one) => one.unsure), unsureTaken: sum((one) => one.unsureTaken) },
    ...{ drift: sum((one) => one.drift), afterLease: sum((one) => one.afterLease) },
    ...{ broken: sum((one) => one.broken), fallen: sum((one) => one.fallen) },
    ...{ deliveries: sum((one) => one.deliveries), accepted: sum((one) => one.accepted) },
    dispatches: sum((one) => one.dispatches),
    ...{ did: added(runs.map((one) => one.did)), met: added(runs.map((one) => one.met)) },
    seconds: Math.round(seconds),
  }
  return { ...report, unsound: unsoundOf(kind, report) }
}

function unsoundOf(kind: Kind, report: Omit<KindReport, 'unsound'>): readonly string[] {
  const { did, trials } = report
  const found: string[] = []
  for (const name of ['lost', 'doubled', 'stray', 'broken', 'fallen'] as const)
    if (report[name] !== 0) found.push(`${kind}: ${name} ${report[name]}`)
  if (report.afterLease > Math.ceil(trials / TRIALS_A_CALL_AFTER_LEASE))
    found.push(`${kind}: ${report.afterLease} batches sent after their lease`)
  for (const name of kind === 'disk' ? ['said', 'refused'] : [])
    if (did[name] !== did['filled'])
      found.push(`disk: filled ${did['filled']} times, ${name} ${did[name] ?? 0} times`)
  return found
}

function added(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const one of all)
    for (const [name, count] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

export function sumUp(reports: readonly KindReport[]): Record<(typeof SUMS)[number], number> {
  const sum = (name: (typeof SUMS)[number]) => reports.reduce((n, one) => n + one[name], 0)
  return Object.fromEntries(SUMS.map((name) => [name, sum(name)])) as ReturnType<typeof sumUp>
}

export function allSound(reports: readonly KindReport[]): boolean {
  const unsound = reports.flatMap((one) => one.unsound)
  for (const line of unsound) console.error(line)
  return unsound.length === 0
}
