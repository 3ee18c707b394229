/** 微信群 from the signature to the room, over the bridge: each room once, the hand that takes over when the
 *  account is logged out or the bridge is gone, and what may have been sent, which goes to nobody else. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Toolbox } from '../../channels/channel.ts'
import { wechatGroup } from '../../channels/wechat-group.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import { SECRET, startWechatBridge, type WechatBridge } from '../channels/wechat-group-kit.ts'
import {
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  release,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

const GROUPS = ['一', '二', '三'].map((one, index) => ({
  ...{ name: `危化品企业${one}组`, topic: `危化品${one}群` },
  id: `1700000000${index}@chatroom`,
}))
let database: TestDatabase
let bureau: Bureau
let owner: Forger
let live: WechatBridge
let web: WebClient
const said: string[] = []

function tools(): Toolbox {
  const none = () => Promise.reject(new Error('not for these channels'))
  return {
    secret: () => SECRET,
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async () => null },
    http: (request) => web.call(request),
    log: (event, facts) => void said.push(JSON.stringify([event, facts])),
  }
}

function channels(): readonly NewChannel[] {
  const form = { addressing: 'group', fields: [{ label: '正文', content: 'text' }] }
  // The pace of a person would make the test as slow as one.
  const settings = { url: live.url, secret: 'wechat-bridge', rates: { limits: [] } }
  return [
    ...CHANNELS,
    {
      ...{ id: 'wechat-group', name: '微信群', line: 'wechat-group', position: 20 },
      ...{ addressing: 'group' as const, addressKind: 'wechat-group' },
      roads: [
        { id: 'bridge', adapter: 'wechat-group', settings },
        { id: 'hand', adapter: 'by-hand', settings: form },
      ],
    },
  ]
}

beforeAll(async () => {
  web = openWebClient()
  live = await startWechatBridge({ rooms: GROUPS.map(({ id, topic }) => ({ id, topic })) })
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, { adapters: [byHand, wechatGroup], tools: tools() })
  bureau = await foundBureau(test, channels())
  owner = await openForger(database)
  await addContacts(
    test.connection.db,
    test.keys,
    bureau.agencyId,
    GROUPS.map(({ name, topic: value }) => ({
      ...{ name, audiences: ['media'], forExercise: false },
      addresses: [{ kind: 'wechat-group', value }],
    })),
  )
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
  await live.stop()
  await web.close()
})
beforeEach(() => {
  live.rooms.setFault('none')
  live.setWire('none')
})

const order = [{ channelId: 'wechat-group', act: 'notify', audiences: ['media'] }] as const
const notified = async (word: string) => {
  const title = `${word} ${randomBytes(3).toString('hex')}`
  const { dispatchIds } = await signed(bureau, order, { title })
  await settled()
  return dispatchIds[0]
}
const settled = async () => {
  await drain(bureau)
  await sweep(bureau.test.hub, bureau.test.worker, MORNING)
  await drain(bureau)
}
const openTasks = (dispatchId: number | undefined) =>
  owner.lawful<{ id: number }>(
    "select id::int as id from hand_task where dispatch_id = $1 and state = 'open' order by id",
    [dispatchId],
  )

it('each room once, over the bridge', async () => {
  const dispatch = await notified('防汛提示')
  expect(await statesOf(owner, dispatch)).toEqual({ accepted: 3 })
  const reached = live.rooms.messages().map(({ roomId }) => roomId)
  expect(reached.sort()).toEqual(GROUPS.map(({ id }) => id))
  expect(await openTasks(dispatch)).toEqual([])
})

it('logged out, the hand takes over by itself; logged in and released, the bridge goes on', async () => {
  const before = live.rooms.messages().length
  live.rooms.setFault('logged-out')
  const dispatch = await notified('停电提示')
  const tasks = await openTasks(dispatch)
  expect(tasks).toHaveLength(3)
  await confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: MORNING },
    taskIds: tasks.map(({ id }) => id),
  })
  expect(await statesOf(owner, dispatch)).toEqual({ delivered: 3 })
  live.rooms.setFault('none')
  // As long as nobody let the road go on, the bridge is not even asked.
  expect(await openTasks(await notified('停水提示'))).toHaveLength(3)
  expect(live.rooms.messages()).toHaveLength(before)
  await release(bureau, 'wechat-group', 'bridge')
  expect(await statesOf(owner, await notified('复工提示'))).toEqual({ accepted: 3 })
  expect(live.rooms.messages()).toHaveLength(before + 3)
  expect([...live.rooms.counts().values()].every((count) => count === 1)).toBe(true)
})

it('an answer that was lost is looked up at the bridge, and nothing is sent twice', async () => {
  const before = live.rooms.messages().length
  live.setWire('drop-after-body')
  const dispatch = await notified('高温提示')
  live.setWire('none')
  await sweep(bureau.test.hub, bureau.test.worker, new Date(MORNING.getTime() + 3_600_000))
  await drain(bureau)
  expect(await statesOf(owner, dispatch)).toEqual({ accepted: 3 })
  expect(live.rooms.messages()).toHaveLength(before + 3)
  expect(await openTasks(dispatch)).toEqual([])
})

it('what may have been sent stays in doubt and goes to nobody else', async () => {
  live.rooms.setFault('fails-late')
  const dispatch = await notified('寒潮提示')
  expect(await statesOf(owner, dispatch)).toEqual({ unsure: 3 })
  expect(await openTasks(dispatch)).toEqual([])
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('no secret and no room was said', () => {
  const all = said.join('\n')
  expect(said.length).toBeGreaterThan(0)
  expect(all).not.toContain(SECRET)
  for (const { topic, id } of GROUPS) for (const one of [topic, id]) expect(all).not.toContain(one)
})
