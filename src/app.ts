/** The only composer: database, keys, channels and doors become one hub. It chooses nothing itself;
 *  entries give it the clock, the registry and the addresses. */
import { createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Adapter, Pages, Toolbox } from '../channels/channel.ts'
import { STANDING_BROADCASTS } from '../schedules/all.ts'
import { openReader } from './documents/reader.ts'
import { LANES, type Lane } from './domain/bulletin.ts'
import { newWorker, type Worker } from './hub/attempt.ts'
import { openOutside } from './hub/outside.ts'
import type { PageStore } from './hub/ports/pages.ts'
import type { Hub } from './hub/ports.ts'
import { hmacProver } from './hub/proof.ts'
import { createPump, type Pump } from './hub/pump.ts'
import { createAsker } from './hub/receipts/poll.ts'
import { fireDue } from './hub/schedule/fire-due.ts'
import { planDue } from './hub/schedule/schedules.ts'
import { expandRound, sweep } from './hub/sweep.ts'
import { chineseCalendar } from './kit/calendar.ts'
import { openWebClient, type WebClient } from './kit/http.ts'
import type { Keyring } from './kit/keyring.ts'
import { openLinks } from './kit/links.ts'
import type { Log } from './kit/log.ts'
import { createPages } from './portal/pages.ts'
import { createSealer, headFile } from './store/audit/heads.ts'
import { folderBlobs } from './store/blobs.ts'
import { type Connection, connect } from './store/connect.ts'
import { storePages } from './store/pages.ts'
import { NO_WAKER, openQueue, type Queue } from './store/queue.ts'
import { openRoads, type Roads } from './store/roads.ts'
import { createStore } from './store/store.ts'
import type { VaultKeys } from './store/vault.ts'

export interface AppParts {
  readonly hubUrl: string
  readonly keyring: Keyring
  readonly dataFolder: string
  readonly adapters: readonly Adapter[]
  readonly practice: boolean
  /** where readers find our pages, without a slash at the end; asked late, because a port may be free */
  publicUrl(): string
  secret(name: string): string | undefined
  readonly log: Log
  /** false for one-shot commands and simulated clocks: whoever waits looks by themselves */
  readonly queue: boolean
  readonly leaseMs?: number
  /** lines of the portal's footer */
  readonly notices?: readonly string[]
}

export interface App {
  readonly hub: Hub
  readonly worker: Worker
  readonly pump: Pump
  readonly pages: PageStore
  readonly connection: Connection
  readonly keys: VaultKeys
  readonly roads: Roads
  readonly parts: AppParts
  /** One round of what must happen in time: sweeping, and a look at every lane. */
  tick(at: Date): Promise<void>
  /** Lets hints wake the lanes; `now` is the process's clock. */
  listen(now: () => Date): Promise<void>
  close(): Promise<void>
}

export async function openApp(parts: AppParts): Promise<App> {
  const { keyring, log } = parts
  const onError = (error: unknown) => log.error({ err: error }, 'engine')
  const connection = connect(parts.hubUrl)
  const queue: Queue | undefined = parts.queue ? await openQueue(parts.hubUrl, onError) : undefined
  const keys: VaultKeys = {
    item: keyring.item.bytes,
    address: keyring.address.bytes,
    addressKeyId: keyring.address.id,
    blindIndex: keyring.blindIndex.bytes,
  }
  const pages = storePages(connection.db)
  const roads = openRoads(connection.db, () => performance.now())
  const web = openWebClient()
  const hub = openHub(parts, { connection, keys, pages, roads, web, waker: queue ?? NO_WAKER })
  const worker = newWorker(`${process.pid}-${randomUUID().slice(0, 8)}`, parts.leaseMs)
  const pump = createPump(hub, worker, onError)
  const asker = createAsker(hub, onError)
  const look = (lane: Lane, at: Date) => pump.look(lane, at)
  const schedules = async (at: Date) => {
    const { faults } = await fireDue(hub, STANDING_BROADCASTS, at)
    for (const { error } of faults) onError(error)
    await planDue(hub, STANDING_BROADCASTS, at)
  }
  const sealer = createSealer(connection.db, keyring.audit, headFile(parts.dataFolder))
  return {
    ...{ hub, worker, pump, pages, connection, keys, roads, parts },
    async tick(at) {
      asker.look(at)
      await sweep(hub, worker, at)
      await schedules(at).catch(onError)
      await Promise.all(LANES.map((lane) => look(lane, at)))
      await sealer.round(at)
    },
    listen: async (now) =>
      queue?.listen(async (lane) => {
        let more = true
        while (more) {
          more = await expandRound(hub, now())
          await look(lane, now())
        }
      }),
    async close() {
      await queue?.close()
      await asker.close()
      await pump.close()
      await hub.outside.close()
      await hub.documents.close()
      await web.close()
      await connection.close()
    },
  }
}

