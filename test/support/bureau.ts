/** A bureau in a database of its own, with five people, test channels and the hub's doors open. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Adapter, Toolbox } from '../../channels/channel.ts'
import { unsubscribeToken } from '../../src/app.ts'
import { openReader } from '../../src/documents/reader.ts'
import type { Level, Mode, RevisionContent } from '../../src/domain/bulletin.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import { newWorker, type Worker } from '../../src/hub/attempt.ts'
import { type Composed, compose } from '../../src/hub/compose.ts'
import { handIn } from '../../src/hub/hand-in.ts'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { openOutside } from '../../src/hub/outside.ts'
import type { LinksPort } from '../../src/hub/ports/checks.ts'
import { UNWATCHED, type Watch } from '../../src/hub/ports/watch.ts'
import type { Hub } from '../../src/hub/ports.ts'
import { hmacProver } from '../../src/hub/proof.ts'
import { createPump } from '../../src/hub/pump.ts'
import { releaseRoad } from '../../src/hub/release-road.ts'
import { review } from '../../src/hub/review.ts'
import { type Signed, sign } from '../../src/hub/sign.ts'
import { expandRound } from '../../src/hub/sweep.ts'
import { chineseCalendar } from '../../src/kit/calendar.ts'
import type { SecretKeys } from '../../src/kit/secret-keys.ts'
import { type Connection, connect } from '../../src/store/connect.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import { type Founded, foundAgency, type NewChannel } from '../../src/store/founding.ts'
import { NO_WAKER, type Waker } from '../../src/store/queue.ts'
import { openRoads } from '../../src/store/roads.ts'
import { createStore } from '../../src/store/store.ts'
import type { VaultKeys } from '../../src/store/vault.ts'
import { createSink, type Sink } from './sink.ts'

/** A Wednesday morning at ten in Shanghai. */
export const MORNING = new Date('2026-11-25T02:00:00Z')

export const PEOPLE = [
  { name: '沈文书', roles: ['drafter'] },
  { name: '陆保密', roles: ['secrecy-reviewer'] },
  { name: '钱局长', roles: ['leader'] },
  { name: '周副局', roles: ['leader', 'drafter', 'secrecy-reviewer'] },
  { name: '吴值班', roles: ['duty-officer', 'drafter'] },
] as const
export type PersonName = (typeof PEOPLE)[number]['name']

export const CHANNELS: readonly NewChannel[] = [
  channel('board', 'place', 'test-place', 1),
  channel('network', 'place', 'test-place', 2),
  channel('wire', 'recipient', 'test-wire', 3),
  channel('single', 'recipient', 'test-single', 4),
]

function channel(
  id: string,
  addressing: 'place' | 'recipient',
  adapter: string,
  position: number,
): NewChannel {
  const addressKind = addressing === 'place' ? `place:${id}` : 'phone'
  const roads = [{ id: 'main', adapter, settings: {} }]
  return { id, name: id, line: id, addressing, addressKind, position, roads }
}

export interface TestKeys extends VaultKeys {
  readonly proof: Buffer
}

/** These tests keep no key file; secrets have tests of their own. */
const NO_SECRET_KEYS: SecretKeys = {
  ...{ current: async () => undefined, former: async () => undefined, find: async () => undefined },
  turn: async () => {},
}

function testKeys(): TestKeys {
  const key = () => randomBytes(32)
  return {
    ...{ item: key(), address: key(), addressKeyId: 'a1', blindIndex: key(), proof: key() },
    secretKeys: NO_SECRET_KEYS,
  }
}

export interface TestHub {
  readonly hub: Hub
  readonly worker: Worker
  readonly connection: Connection
  readonly keys: TestKeys
  readonly sink: Sink
  close(): Promise<void>
}

/** No test reaches the outside by a link in a text. */
const NO_LINKS: LinksPort = { look: async () => new Map() }

export function openTestHub(
  hubUrl: string,
  options: {
    readonly keys?: TestKeys
    readonly sink?: Sink
    readonly adapters?: readonly Adapter[]
    readonly tools?: Toolbox
    readonly waker?: Waker
    readonly leaseMs?: number
    readonly links?: LinksPort
    readonly watch?: Watch
    /** attachments by their hash */
    readonly files?: ReadonlyMap<string, Uint8Array>
  } = {},
): TestHub {
  const connection = connect(hubUrl)
  const keys = options.keys ?? testKeys()
  const sink = options.sink ?? createSink()
  const tools: Toolbox = options.tools ?? (unused() as Toolbox)
  const roads = openRoads(connection.db, () => performance.now())
  const adapters = [...sink.adapters, ...(options.adapters ?? [])]
  const outside = openOutside({ adapters, tools: () => tools, rows: roads.rows })
  const documents = openReader()
  const hub: Hub = {
    store: createStore(connection.db, keys, options.waker ?? NO_WAKER),
    outside,
    prover: hmacProver('p1', keys.proof),
    publicUrl: 'http://hub.test',
    unsubscribeToken: (agencyId, addressId) =>
      unsubscribeToken(keys.blindIndex, agencyId, addressId),
    calendar: chineseCalendar(),
    documents,
    links: options.links ?? NO_LINKS,
    blobs: () => ({ read: async (sha256) => options.files?.get(sha256) ?? null }),
    newToken: randomUUID,
    watch: options.watch ?? UNWATCHED,
  }
  const worker = newWorker(`test-${randomUUID()}`, options.leaseMs)
  const close = async () => {
    await outside.close()
    await documents.close()
    await connection.close()
  }
  return { hub, worker, connection, keys, sink, close }
}

