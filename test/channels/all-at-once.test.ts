/** One bulletin, reviewed and signed once, through every adapter of the Node registry at the same time: on a good
 *  day each platform takes exactly what was signed; when each meets a fault of its own, every delivery has a state, a
 *  reason in a clerk's words and, where somebody has to act, a line with an action. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { enterClipping } from '../../src/hub/clippings/enter.ts'
import { decideUnsure } from '../../src/hub/decisions/decide-unsure.ts'
import { releaseRoad } from '../../src/hub/release-road.ts'
import {
  openTemporaryServer,
  type TemporaryDatabase,
  type TemporaryServer,
} from '../support/temporary-database.ts'
import { type AllAtOnce, openAllAtOnce, STATIONS } from './all-at-once-kit.ts'
import {
  expectAsSigned,
  expectNothingTwice,
  linesOf,
  NAMES,
  openLines,
  statesOf,
  takenBy,
  whyOf,
  yearOf,
} from './all-at-once-reading.ts'
import { PEOPLE } from './all-at-once-station.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Our own page, the service network, the official account and the newspaper. */
const PLACES = 4

let server: TemporaryServer
beforeAll(async () => {
  server = await openTemporaryServer(inject('server').url)
})
afterAll(() => server.remove())

it('has a station for every adapter of the registry, and for no other', () => {
  expect(Object.keys(STATIONS).sort()).toEqual(NAMES)
})

/** Opens before the tests of a `describe`, and closes after them. */
function withAll(): { readonly all: AllAtOnce } {
  const held: { all?: AllAtOnce; database?: TemporaryDatabase } = {}
  beforeAll(async () => {
    held.database = await server.create()
    held.all = await openAllAtOnce(held.database)
  })
  afterAll(async () => {
    await held.all?.close()
    await held.database?.drop()
  })
  return {
    get all() {
      if (!held.all) throw new Error('nothing is open yet')
      return held.all
    },
  }
}

describe('on a good day', () => {
  const given = withAll()

  it('everybody gets it, and every platform took what was signed', {
    timeout: 90_000,
  }, async () => {
    const { all } = given
    const bulletinId = await all.signAll()
    await all.round()
    for (const { finish } of all.stations.values()) await finish?.()
    await all.advance(HOUR_MS)
    expect(await all.clerk()).toBe(PEOPLE)
    await clip(all, bulletinId)
    const rows = await all.deliveries()
    const final = ['accepted', 'delivered']
    expect(rows.filter(({ state }) => !final.includes(state))).toEqual([])
    // Where something is told later it was told, and its word stands.
    for (const [adapter, { finish, channel }] of all.stations)
      if (finish)
        for (const { state } of rows.filter(({ channelId }) => channelId === channel.id))
          expect(state, adapter).toBe('delivered')
    for (const [adapter, { channel }] of all.stations) {
      const taken = takenBy(all, adapter)
      const meant = rows.filter(({ channelId }) => channelId === channel.id)
      expect(new Set(taken.map(({ to }) => to)).size, adapter).toBe(meant.length)
      expect(taken, adapter).toHaveLength(meant.length)
      const [one] = meant
      if (!one) throw new Error(`${adapter} was meant for nobody`)
      for (const { says } of taken) await expectAsSigned(all, one, one.roadId, says)
    }
    expect(await openLines(all)).toEqual([])
    expect(await yearOf(all)).toEqual({ publications: PLACES, drift: [] })
    expect(all.faults).toEqual([])
  })
})

/** Two hours after the signature, the platforms well again but for the desk's mail server: what became of it at
 *  each, why who did not get it did not, and what stands on the list of open things. */
const AFTER_TWO_HOURS: Readonly<Record<string, readonly [string, string, ...string[]]>> = {
  'by-hand': ['3 awaiting by hand', '3 by-hand', 'hand-open → confirm-task'],
  dingtalk: ['3 accepted', ''],
  'disclosure-portal': ['1 delivered', ''],
  email: ['3 unsure', '3 unsure', 'unsure → decide-unsure'],
  'feishu-robot': ['3 unsure', '3 unsure', 'unsure → decide-unsure'],
  'http-publish': ['1 accepted', ''],
  press: ['1 awaiting by hand', '', 'hand-open → confirm-task'],
  'qq-onebot': [
    ...(['3 awaiting by hand', '3 by-hand'] as const),
    ...['hand-open → confirm-task', 'road-held → release-road'],
  ],
  sms: ['1 failed, 2 delivered', '1 refused'],
  'sms-aliyun': ['3 accepted', ''],
  'sms-cmpp': ['3 accepted', ''],
  'sms-smpp': [
    ...(['3 unsure', '3 unsure'] as const),
    ...['unknown-receipts → look-at-receipts', 'unsure → decide-unsure'],
  ],
  'sms-tencent': ['3 unsure', '3 unsure', 'unsure → decide-unsure'],
  'voice-aliyun': ['3 held', '3 road-held', 'road-held → release-road'],
  'wechat-group': ['3 accepted', ''],
  'wechat-official': ['1 delivered', ''],
  wecom: ['3 failed', '3 refused'],
}

