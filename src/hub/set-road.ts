/** 通路设置: gives a channel a new road or an existing one new settings, or takes one out of use. It refuses
 *  settings the adapter cannot work with, another adapter under an old name, and a channel without a road. */
import type { Canonical } from '../domain/canonical.ts'
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { sha256Hex } from '../kit/hash.ts'
import { settingsText } from './channels/settings-text.ts'
import { actor } from './people.ts'
import type { ChannelFacts } from './ports/people.ts'
import type { Hub, Tx } from './ports.ts'

const ROAD_ID = /^[a-z0-9-]{1,40}$/

export interface RoadSetting {
  readonly agencyId: number
  readonly channelId: string
  readonly roadId: string
  readonly adapter: string
  /** secrets by name only; their values come from the environment */
  readonly settings: Canonical
  /** before all others; otherwise a new road stands last and an old one where it stood */
  readonly first: boolean
  readonly by: number
  readonly at: Date
}

/** What was signed for a road stays as it was rendered; new settings hold for what is signed from now on. */
export function setRoad(hub: Hub, setting: RoadSetting): Promise<void> {
  const { agencyId, channelId, roadId, adapter, settings, at } = setting
  return hub.store.transact(agencyId, async (tx) => {
    const { by, addressing } = await mayChange(tx, setting)
    if (!ROAD_ID.test(roadId))
      throw new Refused({
        code: 'invalid-value',
        field: 'road',
        detail: '小写字母、数字、短横',
      })
    const text = settingsText(settings)
    const roads = await tx.lockRoads(channelId)
    const before = roads.find((one) => one.roadId === roadId)
    // A text that was rendered for one adapter means nothing to another.
    if (before && before.adapter !== adapter) {
      const detail = `${roadId} 已用于 ${before.adapter}，换适配器请另起通路名`
      throw new Refused({ code: 'invalid-value', field: 'adapter', detail })
    }
    const row = { channelId, roadId, adapter, settings }
    const tried = await hub.outside.tryRoad(agencyId, row)
    if ('problem' in tried)
      throw new Refused({ code: 'invalid-value', field: 'settings', detail: tried.problem })
    if (tried.addressing !== addressing) {
      const detail = `${adapter} 的对象是 ${tried.addressing}，这个渠道是 ${addressing}`
      throw new Refused({ code: 'invalid-value', field: 'adapter', detail })
    }
    const positions = roads.map((one) => one.position)
    const last = Math.max(0, ...positions) + 1
    const lead = Math.min(1, ...positions) - 1
    const position = setting.first ? lead : (before?.position ?? last)
    await tx.putRoad(channelId, { roadId, adapter, settings, position })
    await tx.audit({
      ...{ at, actorId: by, action: 'set-road', subject: `road/${channelId}/${roadId}` },
      facts: { adapter, settings: sha256Hex(text), position },
    })
  })
}

export interface RoadSwitch {
  readonly agencyId: number
  readonly channelId: string
  readonly roadId: string
  readonly enabled: boolean
  readonly by: number
  readonly at: Date
}

export function switchRoad(hub: Hub, request: RoadSwitch): Promise<void> {
  const { agencyId, channelId, roadId, enabled, at } = request
  return hub.store.transact(agencyId, async (tx) => {
    const { by } = await mayChange(tx, request)
    const roads = await tx.lockRoads(channelId)
    if (!roads.some((one) => one.roadId === roadId))
      throw new Refused({ code: 'not-found', field: 'road', detail: roadId })
    const left = roads.filter((one) => one.enabled && one.roadId !== roadId)
    if (!enabled && left.length === 0)
      throw new Refused({
        ...{ code: 'invalid-value', field: 'road' },
        detail: '这是最后一条在用的通路，请先启用另一条',
      })
    await tx.enableRoad(channelId, roadId, enabled)
    await tx.audit({
      ...{ at, actorId: by, action: enabled ? 'enable-road' : 'disable-road' },
      ...{ subject: `road/${channelId}/${roadId}`, facts: {} },
    })
  })
}

async function mayChange(
  tx: Tx,
  { by, at, channelId }: { readonly by: number; readonly at: Date; readonly channelId: string },
): Promise<{ readonly by: number; readonly addressing: ChannelFacts['addressing'] }> {
  const person = await actor(tx, by, at)
  if (!may(person, 'operator', 'system-admin')) throw new Refused({ code: 'not-allowed' })
  const channel = await tx.channel(channelId)
  if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
  return { by: person.id, addressing: channel.addressing }
}
