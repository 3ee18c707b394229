/** The only composer: database, keys, channels and doors become one hub. It chooses nothing itself;
 *  entries give it the clock, the registry and the addresses. */
import { createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Adapter } from '../channels/channel.ts'
import { openReader } from './documents/reader.ts'
import { LANES, type Lane } from './domain/bulletin.ts'
import { newWorker, type Worker } from './hub/attempt.ts'
import { openOutside } from './hub/outside.ts'
import type { PageStore } from './hub/ports/pages.ts'
import type { Watch } from './hub/ports/watch.ts'
import type { Hub } from './hub/ports.ts'
import { hmacProver } from './hub/proof.ts'
import { createPump, type Pump } from './hub/pump.ts'
import { hearLine } from './hub/receipts/listen.ts'
import { heardSettled } from './hub/receipts/receipt.ts'
import { expandRound } from './hub/sweep.ts'
import { createWatch } from './hub/watch.ts'
import { within } from './kit/background.ts'
import { chineseCalendar } from './kit/calendar.ts'
import { openWebClient, type WebClient } from './kit/http.ts'
import type { Keyring } from './kit/keyring.ts'
import { openLinks } from './kit/links.ts'
import type { Log } from './kit/log.ts'
import { createMetrics, type Metrics } from './kit/metrics.ts'
import type { MayReach, Place } from './kit/reach.ts'
import { createPages } from './portal/pages.ts'
import { folderBlobs } from './store/blobs.ts'
import { type Connection, connect } from './store/connect.ts'
import { bulletinOfDispatch } from './store/gauges.ts'
import { type Leadership, openLeadership } from './store/leadership.ts'
import { storePages } from './store/pages.ts'
import { NO_WAKER, openQueue, type Queue, type Waker } from './store/queue.ts'
import { openRoads, type Roads } from './store/roads.ts'
import { openSecretReader, type SecretReader } from './store/secrets/reader.ts'
import { createStore } from './store/store.ts'
import { type VaultKeys, vaultKeys } from './store/vault.ts'
import { openTimers, showState, type Timers } from './timers.ts'
import { openToolbox, reachOf } from './toolbox.ts'

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
  /** programs of this machine that roads of a live installation may reach; practice reaches this machine only */
  readonly allowLoopback?: readonly Place[]
  /** where the hub itself listens; 0 or absent when it is not known */
  readonly port?: number
  /** false for one-shot commands and simulated clocks: whoever waits looks by themselves */
  readonly queue: boolean
  readonly leaseMs?: number
  /** lines of the portal's footer */
  readonly notices?: readonly string[]
  /** lanes this process sends on; all when absent */
  readonly lanes?: readonly Lane[]
  /** of the database, besides those of the queue and the lead */
  readonly connectionsMax?: number
  /** the process's numbers are kept as well, for whoever reads its metrics */
  readonly watched?: boolean
}

/** What became of the batches that were under way when a process had to end. */
export interface Stopped {
  readonly finished: number
  readonly handedBack: number
  /** still waiting for an answer: their leases run out, and what became of them is looked after then */
  readonly left: number
}

export interface App {
  readonly hub: Hub
  readonly worker: Worker
  readonly pump: Pump
  readonly pages: PageStore
  readonly connection: Connection
  readonly keys: VaultKeys
  readonly roads: Roads
  readonly secrets: SecretReader
  readonly mayReach: MayReach
  readonly parts: AppParts
  readonly leadership: Leadership
  readonly metrics: Metrics
  /** One round of what must happen in time: the timers where this process leads, and a look at its lanes. */
  tick(at: Date): Promise<void>
  /** milliseconds since the lanes were last looked at to the end; undefined before the first time */
  sinceLook(): number | undefined
  /** Lets hints wake the lanes; `now` is the process's clock. */
  listen(now: () => Date): Promise<void>
  /** Claims nothing more, hands back what nothing was called for, and waits for the calls under way. */
  stop(graceMs: number): Promise<Stopped>
  close(): Promise<void>
}