/** When people did what the list asked of them. */
const AT_THE_END: Readonly<Record<string, string>> = {
  'by-hand': '3 delivered by hand',
  dingtalk: '3 accepted',
  'disclosure-portal': '1 delivered',
  email: '3 accepted',
  'feishu-robot': '3 unsure',
  'http-publish': '1 accepted',
  press: '1 delivered by hand',
  'qq-onebot': '3 delivered by hand',
  sms: '1 failed, 2 delivered',
  'sms-aliyun': '3 delivered',
  'sms-cmpp': '3 delivered',
  'sms-smpp': '3 accepted',
  'sms-tencent': '3 delivered',
  'voice-aliyun': '3 delivered',
  'wechat-group': '3 accepted',
  'wechat-official': '1 delivered',
  wecom: '3 failed',
}

describe('when each meets a fault of its own', () => {
  const given = withAll()
  let bulletinId = 0

  it('every delivery has a state, a reason and what to do about it', {
    timeout: 90_000,
  }, async () => {
    const { all } = given
    for (const station of all.stations.values()) await station.fault()
    bulletinId = await all.signAll()
    await all.round()
    await finishAll(all)
    for (const station of all.stations.values()) await station.mend?.()
    for (let step = 0; step < 24; step++) await all.advance(5 * MINUTE_MS)
    const [states, reasons, lines] = [
      await statesOf(all),
      await whyOf(all, bulletinId),
      await linesOf(all),
    ]
    const found = NAMES.map((name) => [name, [states[name], reasons[name], ...(lines[name] ?? [])]])
    expect(Object.fromEntries(found)).toEqual(AFTER_TWO_HOURS)
    await expectNothingTwice(all)
  })

  it('a call that came twice is kept once', async () => {
    const { all } = given
    const kept = await all.app.connection.db
      .selectFrom('receipt')
      .select('state')
      .where('channel_id', '=', 'wechat-official')
      .execute()
    expect(kept).toEqual([{ state: 'delivered' }])
  })

  it('what nobody did in its time is said, and a report that never came is no success', {
    timeout: 90_000,
  }, async () => {
    const { all } = given
    await all.advance(24 * HOUR_MS)
    const lines = await linesOf(all)
    for (const name of ['by-hand', 'qq-onebot', 'press'])
      expect(lines[name], name).toContain('hand-overdue → confirm-task')
    await all.advance(48 * HOUR_MS)
    expect((await statesOf(all))['sms-aliyun']).toBe('3 no-receipt')
    expect((await whyOf(all, bulletinId))['sms-aliyun']).toBe('3 no-receipt')
  })

  it('ends when people do what the list asks', { timeout: 90_000 }, async () => {
    const { all } = given
    for (const [channelId, choice] of [
      ['email', 'not-sent-resend'],
      ['sms-tencent', 'not-sent-resend'],
      ['sms-smpp', 'sent'],
      ['feishu-robot', 'leave'],
    ] as const)
      await decideUnsure(all.app.hub, {
        ...{ agencyId: all.agencyId, dispatchId: await dispatchOn(all, channelId), choice },
        ...{ by: all.person('吴值班'), at: all.clock.now, count: PEOPLE, reason: '已核对平台' },
      })
    for (const channelId of ['voice-aliyun', 'qq-group'])
      await releaseRoad(all.app.hub, {
        ...{ agencyId: all.agencyId, channelId, roadId: 'main', at: all.clock.now },
        ...{ by: all.person('沈文书'), reason: '账号已恢复' },
      })
    expect(await all.clerk()).toBe(PEOPLE + PEOPLE + 1)
    await all.round()
    await finishAll(all)
    await all.advance(HOUR_MS)
    expect(await statesOf(all)).toEqual(AT_THE_END)
    await expectNothingTwice(all)
    // Resent by a decision: the first letters had arrived all the same.
    expect(takenBy(all, 'email')).toHaveLength(2 * PEOPLE)
    expect(await yearOf(all)).toEqual({ publications: PLACES, drift: [] })
    expect(all.faults).toEqual([])
  })
})

async function finishAll(all: AllAtOnce): Promise<void> {
  for (const { finish } of all.stations.values()) await finish?.()
}

function clip(all: AllAtOnce, bulletinId: number) {
  const { agencyId, clock } = all
  return enterClipping(all.app.hub, {
    ...{ agencyId, bulletinId, channelId: 'press-newspaper', by: all.person('沈文书') },
    ...{ at: clock.now, appearedAt: clock.now, outlet: '示例日报', kind: 'newspaper' },
    ...{ place: '第3版', url: 'https://paper.example/3' },
  })
}

async function dispatchOn(all: AllAtOnce, channelId: string): Promise<number> {
  const one = (await all.deliveries()).find((row) => row.channelId === channelId)
  if (!one) throw new Error(`nothing was signed for ${channelId}`)
  return one.dispatchId
}
