/** What is usual elsewhere, for the same calls to the same sink in the same run. A peer that is not
 *  installed is left out with one line that says so. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { measured } from '../process.ts'
import { type Measure, rounded } from '../report.ts'
import { type Sink, sumOf } from '../sink.ts'

export interface PeerOrders {
  /** a database the peer may make its tables on, as its owner */
  readonly url: string
  readonly count: number
  readonly calls: {
    readonly url: string
    readonly text: string
    readonly connections: number
  }
}

interface Peer {
  readonly peer: string
  /** absent: no run is written for it yet */
  readonly program?: string
  /** commands of which one must be on the path */
  readonly needs?: readonly string[]
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
  { peer: 'Apprise', needs: ['apprise'] },
  { peer: 'Kannel', needs: ['bearerbox'] },
  { peer: 'Alertmanager', needs: ['prometheus-alertmanager', 'alertmanager'] },
]

export async function peersOf(orders: PeerOrders, sink: Sink): Promise<readonly PeerResult[]> {
  const results: PeerResult[] = []
  for (const { peer, program, needs } of PEERS) {
    if (needs && !needs.some(isInstalled)) {
      results.push({ peer, skipped: `not installed: ${needs.join(' or ')}` })
      continue
    }
    if (program === undefined) {
      results.push({ peer, skipped: 'installed, and no run is written for it yet' })
      continue
    }
    await sink.reset()
    const { seconds, peakMb } = await measured<Measure>(program, orders)
    const { distinct, doubled } = sumOf(await sink.report())
    const perSecond = Math.round(distinct / seconds)
    results.push({
      peer,
      ...{ perSecond, seconds: rounded(seconds, 3), distinct, doubled, rssMb: peakMb },
    })
  }
  return results
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
