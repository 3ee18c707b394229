/** An installation with a channel for every adapter of the Node registry, each before its own platform on the
 *  loopback, and a clock that a test moves on. */
import type { Adapter, Pages } from '../../channels/channel.ts'
import { ADAPTERS } from '../../channels/node.ts'
import { openApp } from '../../src/app.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import type { DeliveryState } from '../../src/domain/delivery.ts'
import type { Payload } from '../../src/domain/payload.ts'
import { callbackRoutes } from '../../src/http/callbacks.ts'
import { compose } from '../../src/hub/compose.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { handIn } from '../../src/hub/hand-in.ts'
import { handText } from '../../src/hub/hand-text.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { heardSettled } from '../../src/hub/receipts/receipt.ts'
import { review } from '../../src/hub/review.ts'
import { sign } from '../../src/hub/sign.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { createLog } from '../../src/kit/log.ts'
import { PRACTICE_AGENCY, PRACTICE_PEOPLE } from '../../src/simulator/practice.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import { foundAgency } from '../../src/store/founding.ts'
import type { TemporaryDatabase } from '../support/temporary-database.ts'
import { openCallbacks } from './all-at-once-callbacks.ts'
import {
  byHandStation,
  dingtalkStation,
  emailStation,
  feishuRobotStation,
  pressStation,
  qqOnebotStation,
  wechatGroupStation,
  wecomStation,
} from './all-at-once-groups.ts'
import {
  smsAliyunStation,
  smsCmppStation,
  smsSmppStation,
  smsStation,
  smsTencentStation,
  voiceAliyunStation,
} from './all-at-once-messages.ts'
import {
  disclosurePortalStation,
  httpPublishStation,
  wechatOfficialStation,
} from './all-at-once-places.ts'
import {
  type Ground,
  MAILBOXES,
  PEOPLE,
  PHONES,
  QQ_GROUPS,
  SECRETS,
  type Station,
  type Taken,
  TOWNS,
  WECHAT_GROUPS,
} from './all-at-once-station.ts'

/** By the name of the adapter; the test holds it against the registry. */
export const STATIONS: Readonly<Record<string, (ground: Ground) => Promise<Station>>> = {
  'by-hand': byHandStation,
  dingtalk: dingtalkStation,
  'disclosure-portal': disclosurePortalStation,
  email: emailStation,
  'feishu-robot': feishuRobotStation,
  'http-publish': httpPublishStation,
  press: pressStation,
  'qq-onebot': qqOnebotStation,
  sms: smsStation,
  'sms-aliyun': smsAliyunStation,
  'sms-cmpp': smsCmppStation,
  'sms-smpp': smsSmppStation,
  'sms-tencent': smsTencentStation,
  'voice-aliyun': voiceAliyunStation,
  'wechat-group': wechatGroupStation,
  'wechat-official': wechatOfficialStation,
  wecom: wecomStation,
}

export interface Delivered {
  readonly channelId: string
  readonly dispatchId: number
  readonly addressId: number
  /** null at a place */
  readonly contactId: number | null
  readonly roadId: string
  readonly state: DeliveryState
  readonly code: string | null
}

/** Wednesday morning at ten in Shanghai, on a day without a holiday near it. */
const START = new Date('2026-11-25T02:00:00Z')
const CONFIRM_MAX = 1_000

export type AllAtOnce = Awaited<ReturnType<typeof openAllAtOnce>>

