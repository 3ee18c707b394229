/** The roads to groups, from the signature to the wire: QQ with the hand that takes over when its account is
 *  logged out, 企业微信 robots that are told to slow down, 钉钉 notifications that say later whom they reached. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import type { Toolbox } from '../../channels/channel.ts'
import { dingtalk } from '../../channels/dingtalk.ts'
import { qqOnebot } from '../../channels/qq-onebot.ts'
import { wecom } from '../../channels/wecom.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { sweep } from '../../src/hub/sweep.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import { type DingtalkSimulator, startDingtalkSimulator } from '../../src/simulator/dingtalk.ts'
import { type OnebotSimulator, startOnebotSimulator } from '../../src/simulator/onebot.ts'
import { startWecomSimulator, type WecomSimulator } from '../../src/simulator/wecom.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import type { NewChannel } from '../../src/store/founding.ts'
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
  ...{ name: `危化品企业${one}组`, qq: `危化品QQ${one}群`, office: `${one}号安监中队` },
  ...{ number: String(700_000_001 + index), key: `robot-${index + 1}` },
}))
let database: TestDatabase
let bureau: Bureau
let owner: Forger
let qq: OnebotSimulator
let robots: WecomSimulator
let work: DingtalkSimulator
let web: WebClient
const said: string[] = []

function tools(): Toolbox {
  const none = () => Promise.reject(new Error('not for these channels'))
  return {
    secret: (name) => `${name}-not-said`,
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async () => null },
    http: (request) => web.call(request),
    log: (event, facts) => void said.push(JSON.stringify([event, facts])),
  }
}

function channels(): readonly NewChannel[] {
  const form = { addressing: 'group', fields: [{ label: '正文', content: 'text' }] }
  const hand = { id: 'hand', adapter: 'by-hand', settings: form }
  const local = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}` })
  // The pace of a person would make the test as slow as one.
  const onebot = {
    ...{ url: `ws://127.0.0.1:${qq.port}`, accessToken: 'qq', rates: { limits: [] } },
    groups: GROUPS.map((one) => ({ group: one.qq, id: one.number })),
  }
  const robot = {
    ...{ kind: 'robot', ...local(robots.port) },
    robots: GROUPS.map((one) => ({ group: one.office, key: one.key })),
  }
  const notice = {
    ...{ kind: 'work', ...local(work.port), appKey: 'dingapp', agentId: 1_001, secret: 'ding' },
    ...{ addressing: 'group' },
    groups: GROUPS.map((one, index) => ({ group: one.office, users: [`keeper${index}`] })),
  }
  const group = (id: string, addressKind: string, road: NewChannel['roads'][number]) => ({
    ...{ id, name: id, line: id, addressing: 'group' as const, addressKind, position: 20 },
    roads: [road, hand],
  })
  return [
    ...CHANNELS,
    group('qq-group', 'qq-group', { id: 'onebot', adapter: 'qq-onebot', settings: onebot }),
    group('office', 'office', { id: 'robots', adapter: 'wecom', settings: robot }),
    group('notice', 'office', { id: 'work', adapter: 'dingtalk', settings: notice }),
  ]
}

beforeAll(async () => {
  web = openWebClient()
  qq = await startOnebotSimulator({ accessToken: 'qq-not-said' })
  robots = await startWecomSimulator()
  work = await startDingtalkSimulator({ appSecret: 'ding-not-said' })
  database = await createTestDatabase()
  const adapters = [byHand, dingtalk, qqOnebot, wecom]
  const test = openTestHub(database.hubUrl, { adapters, tools: tools() })
  bureau = await foundBureau(test, channels())
  owner = await openForger(database)
  await addContacts(
    test.connection.db,
    test.keys,
    bureau.agencyId,
    GROUPS.map(({ name, qq: value, office }) => ({
      ...{ name, audiences: ['media'], forExercise: false },
      addresses: [
        { kind: 'qq-group', value },
        { kind: 'office', value: office },
      ],
    })),
  )
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
  await Promise.all([qq.stop(), robots.stop(), work.stop()])
  await web.close()
})
beforeEach(() => {
  for (const wire of [qq, robots, work]) wire.setFault('none')
})

const notify = (channelId: string) => ({ channelId, act: 'notify', audiences: ['media'] }) as const
const title = (word: string) => ({ title: `${word} ${randomBytes(3).toString('hex')}` })
const later = (ms: number) => new Date(MORNING.getTime() + ms)
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

it('QQ: each group once, over the client', async () => {
  const { dispatchIds } = await signed(bureau, [notify('qq-group')], title('防汛提示'))
  await settled()
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 3 })
  const reached = qq.messages().map(({ group }) => String(group))
  expect(reached.sort()).toEqual(GROUPS.map((one) => one.number))
  expect(await openTasks(dispatchIds[0])).toEqual([])
})

it('QQ: logged out, the hand takes over by itself; logged in and released, the client goes on', async () => {
  const before = qq.messages().length
  qq.setFault('logged-out')
  const { dispatchIds } = await signed(bureau, [notify('qq-group')], title('停电提示'))
  await settled()
  expect(qq.messages()).toHaveLength(before)
  const tasks = await openTasks(dispatchIds[0])
  expect(tasks).toHaveLength(3)
  await confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id('沈文书'), at: MORNING },
    taskIds: tasks.map(({ id }) => id),
  })
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 3 })
  // As long as nobody let the road go on, the client is not even asked.
  qq.setFault('none')
  const next = await signed(bureau, [notify('qq-group')], title('停水提示'))
  await settled()
  expect(qq.messages()).toHaveLength(before)
  expect(await openTasks(next.dispatchIds[0])).toHaveLength(3)
  await release(bureau, 'qq-group', 'onebot')
  const last = await signed(bureau, [notify('qq-group')], title('复工提示'))
  await settled()
  expect(await statesOf(owner, last.dispatchIds[0])).toEqual({ accepted: 3 })
  expect(qq.messages()).toHaveLength(before + 3)
  expect([...qq.counts().values()].every((count) => count === 1)).toBe(true)
})

it('QQ: what may have been sent stays in doubt and goes to nobody else', async () => {
  qq.setFault('async')
  const { dispatchIds } = await signed(bureau, [notify('qq-group')], title('高温提示'))
  await settled()
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ unsure: 3 })
  expect(await openTasks(dispatchIds[0])).toEqual([])
})

it('企业微信: the robot that is told to slow down waits alone', async () => {
  robots.setFault('limited', (key) => key === `${GROUPS[0]?.key}-not-said`)
  const { dispatchIds } = await signed(bureau, [notify('office')], title('检查通知'))
  await settled()
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 2, waiting: 1 })
  expect(await openTasks(dispatchIds[0])).toEqual([])
})

it('钉钉: when asked, it says which groups were reached', async () => {
  const { dispatchIds } = await signed(bureau, [notify('notice')], title('培训通知'))
  await settled()
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ accepted: 3 })
  await askOutside(bureau.test.hub, later(60_000), (error) => {
    throw error
  })
  await sweep(bureau.test.hub, bureau.test.worker, later(120_000))
  expect(await statesOf(owner, dispatchIds[0])).toEqual({ delivered: 3 })
  expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
})

it('no secret and no group was said', () => {
  const all = said.join('\n')
  expect(all).not.toContain('not-said')
  for (const { qq: group, office, number } of GROUPS)
    for (const one of [group, office, number]) expect(all).not.toContain(one)
})
