/** Opens the channels' roads from what the installation has on file, each account's object once, and anew when
 *  its settings or a secret it asked for changed. */
import type { Adapter, Channel, Heard, Toolbox } from '../../channels/channel.ts'
import { CLOSED_HOST, placesIn } from '../kit/reach.ts'
import { type InUse, inUse } from './in-use.ts'
import type { RoadKey } from './ports/engine.ts'
import type { RoadRow } from './ports/people.ts'
import type { AgencySecrets } from './ports/secrets.ts'
import type { Outside, Road } from './ports.ts'

/** `rows` answers a channel's enabled roads in their order. */
export interface OutsideParts {
  readonly adapters: readonly Adapter[]
  /** an agency's own secrets, pages and attachments */
  tools(agencyId: number, secrets: AgencySecrets): Toolbox
  rows(agencyId: number, channelId: string): Promise<readonly RoadRow[]>
  /** false where settings may not lead; they may lead anywhere when absent */
  mayName?(host: string, port: number): boolean
  /** none on file when absent */
  secrets?(agencyId: number): Promise<AgencySecrets>
  /** keeps what came over a connection of the channel's own; nothing is acknowledged before it resolves */
  hear?(road: RoadKey, heard: readonly Heard[]): Promise<void>
  /** a road's object gave way to another */
  onReplaced?(road: RoadKey): void
  /** an object that was replaced could not be closed */
  onFault?(error: unknown): void
}

interface Opened {
  readonly use: InUse
  readonly settings: string
  /** of each secret it asked for, the version it was given */
  readonly secrets: ReadonlyMap<string, number>
}

const NO_SECRETS: AgencySecrets = {
  ...{ value: () => undefined, former: () => undefined, version: () => 0 },
}

export function openOutside(parts: OutsideParts): Outside {
  const roads = new OpenRoads(parts)
  const secretsOf = async (agencyId: number) => (await parts.secrets?.(agencyId)) ?? NO_SECRETS
  const openAll = async (agencyId: number, rows: readonly RoadRow[]): Promise<readonly Road[]> => {
    const secrets = await secretsOf(agencyId)
    return rows.flatMap((row) => roads.open(agencyId, row, secrets) ?? [])
  }
  return {
    open: openAll,
    roads: async (agencyId, channelId) => openAll(agencyId, await parts.rows(agencyId, channelId)),
    async road(agencyId, channelId, roadId) {
      const rows = await parts.rows(agencyId, channelId)
      const [road] = await openAll(
        agencyId,
        rows.filter((one) => one.roadId === roadId),
      )
      return road
    },
    async whyNotOpen(agencyId, channelId, roadId) {
      const rows = await parts.rows(agencyId, channelId)
      await openAll(
        agencyId,
        rows.filter((row) => row.roadId === roadId),
      )
      return roads.faults.get(`${agencyId}.${channelId}.${roadId}`)
    },
    async tryRoad(agencyId, row, given) {
      const adapter = parts.adapters.find((one) => one.adapter === row.adapter)
      const known = parts.adapters.map((one) => one.adapter).join('、')
      if (!adapter) return { problem: `没有适配器“${row.adapter}”，可写：${known}` }
      const secrets = await secretsOf(agencyId)
      const tools = parts.tools(agencyId, given ? withSecret(secrets, given) : secrets)
      const channel = create(adapter, row, tools)
      if (typeof channel === 'string') return { problem: channel }
      await channel.close()
      const closed = placesIn(row.settings).find(
        ({ host, port }) => parts.mayName?.(host, port) === false,
      )
      if (closed) return { problem: `不能连 ${closed.host}:${closed.port}：${CLOSED_HOST}` }
      const { capabilities } = channel
      const previews = channel.uncounted?.({ act: 'publish', mode: 'test' }) ?? false
      return { addressing: capabilities.addressing, capabilities, previews }
    },
    secretNames(agencyId, row) {
      const adapter = parts.adapters.find((one) => one.adapter === row.adapter)
      const names = new Set<string>()
      // Every secret is asked for before the first is missed; nothing is opened without them.
      const secret = (name: string) => {
        names.add(name)
        throw new Error(`没有密钥 ${name}`)
      }
      const tools = adapter && withTool(parts.tools(agencyId, NO_SECRETS), secret)
      const made = tools ? create(adapter, row, tools) : ''
      if (typeof made !== 'string') void made.close()
      return [...names]
    },
    close: () => roads.close(),
  }
}