export async function openAllAtOnce(database: TemporaryDatabase) {
  const clock = { now: START }
  const callbacks = await openCallbacks()
  const wraps: ((pages: Pages) => Pages)[] = []
  const ground: Ground = {
    callback: (channelId) => `${callbacks.origin}/callbacks/1/${channelId}/main`,
    now: () => clock.now,
    aroundPages: (wrap) => void wraps.push(wrap),
  }
  const stations = new Map<string, Station>()
  for (const [adapter, open] of Object.entries(STATIONS)) stations.set(adapter, await open(ground))
  const app = await openApp({
    ...{ hubUrl: database.hubUrl, keyring: database.keyring, dataFolder: database.folder },
    ...{ adapters: ADAPTERS.map((one) => wrapped(one, wraps)), practice: true, queue: false },
    ...{ log: createLog({ level: 'silent' }), publicUrl: () => 'http://hub.example' },
    secret: (name) => SECRETS[name],
  })
  const { agencyId, people } = await foundAgency(app.connection.db, app.keys, {
    ...{ ...PRACTICE_AGENCY, people: PRACTICE_PEOPLE, categories: DEFAULT_CATEGORIES },
    audiences: [{ id: 'media', name: '媒体' }],
    channels: [...stations.values()].map(({ channel }, at) => ({ ...channel, position: at + 1 })),
  })
  if (agencyId !== 1) throw new Error('the callbacks name the first agency of a database')
  await addContacts(app.connection.db, app.keys, agencyId, contacts())
  const faults: unknown[] = []
  const routes = callbackRoutes({
    ...{ hub: app.hub, now: () => clock.now, onFault: (fault) => faults.push(fault) },
  })
  callbacks.answer = async (request) => routes.request(request)
  const person = (name: (typeof PRACTICE_PEOPLE)[number]['name']) => people.get(name) ?? 0
  const made = { app, agencyId, clock, stations, person, posted: new Map<string, Taken[]>() }
  return {
    ...{ ...made, faults },
    signAll: () => signAll(made),
    round: () => round(made),
    /** milliseconds in one step, with everything that is due on the way there */
    async advance(ms: number) {
      clock.now = new Date(clock.now.getTime() + ms)
      await round(made)
    },
    clerk: () => clerk(made),
    deliveries: () => deliveries(made),
    signedPayload: (one: Delivered, roadId: string) => signedPayload(made, one, roadId),
    unsureBefore: (dispatchId: number) => unsureBefore(made, dispatchId),
    async close() {
      await app.close()
      await callbacks.close()
      for (const station of stations.values()) await station.stop()
    },
  }
}

interface Made {
  readonly app: Awaited<ReturnType<typeof openApp>>
  readonly agencyId: number
  readonly clock: { now: Date }
  readonly stations: ReadonlyMap<string, Station>
  readonly posted: Map<string, Taken[]>
  person(name: string): number
}

/** The one platform that is our own has its faults between it and its pages. */
function wrapped(adapter: Adapter, wraps: readonly ((pages: Pages) => Pages)[]): Adapter {
  if (adapter.adapter !== 'disclosure-portal') return adapter
  return {
    adapter: adapter.adapter,
    create: (settings, tools) =>
      adapter.create(settings, {
        ...tools,
        pages: wraps.reduce((pages, wrap) => wrap(pages), tools.pages),
      }),
  }
}

function contacts() {
  return Array.from({ length: PEOPLE }, (_, at) => ({
    ...{ name: `企业${at + 1}`, audiences: ['media'], forExercise: false },
    addresses: Object.entries({
      ...{ phone: PHONES, mailbox: MAILBOXES, office: TOWNS },
      ...{ 'qq-group': QQ_GROUPS, 'wechat-group': WECHAT_GROUPS },
    }).map(([kind, values]) => ({ kind, value: values[at] ?? '' })),
  }))
}

/** Written, reviewed and signed once, over every channel there is. */
async function signAll({ app, agencyId, clock, stations, person }: Made): Promise<number> {
  const at = clock.now
  const text = '受冷空气影响，25日夜间起有大风，请各企业停止高处作业，检查储罐区，落实值班。'
  const { bulletinId, hash } = await compose(app.hub, {
    ...{ agencyId, authorId: person('沈文书'), at, categoryId: 'notice', mode: 'earnest' },
    level: 'routine',
    content: {
      ...{ title: '关于做好大风防范的通知', blocks: [{ kind: 'paragraph', text }] },
      ...{ attachments: [], metadata: {}, entries: [] },
    },
  })
  const handed = { submittedBy: person('沈文书'), seenHash: hash, answer: '已核对' }
  await handIn(app.hub, { agencyId, bulletinId, at, ...handed })
  await review(app.hub, {
    ...{ agencyId, bulletinId, at, reviewerId: person('陆保密'), seenHash: hash },
    opinion: 'public',
  })
  await sign(app.hub, {
    ...{ agencyId, bulletinId, at, signerId: person('钱局长'), seenHash: hash },
    orders: [...stations.values()].map(({ channel: { id, addressing } }) =>
      addressing === 'place'
        ? { channelId: id, act: 'publish' as const }
        : { channelId: id, act: 'notify' as const, audiences: ['media'] },
    ),
  })
  return bulletinId
}

