/** 飞书群机器人: the conformance suite, the signature as another computes it, rates, and what is never said. */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { feishuRobot } from '../../channels/feishu-robot.ts'
import {
  type FeishuFault,
  type FeishuOptions,
  startFeishuSimulator,
} from '../../src/simulator/feishu.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { officeBench, sendSample } from './office-bench.ts'
import { filledFields, SAMPLE_INPUT } from './sample.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, FeishuFault>> = {
  none: 'none',
  refuse: 'refuse',
  retry: 'limited',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const SECRETS = {
  ...{ 'hook-1': 'hook-not-said-1', 'hook-2': 'hook-not-said-2', 'hook-3': 'hook-not-said-3' },
  'feishu-sign': 'sign-key-not-said',
}
const GROUPS = ['禾墩镇安监中队', '青圩镇安监中队', '槐里街道安监中队']
const AT = new Date('2026-07-01T01:07:00Z')
const ROBOTS = Object.fromEntries(
  [1, 2, 3].map((one) => [`hook-not-said-${one}`, { secret: SECRETS['feishu-sign'] }]),
)
const settingsFor = (port: number, answerTimeoutMs = 1_500) => ({
  ...{ baseUrl: `http://127.0.0.1:${port}`, answerTimeoutMs },
  robots: GROUPS.map((group, index) => ({
    ...{ group, hook: `hook-${index + 1}`, secret: 'feishu-sign' },
  })),
})

keepsContract({
  adapter: feishuRobot,
  secrets: SECRETS,
  addresses: GROUPS,
  counterpart: async (fault: Fault): Promise<Counterpart> => {
    const simulator = await startFeishuSimulator({ robots: ROBOTS })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settingsFor(simulator.port),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  },
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, text: ['长'.repeat(7_000)] },
  }),
  wrongSettings: [
    { settings: undefined, fields: ['settings'] },
    {
      settings: {
        ...{ baseUrl: 'http://example.test', colour: 'red', contents: 'half', keyword: '' },
        robots: [{ group: '', hook: '', secret: '' }],
        rates: { limits: [], forbidden: [{ minuteOfHour: 60 }] },
      },
      fields: [
        ...['baseUrl', 'colour', 'contents', 'keyword', 'robots.0.group', 'robots.0.hook'],
        ...['robots.0.secret', 'rates.forbidden.0.minuteOfHour'],
      ],
    },
    {
      settings: {
        robots: [
          { group: '一群', hook: 'hook-1' },
          { group: '一群', hook: 'hook-2' },
        ],
      },
      fields: ['robots.1.group'],
    },
    {
      settings: { robots: [{ group: '一群', hook: 'nowhere', secret: 'nowhere' }] },
      fields: ['robots.0.hook', 'robots.0.secret'],
    },
  ],
})

const bench = officeBench(SECRETS)

async function simulator(options: FeishuOptions = {}) {
  const started = await startFeishuSimulator({ robots: ROBOTS, ...options })
  bench.endWith(() => started.stop())
  const base = settingsFor(started.port, 10_000)
  return {
    simulator: started,
    robot: (more: object = {}) => bench.open(feishuRobot, { ...base, ...more }),
  }
}