class OpenRoads {
  readonly faults = new Map<string, string>()
  readonly #parts: OutsideParts
  readonly #open = new Map<string, Opened>()
  readonly #retiring = new Set<Promise<void>>()

  constructor(parts: OutsideParts) {
    this.#parts = parts
  }

  open(agencyId: number, row: RoadRow, secrets: AgencySecrets): Road | undefined {
    const adapter = this.#parts.adapters.find((one) => one.adapter === row.adapter)
    // A registry without this adapter (another entry's) leaves the road to whoever has it.
    if (!adapter) return undefined
    const { channelId, roadId } = row
    const key = `${agencyId}.${channelId}.${roadId}`
    const settings = JSON.stringify([row.adapter, row.settings])
    const known = this.#open.get(key)
    const same = known?.settings === settings ? known : undefined
    if (same && !changed(same.secrets, secrets))
      return { channelId, roadId, channel: same.use.channel }
    const asked = new Map<string, number>()
    const channel = create(adapter, row, this.#tools(agencyId, secrets, asked))
    if (typeof channel === 'string') {
      // A road that cannot be opened is no road: the channel's others go on, and `doctor` says why.
      this.faults.set(key, channel)
      if (!same) return undefined
      // A new value that cannot be read or used takes nothing away: the old one goes on, and is asked no more
      // than once whether the new one will do.
      this.#open.set(key, { ...same, secrets: versionsOf(same.secrets, secrets) })
      return { channelId, roadId, channel: same.use.channel }
    }
    this.faults.delete(key)
    return {
      channelId,
      roadId,
      channel: this.#take(key, { agencyId, channelId, roadId }, channel, {
        settings,
        secrets: asked,
      }),
    }
  }

  #tools(agencyId: number, secrets: AgencySecrets, asked: Map<string, number>): Toolbox {
    const tools = this.#parts.tools(agencyId, secrets)
    const secret = (name: string) => {
      asked.set(name, secrets.version(name))
      return tools.secret(name)
    }
    return withTool(tools, secret)
  }

  #take(
    key: string,
    road: RoadKey,
    channel: Channel,
    facts: Pick<Opened, 'settings' | 'secrets'>,
  ): Channel {
    const former = this.#open.get(key)?.use
    // Where the channel keeps a connection of its own the old one ends first: an account may have only one.
    const waits = channel.listen !== undefined && former !== undefined
    let open = () => {}
    const gate = waits ? new Promise<void>((resolve) => (open = resolve)) : undefined
    const use = inUse(channel, gate)
    this.#open.set(key, { ...facts, use })
    const { hear } = this.#parts
    const listen = () => {
      if (hear) channel.listen?.((heard) => hear(road, heard))
    }
    if (!waits) listen()
    if (!former) return use.channel
    this.#parts.onReplaced?.(road)
    const retiring = former
      .retire(use.channel)
      .catch((error: unknown) => this.#parts.onFault?.(error))
      .then(() => {
        this.#retiring.delete(retiring)
        if (waits) listen()
        open()
      })
    this.#retiring.add(retiring)
    return use.channel
  }

  async close(): Promise<void> {
    await Promise.all(this.#retiring)
    for (const { use } of this.#open.values()) await use.channel.close()
    this.#open.clear()
  }
}

function withTool(tools: Toolbox, secret: Toolbox['secret']): Toolbox {
  // Tools may be more than their own fields.
  return new Proxy(tools, {
    get: (object, name) => (name === 'secret' ? secret : Reflect.get(object, name, object)),
  })
}

function changed(given: ReadonlyMap<string, number>, now: AgencySecrets): boolean {
  return [...given].some(([name, version]) => now.version(name) !== version)
}

function versionsOf(given: ReadonlyMap<string, number>, now: AgencySecrets) {
  return new Map([...given.keys()].map((name) => [name, now.version(name)]))
}

function withSecret(
  secrets: AgencySecrets,
  given: { readonly name: string; readonly value: string },
): AgencySecrets {
  return {
    ...secrets,
    value: (name) => (name === given.name ? given.value : secrets.value(name)),
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