function openHub(
  parts: AppParts,
  made: {
    readonly connection: Connection
    readonly keys: VaultKeys
    readonly pages: PageStore
    readonly roads: Roads
    readonly web: WebClient
    readonly waker: Parameters<typeof createStore>[2]
  },
): Hub {
  const { keyring } = parts
  const { connection, keys, pages, roads, web, waker } = made
  const articles = createPages({
    ...{ store: pages, practice: parts.practice, publicUrl: () => parts.publicUrl() },
    ...(parts.notices ? { notices: parts.notices } : {}),
  })
  return {
    store: createStore(connection.db, keys, waker),
    outside: openOutside({
      adapters: parts.adapters,
      tools: (agencyId) => toolbox(parts, { connection, articles, web }, agencyId),
      rows: roads.rows,
    }),
    prover: hmacProver(keyring.proof.id, keyring.proof.bytes),
    get publicUrl() {
      return parts.publicUrl()
    },
    unsubscribeToken: (agencyId, addressId) =>
      unsubscribeToken(keyring.blindIndex.bytes, agencyId, addressId),
    calendar: chineseCalendar(),
    documents: openReader(),
    // The practice stands on the loopback, and so do the addresses its texts name.
    links: openLinks({ allowPrivate: parts.practice }),
    blobs: (agencyId) => folderBlobs(connection.db, blobFolder(parts.dataFolder), agencyId),
    newToken: randomUUID,
  }
}

function toolbox(
  parts: AppParts,
  made: { readonly connection: Connection; readonly articles: Pages; readonly web: WebClient },
  agencyId: number,
): Toolbox {
  return {
    secret(name) {
      const value = parts.secret(name)
      if (value === undefined)
        throw new Error(
          `没有密钥 ${name}：请设置环境变量 DUOLING_SECRET_${name.toUpperCase().replaceAll('-', '_')}`,
        )
      return value
    },
    pages: made.articles,
    http: (request) =>
      parts.practice && !isLoopback(request.url)
        ? Promise.resolve({ kind: 'unreachable', code: 'practice-mode' })
        : made.web.call(request),
    blobs: folderBlobs(made.connection.db, blobFolder(parts.dataFolder), agencyId),
    log: (event, facts) => parts.log.info(facts, event),
  }
}

/** In practice mode nothing real is reached, whatever a road's settings say. */
function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? ''
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

export function blobFolder(dataFolder: string): string {
  return join(dataFolder, 'blobs')
}

const TOKEN_MAC_CHARACTERS = 32

/** `agency.address.mac`: says nothing about the address and cannot be made for another one. */
export function unsubscribeToken(key: Uint8Array, agencyId: number, addressId: number): string {
  const subject = `${agencyId}.${addressId}`
  const mac = createHmac('sha256', key).update(`unsubscribe:${subject}`).digest('hex')
  return `${subject}.${mac.slice(0, TOKEN_MAC_CHARACTERS)}`
}

/** Undefined for a token that is not ours. */
export function readUnsubscribeToken(
  hub: Pick<Hub, 'unsubscribeToken'>,
  token: string,
): { readonly agencyId: number; readonly addressId: number } | undefined {
  const [agency = '', address = ''] = token.split('.')
  const agencyId = Number(agency)
  const addressId = Number(address)
  if (!Number.isSafeInteger(agencyId) || !Number.isSafeInteger(addressId)) return undefined
  // Not secret-dependent time: the token was given to its holder, and a wrong one only fails.
  if (hub.unsubscribeToken(agencyId, addressId) !== token) return undefined
  return { agencyId, addressId }
}