export async function openApp(parts: AppParts): Promise<App> {
  const { keyring, log, lanes = LANES } = parts
  const onError = (error: unknown) => log.error({ err: error }, 'engine')
  const { connectionsMax } = parts
  const connection = connect(parts.hubUrl, connectionsMax === undefined ? {} : { connectionsMax })
  const queue: Queue | undefined = parts.queue ? await openQueue(parts.hubUrl, onError) : undefined
  const keys = vaultKeys(keyring)
  const pages = storePages(connection.db)
  const roads = openRoads(connection.db, () => performance.now())
  const mayReach = reachOf(parts)
  const web = openWebClient({ allows: mayReach })
  const secrets = openSecretReader(parts.hubUrl, keys.secretKeys, {
    ...{ monotonicMs: () => performance.now(), now: () => new Date() },
  })
  const metrics = createMetrics({ process: parts.watched ?? false })
  const watch = openWatch(parts, metrics, connection)
  const made = {
    connection,
    keys,
    mayReach,
    pages,
    roads,
    secrets,
    web,
    watch,
    waker: queue ?? NO_WAKER,
  }
  const hub = openHub(parts, made)
  const worker = newWorker(`${process.pid}-${randomUUID().slice(0, 8)}`, parts.leaseMs)
  const pump = createPump(hub, worker, onError)
  const leadership = openLeadership(parts.hubUrl, (leads) => log.info({ leads }, 'leader'))
  const timers = openTimers(parts, { hub, worker, metrics, connection }, onError)
  showState(metrics, { leadership, connection, pump })
  let lookedAt: number | undefined
  let stopped: Promise<Stopped> | undefined
  const stop = (graceMs: number) => {
    stopped ??= stopEngine({ worker, pump, timers, leadership, queue }, graceMs)
    return stopped
  }
  return {
    ...{ hub, worker, pump, pages, connection, keys, mayReach, roads, secrets },
    ...{ parts, leadership, metrics },
    async tick(at) {
      if (await leadership.round()) await timers.round(at).catch(onError)
      await Promise.all(lanes.map((lane) => pump.look(lane, at)))
      lookedAt = performance.now()
    },
    sinceLook: () => (lookedAt === undefined ? undefined : performance.now() - lookedAt),
    listen: async (now) =>
      queue?.listen(async (lane) => {
        // What the signature itself wrote leaves before anything more is written.
        await pump.look(lane, now())
        let more = true
        while (more) {
          more = await expandRound(hub, now())
          await pump.look(lane, now())
        }
      }, lanes),
    stop,
    async close() {
      await stop(CLOSE_MS_MAX)
      await queue?.close()
      // A call that hangs would hold its adapter open for ever.
      await within(OUTSIDE_MS_MAX, hub.outside.close())
      await heardSettled(hub)
      await hub.documents.close()
      await web.close()
      await secrets.close()
      await connection.close()
    },
  }
}

/** Longer than any call outside may take: the lease ends it. */
const CLOSE_MS_MAX = 120_000
const OUTSIDE_MS_MAX = 10_000

function openWatch({ log }: AppParts, metrics: Metrics, { db }: Connection): Watch {
  return createWatch({
    ...{ log, metrics, now: () => new Date() },
    bulletinOf: (agencyId, dispatchId) => bulletinOfDispatch(db, agencyId, dispatchId),
  })
}

async function stopEngine(
  engine: {
    readonly worker: Worker
    readonly pump: Pump
    readonly timers: Timers
    readonly leadership: Leadership
    readonly queue: Queue | undefined
  },
  graceMs: number,
): Promise<Stopped> {
  const { worker, pump, timers, leadership, queue } = engine
  const before = { underWay: pump.underWay(), handedBack: worker.handedBack }
  worker.stopping = true
  await queue?.unlisten()
  // Another process minds the timers from now on.
  await leadership.close()
  await within(graceMs, Promise.all([pump.close(), timers.close()]))
  const left = pump.underWay()
  const handedBack = worker.handedBack - before.handedBack
  return { handedBack, left, finished: Math.max(0, before.underWay - handedBack - left) }
}

function openHub(
  parts: AppParts,
  made: {
    readonly connection: Connection
    readonly keys: VaultKeys
    readonly pages: PageStore
    readonly roads: Roads
    readonly secrets: SecretReader
    readonly mayReach: MayReach
    readonly web: WebClient
    readonly waker: Waker
    readonly watch: Watch
  },
): Hub {
  const { keyring } = parts
  const { connection, keys, pages, roads, web, waker } = made
  const articles = createPages({
    ...{ store: pages, practice: parts.practice, publicUrl: () => parts.publicUrl() },
    ...(parts.notices ? { notices: parts.notices } : {}),
  })
  const blobs = (agencyId: number) =>
    folderBlobs(connection.db, blobFolder(parts.dataFolder), agencyId)
  const hub: Hub = {
    store: createStore(connection.db, keys, waker),
    outside: openOutside({
      adapters: parts.adapters,
      tools: (agencyId, secrets) =>
        openToolbox(
          { ...parts, mayReach: made.mayReach },
          { articles, web, blobs: blobs(agencyId) },
          secrets,
        ),
      secrets: (agencyId) => made.secrets.of(agencyId),
      ...(parts.practice ? {} : { mayName: made.mayReach }),
      onReplaced: (road) => parts.log.info(road, 'road-replaced'),
      onFault: (error) => parts.log.error({ err: error }, 'road'),
      rows: roads.rows,
      hear: (road, heard) =>
        hearLine(hub, road, heard, {
          at: new Date(),
          onFault: (error) => parts.log.error({ err: error }, 'line'),
        }),
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
    blobs,
    newToken: randomUUID,
    watch: made.watch,
  }
  return hub
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
