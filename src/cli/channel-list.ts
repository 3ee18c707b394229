/** `duoling channel ls`: every channel with its roads, what each can and how it stands. Settings stay inside,
 *  because they name servers and accounts. */
import type { Capabilities } from '../../channels/channel.ts'
import type { BreakerStanding } from '../hub/ports/breakers.ts'
import type { RoadOnFile } from '../hub/ports/roads.ts'
import { EXIT, print, printJson, type VerbRequest } from './command.ts'
import type { Installation } from './installation.ts'
import { table } from './table.ts'

/** How a road stands; `faulty` when its settings cannot work. */
type State = 'ready' | 'disabled' | 'held' | 'open' | 'half-open' | 'faulty'

interface Listed {
  readonly roadId: string
  readonly adapter: string
  readonly enabled: boolean
  readonly heldReason: string | null
  readonly state: State
  /** why it is not ready */
  readonly reason: string | null
  readonly since: Date | null
  /** absent when it cannot be opened */
  readonly capabilities: Capabilities | null
}

export async function list({ app, agencyId }: Installation, request: VerbRequest) {
  const { store, outside } = app.hub
  const breakers = new Map(
    (await store.breakers.standings(agencyId)).map((one) => [
      `${one.channelId}.${one.roadId}`,
      one,
    ]),
  )
  const rows = await store.transact(agencyId, async (tx) => {
    const found = []
    for (const channel of await tx.channels())
      found.push({ ...channel, onFile: await tx.lockRoads(channel.id) })
    return found
  })
  const channels = []
  for (const { onFile, ...channel } of rows) {
    const roads: Listed[] = []
    for (const road of onFile) {
      const tried = await outside.tryRoad(agencyId, { channelId: channel.id, ...road })
      roads.push(listed(road, tried, breakers.get(`${channel.id}.${road.roadId}`)))
    }
    channels.push({ ...channel, roads })
  }
  if (request.json) printJson({ channels })
  else
    print(
      table(
        ['编号', '名称', '通路（按先后）'],
        channels.map(({ id, name, roads }) => [id, name, roads.map(roadText).join('，') || '无']),
      ),
    )
  return EXIT.ok
}

function listed(
  { roadId, adapter, enabled, heldReason }: RoadOnFile,
  tried: { readonly capabilities: Capabilities } | { readonly problem: string },
  breaker: BreakerStanding | undefined,
): Listed {
  const capabilities = 'problem' in tried ? null : tried.capabilities
  const road = { roadId, adapter, enabled, heldReason, capabilities }
  if (!enabled) return { ...road, state: 'disabled', reason: null, since: null }
  if (heldReason !== null) {
    const since = breaker?.last.state === 'held' ? breaker.last.at : null
    return { ...road, state: 'held', reason: heldReason, since }
  }
  if ('problem' in tried) return { ...road, state: 'faulty', reason: tried.problem, since: null }
  const { state, reason, at } = breaker?.last ?? { state: 'closed' }
  if (breaker?.breaker?.openUntil !== undefined && (state === 'open' || state === 'half-open'))
    return { ...road, state, reason: reason ?? null, since: at ?? null }
  return { ...road, state: 'ready', reason: null, since: null }
}

const STATES: Readonly<Record<State, string>> = {
  ready: '',
  disabled: '停用',
  held: '暂停',
  open: '熔断',
  'half-open': '熔断后恢复中',
  faulty: '设置有误',
}

function roadText({ roadId, adapter, state, reason }: Listed): string {
  if (state === 'ready') return `${roadId} ${adapter}`
  // The whole sentence of wrong settings stands in `doctor`.
  const why = reason === null || state === 'faulty' ? '' : `：${reason}`
  return `${roadId} ${adapter}（${STATES[state]}${why}）`
}