/** The test adapters need no tools; whoever reaches for one is told. */
function unused(): unknown {
  return new Proxy({}, { get: (_, name) => fail(`a test adapter reached for ${String(name)}`) })
}

function fail(message: string): never {
  throw new Error(message)
}

export interface Bureau extends Founded {
  readonly test: TestHub
  id(name: PersonName): number
}

export async function foundBureau(
  test: TestHub,
  channels: readonly NewChannel[] = CHANNELS,
): Promise<Bureau> {
  const founded = await foundAgency(test.connection.db, test.keys, {
    ...{ creditCode: '11330483MB1234567X', name: '桐乡市安全生产监督管理局' },
    ...{ shortName: '市安监局', from: '2018-01-01', people: PEOPLE, channels },
    categories: DEFAULT_CATEGORIES,
    audiences: [
      { id: 'media', name: '媒体' },
      { id: 'major-hazard', name: '重大危险源单位' },
    ],
  })
  return { ...founded, test, id: (name) => founded.people.get(name) ?? 0 }
}

/** Contacts with made-up numbers, all in one audience. */
export async function addPhones(
  bureau: Bureau,
  count: number,
  options: {
    readonly audience?: string
    readonly from?: number
    readonly forExercise?: boolean
  } = {},
): Promise<void> {
  const first = options.from ?? 0
  const contacts = Array.from({ length: count }, (_, index) => ({
    name: `企业${first + index}`,
    audiences: [options.audience ?? 'media'],
    forExercise: options.forExercise ?? false,
    addresses: [{ kind: 'phone', value: `139${String(first + index).padStart(8, '0')}` }],
  }))
  await addContacts(bureau.test.connection.db, bureau.test.keys, bureau.agencyId, contacts)
}

export function text(title: string, more: Partial<RevisionContent> = {}): RevisionContent {
  return {
    ...{ title, blocks: [{ kind: 'paragraph', text: `${title}的正文。` }] },
    ...{ attachments: [], metadata: {}, entries: [], ...more },
  }
}

export interface Draft {
  readonly title?: string
  readonly level?: Level
  readonly mode?: Mode
  readonly categoryId?: string
  readonly at?: Date
  readonly content?: RevisionContent
}

export function draftBy(bureau: Bureau, name: PersonName, draft: Draft = {}): Promise<Composed> {
  return compose(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, authorId: bureau.id(name), at: draft.at ?? MORNING },
    ...{ categoryId: draft.categoryId ?? 'notice', mode: draft.mode ?? 'earnest' },
    ...{ level: draft.level ?? 'routine', content: draft.content ?? text(draft.title ?? '通知') },
  })
}

/** Hands the text in, in the name of the bureau's drafter; a second time changes nothing. */
export async function submitBy(
  bureau: Bureau,
  name: PersonName,
  composed: Composed,
  orders: readonly DispatchOrder[] = [],
  at = MORNING,
): Promise<void> {
  await handIn(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at, orders },
    ...{ submittedBy: bureau.id(name), seenHash: composed.hash },
    answer: '已核对',
  })
}

/** Handed in first, when nobody did. */
export async function reviewBy(
  bureau: Bureau,
  name: PersonName,
  composed: Composed,
  at = MORNING,
): Promise<void> {
  await submitBy(bureau, '沈文书', composed, [], at)
  return review(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at },
    ...{ reviewerId: bureau.id(name), seenHash: composed.hash, opinion: 'public' },
  })
}

export function signBy(
  bureau: Bureau,
  name: PersonName,
  composed: Composed,
  orders: readonly DispatchOrder[],
  at = MORNING,
): Promise<Signed> {
  return sign(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at, orders },
    ...{ signerId: bureau.id(name), seenHash: composed.hash },
  })
}

/** Drafted, reviewed and signed by three people. */
export async function signed(
  bureau: Bureau,
  orders: readonly DispatchOrder[],
  draft: Draft = {},
): Promise<Composed & Signed> {
  const at = draft.at ?? MORNING
  const composed = await draftBy(bureau, '沈文书', draft)
  await reviewBy(bureau, '陆保密', composed, at)
  return { ...composed, ...(await signBy(bureau, '钱局长', composed, orders, at)) }
}

/** Runs the engine until nothing is due at that moment. */
export async function drain(bureau: Bureau, at = MORNING): Promise<void> {
  const errors: unknown[] = []
  const pump = createPump(bureau.test.hub, bureau.test.worker, (error) => errors.push(error))
  while (await expandRound(bureau.test.hub, at));
  await pump.drain(() => at, { agencyId: bureau.agencyId })
  await pump.close()
  if (errors[0]) throw errors[0]
}

/** Clears what stopped a road, as whoever sits at the machine does it. */
export function release(bureau: Bureau, channelId: string, roadId: string): Promise<number> {
  return releaseRoad(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, channelId, roadId, at: MORNING },
    ...{ by: 'local:test', reason: '账号已恢复' },
  })
}

export const PUBLISH = { channelId: 'board', act: 'publish' } as const
export const NOTIFY = { channelId: 'wire', act: 'notify', audiences: ['media'] } as const
