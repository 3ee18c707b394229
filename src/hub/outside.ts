/** Opens the channels' roads from what the installation has on file, each account's object once. */
import type { Adapter, Channel, Toolbox } from '../../channels/channel.ts'
import type { RoadRow } from './ports/people.ts'
import type { Outside, Road } from './ports.ts'

/** `rows` answers a channel's enabled roads in their order. */
export function openOutside(options: {
  readonly adapters: readonly Adapter[]
  /** an agency's own secrets, pages and attachments */
  tools(agencyId: number): Toolbox
  rows(agencyId: number, channelId: string): Promise<readonly RoadRow[]>
}): Outside {
  const open = new Map<string, { channel: Channel; settings: string }>()
  const openRoad = async (agencyId: number, row: RoadRow): Promise<Road | undefined> => {
    const adapter = options.adapters.find((one) => one.adapter === row.adapter)
    // A registry without this adapter (another entry's) leaves the road to whoever has it.
    if (!adapter) return undefined
    const key = `${agencyId}.${row.channelId}.${row.roadId}`
    const settings = JSON.stringify([row.adapter, row.settings])
    let known = open.get(key)
    if (known?.settings !== settings) {
      const former = known
      known = { channel: adapter.create(row.settings, options.tools(agencyId)), settings }
      open.set(key, known)
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
    async close() {
      for (const { channel } of open.values()) await channel.close()
      open.clear()
    },
  }
}
