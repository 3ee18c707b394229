/** Opens the channels' roads from what the installation has on file, each account's object once. */
import type { Adapter, Channel, Heard, Toolbox } from '../../channels/channel.ts'
import type { RoadKey } from './ports/engine.ts'
import type { RoadRow } from './ports/people.ts'
import type { Outside, Road } from './ports.ts'

/** `rows` answers a channel's enabled roads in their order. */
export function openOutside(options: {
  readonly adapters: readonly Adapter[]
  /** an agency's own secrets, pages and attachments */
  tools(agencyId: number): Toolbox
  rows(agencyId: number, channelId: string): Promise<readonly RoadRow[]>
  /** keeps what came over a connection of the channel's own; nothing is acknowledged before it resolves */
  hear?(road: RoadKey, heard: readonly Heard[]): Promise<void>
}): Outside {
  const open = new Map<string, { channel: Channel; settings: string }>()
  const faults = new Map<string, string>()
  const openRoad = async (agencyId: number, row: RoadRow): Promise<Road | undefined> => {
    const adapter = options.adapters.find((one) => one.adapter === row.adapter)
    // A registry without this adapter (another entry's) leaves the road to whoever has it.
    if (!adapter) return undefined
    const key = `${agencyId}.${row.channelId}.${row.roadId}`
    const settings = JSON.stringify([row.adapter, row.settings])
    let known = open.get(key)
    if (known?.settings !== settings) {
      const former = known
      const channel = create(adapter, row, options.tools(agencyId))
      // A road that cannot be opened is no road: the channel's others go on, and `doctor` says why.
      if (typeof channel === 'string') {
        faults.set(key, channel)
        return undefined
      }
      faults.delete(key)
      known = { channel, settings }
      open.set(key, known)
      const { hear } = options
      if (hear) {
        const road = { agencyId, channelId: row.channelId, roadId: row.roadId }
        channel.listen?.((heard) => hear(road, heard))
      }
      await former?.channel.close()
    }
    return { channelId: row.channelId, roadId: row.roadId, channel: known.channel }
  }
  const openAll = async (agencyId: number, rows: readonly RoadRow[]): Promise<readonly Road[]> => {
    const found: Road[] = []
    for (const row of rows) {
      const road = await openRoad(agencyId, row)
      if (road) found.push(road)
    }
    return found
  }
  return {
    open: openAll,
    roads: async (agencyId, channelId) =>
      openAll(agencyId, await options.rows(agencyId, channelId)),
    async road(agencyId, channelId, roadId) {
      const rows = await options.rows(agencyId, channelId)
      const row = rows.find((one) => one.roadId === roadId)
      return row && openRoad(agencyId, row)
    },
    async whyNotOpen(agencyId, channelId, roadId) {
      const rows = await options.rows(agencyId, channelId)
      await openAll(
        agencyId,
        rows.filter((row) => row.roadId === roadId),
      )
      return faults.get(`${agencyId}.${channelId}.${roadId}`)
    },
    async tryRoad(agencyId, row) {
      const adapter = options.adapters.find((one) => one.adapter === row.adapter)
      const known = options.adapters.map((one) => one.adapter).join('、')
      if (!adapter) return { problem: `没有适配器“${row.adapter}”，可写：${known}` }
      const channel = create(adapter, row, options.tools(agencyId))
      if (typeof channel === 'string') return { problem: channel }
      await channel.close()
      const { capabilities } = channel
      const previews = channel.uncounted?.({ act: 'publish', mode: 'test' }) ?? false
      return { addressing: capabilities.addressing, capabilities, previews }
    },
    async close() {
      for (const { channel } of open.values()) await channel.close()
      open.clear()
    },
  }
}

/** The channel, or in words what is wrong with its settings; a secret's value is in no message. */
function create(adapter: Adapter, row: RoadRow, tools: Toolbox): Channel | string {
  try {
    return adapter.create(row.settings, tools)
  } catch (error) {
    if (error instanceof Error) return error.message
    throw error
  }
}