describe('a robot of 飞书', () => {
  it('signs in the body, with seconds, as another computes it', async () => {
    const { simulator: wire, robot } = await simulator()
    await sendSample(robot(), GROUPS.slice(0, 1))
    const timestamp = String(AT.getTime() / 1_000)
    const key = `${timestamp}\n${SECRETS['feishu-sign']}`
    const sign = createHmac('sha256', key).update('').digest('base64')
    expect(wire.messages()[0]?.body).toMatchObject({ timestamp, sign, msg_type: 'text' })
  })

  it('too fast: the sixth of a second and the hundred and first of a minute wait', async () => {
    let now = AT.getTime()
    const { simulator: wire, robot } = await simulator({ now: () => now })
    const channel = robot()
    const one = () => sendSample(channel, GROUPS.slice(0, 1), {}, { at: new Date(now) })
    const limited = { kind: 'retry', code: '11232', limited: true }
    for (let call = 0; call < 100; call++) {
      expect(await one()).toEqual([{ kind: 'accepted' }])
      if (call === 4) {
        expect(await one()).toMatchObject([limited])
        now += 1_000
      } else if (call > 4) now += 250
    }
    expect(await one()).toMatchObject([limited])
    expect(wire.messages()).toHaveLength(100)
    expect(channel.capabilities.rates).toMatchObject({
      limits: [
        { scope: 'target', window: 60_000, max: 100 },
        { scope: 'target', window: 1_000, max: 5 },
      ],
      forbidden: [{ minuteOfHour: 0 }, { minuteOfHour: 30 }],
    })
  })

  it('each safety setting that is not met stops the road with its own advice', async () => {
    const lone = { robots: [{ group: GROUPS[0], hook: 'hook-1', secret: 'feishu-sign' }] }
    const meet = async (options: FeishuOptions, fault: FeishuFault = 'none') => {
      const { simulator: wire, robot } = await simulator(options)
      wire.setFault(fault)
      const [outcome] = await sendSample(robot(lone), GROUPS.slice(0, 1))
      return outcome
    }
    const account = { kind: 'refused', scope: 'account' }
    const other = { [SECRETS['hook-1']]: { secret: 'another' } }
    expect(await meet({ robots: other })).toMatchObject({ ...account, code: '19021' })
    const late = { now: () => AT.getTime() + 7_200_000 }
    expect(await meet(late)).toMatchObject({ ...account, code: '19021' })
    const word = { [SECRETS['hook-1']]: { keyword: '安监' } }
    expect(await meet({ robots: word })).toMatchObject({ ...account, code: '19024' })
    expect(await meet({}, 'ip')).toMatchObject({ ...account, code: '19022' })
    expect(await meet({}, 'account')).toMatchObject({ ...account, code: '19001' })
    expect(await meet({}, 'unknown-code')).toMatchObject({ kind: 'refused', scope: 'message' })
    expect(await meet({}, 'server-error')).toMatchObject({ kind: 'unsure', code: 'http-502' })
  })

  it('a robot that is gone stops no other', async () => {
    const { [SECRETS['hook-1']]: _, ...rest } = ROBOTS
    const { robot } = await simulator({ robots: rest, now: () => Date.now() })
    const channel = robot()
    const outcomes = await sendSample(channel, [...GROUPS, '别的群'], {}, { at: new Date() })
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'accepted', 'accepted', 'refused'])
    expect(outcomes[0]).toMatchObject({ scope: 'recipient', code: '19001' })
    expect(outcomes[3]).toMatchObject({ scope: 'recipient', code: 'group-unknown' })
    expect(await channel.health()).toMatchObject({ state: 'degraded' })
  })

  it('health sees a wrong signature key, and sends nothing', async () => {
    const { simulator: wire, robot } = await simulator({ now: () => Date.now() })
    expect(await robot().health()).toMatchObject({ state: 'ok' })
    const { robot: other } = await simulator({
      robots: Object.fromEntries(Object.keys(ROBOTS).map((hook) => [hook, { secret: 'another' }])),
    })
    expect(await other().health()).toMatchObject({ state: 'down' })
    expect(wire.messages()).toEqual([])
  })

  it('a bulletin calls nobody by a tag, and what was signed is what leaves', async () => {
    const { simulator: wire, robot } = await simulator()
    const channel = robot()
    const blocks = [{ kind: 'paragraph' as const, text: '<at user_id="all">所有人</at> 请看' }]
    await sendSample(channel, GROUPS.slice(0, 1), { blocks })
    const signed = filledFields(channel.render({ ...SAMPLE_INPUT, blocks }).payload)
    expect(wire.messages()[0]?.text).toBe(signed['text'])
    expect(signed['text']).toContain('＜at user_id="all">所有人＜/at> 请看')
  })

  it('counts what JSON adds: what passes the check is taken by the platform', async () => {
    const { robot } = await simulator()
    const channel = robot()
    const input = (count: number) => ({
      ...SAMPLE_INPUT,
      blocks: [{ kind: 'paragraph' as const, text: '"\n字'.repeat(count) }],
    })
    let words = 1_000
    while (channel.check(channel.render(input(words + 10)).payload).length === 0) words += 10
    expect(words).toBeGreaterThan(2_000)
    const outcomes = await sendSample(channel, GROUPS.slice(0, 1), input(words))
    expect(outcomes).toEqual([{ kind: 'accepted' }])
  })

  it('never says an address, a key, a signature or a group', async () => {
    const { simulator: wire, robot } = await simulator()
    const channel = robot()
    const seen: unknown[] = []
    for (const fault of ['none', 'account', 'drop-after-body', 'garbage', 'ip'] as const) {
      wire.setFault(fault)
      seen.push(await sendSample(channel, GROUPS), await channel.health())
    }
    await wire.stop()
    seen.push(await sendSample(channel, GROUPS), bench.said)
    const text = JSON.stringify(seen)
    for (const secret of [...Object.values(SECRETS), ...GROUPS]) expect(text).not.toContain(secret)
  })
})
