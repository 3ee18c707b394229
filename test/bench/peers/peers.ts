/** What is usual elsewhere, for the same calls to the same sink in the same run. A peer that is not
 *  installed is left out with one line that says so. */
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { measured } from '../process.ts'
import { type Measure, rounded } from '../report.ts'
import { type Sink, sumOf } from '../sink.ts'
import type { PeerOrders } from './orders.ts'

interface Peer {
  readonly peer: string
  readonly program: string
  /** commands that must be on the path */
  readonly needs?: readonly string[]
  /** packages that must be there as well; `npm install --no-save` brings them */
  readonly packages?: readonly string[]
  /** what it takes part in with fewer recipients, because more would only take longer */
  readonly countMax?: number
}

export type PeerResult =
  | { readonly peer: string; readonly skipped: string }
  | {
      readonly peer: string
      readonly perSecond: number
      readonly seconds: number
      readonly distinct: number
      readonly doubled: number
      readonly rssMb: number
    }

const PEERS: readonly Peer[] = [
  { peer: 'pg-boss, one job a recipient', program: 'peers/pg-boss.ts' },
  {
    ...{ peer: 'BullMQ, one job a recipient', program: 'peers/bullmq.ts' },
    ...{ needs: ['redis-server'], packages: ['bullmq', 'ioredis'] },
  },
  {
    ...{ peer: 'Kannel', program: 'peers/kannel.ts', needs: ['bearerbox', 'smsbox'] },
    countMax: 20_000,
  },
  {
    ...{ peer: 'Alertmanager', program: 'peers/alertmanager.ts' },
    ...{ needs: ['prometheus-alertmanager'], countMax: 10_000 },
  },
  { peer: 'Apprise', program: 'peers/apprise.ts', needs: ['apprise', 'python3'], countMax: 2_000 },
]

export async function peersOf(orders: PeerOrders, sink: Sink): Promise<readonly PeerResult[]> {
  const results: PeerResult[] = []
  for (const one of PEERS) {
    const { peer, program, countMax = orders.count } = one
    const missing = missingOf(one)
    if (missing.length > 0) {
      results.push({ peer, skipped: `not installed: ${missing.join(', ')}` })
      continue
    }
    await sink.reset()
    const count = Math.min(countMax, orders.count)
    const { seconds, peakMb } = await measured<Measure>(program, { ...orders, count })
    const { distinct, doubled } = sumOf(await sink.report())
    if (distinct < count) throw new Error(`${peer} reached ${distinct} of ${count}`)
    const perSecond = Math.round(distinct / seconds)
    results.push({
      peer,
      ...{ perSecond, seconds: rounded(seconds, 3), distinct, doubled, rssMb: peakMb },
    })
  }
  return results
}

function missingOf({ needs = [], packages = [] }: Peer): readonly string[] {
  const unresolved = packages.filter((name) => !isResolvable(name))
  return [
    ...needs.filter((command) => !isInstalled(command)),
    ...unresolved.map((name) => `${name} (npm)`),
  ]
}

function isResolvable(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin']

function isInstalled(command: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS]
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