/** What the timers of a process do by themselves. */
async function round({ app, agencyId, clock }: Made): Promise<void> {
  const { now } = clock
  await app.pump.drain(() => now, { agencyId })
  await sweep(app.hub, app.worker, now)
  await askOutside(app.hub, now, (error) => {
    throw error
  })
  await heardSettled(app.hub)
  await app.pump.drain(() => now, { agencyId })
}

/** Posts every text of a road by hand word for word, and confirms it. What a letter to an outlet left open waits
 *  for its clipping. */
async function clerk({ app, agencyId, clock, posted, person }: Made): Promise<number> {
  const { hub } = app
  const tasks = await hub.store.transact(agencyId, (tx) => tx.openTasks({ limit: CONFIRM_MAX }))
  const done: number[] = []
  for (const { id: taskId, channelId, target } of tasks) {
    const road = await hub.store.transact(agencyId, (tx) => tx.taskRoad(taskId))
    if (road?.roadId !== 'by-hand') continue
    const fields = await handText(hub, { agencyId, taskId })
    const says = Object.values(fields).join('\n')
    posted.set(channelId, [...(posted.get(channelId) ?? []), { to: target, says }])
    done.push(taskId)
  }
  const given = { agencyId, taskIds: done, by: person('沈文书'), at: clock.now }
  if (done.length > 0) await confirmByHand(hub, { ...given, url: 'https://posted.example/1' })
  return done.length
}

function deliveries({ app, agencyId }: Made): Promise<readonly Delivered[]> {
  return app.connection.db
    .selectFrom('delivery as v')
    .innerJoin('dispatch as d', (join) =>
      join.onRef('d.agency_id', '=', 'v.agency_id').onRef('d.id', '=', 'v.dispatch_id'),
    )
    .leftJoin('batch as b', (join) =>
      join.onRef('b.agency_id', '=', 'v.agency_id').onRef('b.id', '=', 'v.batch_id'),
    )
    .leftJoin('contact_address as c', (join) =>
      join.onRef('c.agency_id', '=', 'v.agency_id').onRef('c.address_id', '=', 'v.address_id'),
    )
    .where('v.agency_id', '=', agencyId)
    .select(['d.channel_id as channelId', 'v.dispatch_id as dispatchId', 'v.state', 'v.code'])
    .select(['v.address_id as addressId', 'c.contact_id as contactId'])
    .select(({ fn, val }) => fn.coalesce('b.road_id', val('')).as('roadId'))
    .orderBy('v.dispatch_id')
    .orderBy('v.address_id')
    .execute()
}

/** The exact text under the signature, as door 5 reads it. */
async function signedPayload(
  { app, agencyId }: Made,
  { channelId, dispatchId }: Delivered,
  roadId: string,
): Promise<Payload> {
  const papers = await app.hub.store.engine.papers({ agencyId, channelId, roadId }, dispatchId)
  if (!papers) throw new Error(`nothing was signed for ${channelId} over ${roadId}`)
  return JSON.parse(papers.payload)
}

/** True when the log says of an attempt of this dispatch that it may have been sent. */
async function unsureBefore({ app, agencyId }: Made, dispatchId: number): Promise<boolean> {
  const ends = await app.connection.db
    .selectFrom('attempt as a')
    .innerJoin('attempt_end as e', (join) =>
      join.onRef('e.agency_id', '=', 'a.agency_id').onRef('e.attempt_id', '=', 'a.id'),
    )
    .where('a.agency_id', '=', agencyId)
    .where('a.dispatch_id', '=', dispatchId)
    .select('e.outcomes')
    .execute()
  return ends.some(({ outcomes }) => (outcomes['unsure'] ?? 0) > 0)
}
