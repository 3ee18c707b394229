/** 专有钉钉、浙政钉: the conformance suite for people and for groups, the signature as another computes it, and what
 *  a repeat and a wrong key come to. */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signedHeaders, whyNotTaken } from '../../channels/dingtalk/government.ts'
import { dingtalk } from '../../channels/dingtalk.ts'
import {
  type GovernmentFault,
  startGovernmentSimulator,
} from '../../src/simulator/dingtalk-government.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { officeBench, sendSample } from './office-bench.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, GovernmentFault>> = {
  none: 'none',
  refuse: 'refuse',
  retry: 'limited',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const SECRETS = { 'gov-app': 'app-secret-not-said', other: 'another-not-said' }
const KEY = { appKey: 'duoling-4pX9', secret: SECRETS['gov-app'] }
const PEOPLE = ['8844491', 'shen.wenshu', '8844493']
const GROUPS = ['禾墩镇安监中队', '青圩镇安监中队', '槐里街道安监中队']

const toPeople = (port: number, answerTimeoutMs = 1_500) => ({
  ...{ kind: 'government', baseUrl: `http://127.0.0.1:${port}`, answerTimeoutMs },
  ...{ appKey: KEY.appKey, secret: 'gov-app', tenantId: '196729', contents: 'summary' },
})
const toGroups = (port: number) => ({
  ...{ ...toPeople(port), addressing: 'group' },
  groups: GROUPS.map((group, index) => ({ group, organizations: [`GO_${index}`] })),
})

function counterpartOf(settings: (port: number) => unknown) {
  return async (fault: Fault): Promise<Counterpart> => {
    const simulator = await startGovernmentSimulator({ key: KEY })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settings(simulator.port),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

const overLimit: ConformanceKit['overLimit'] = (payload) => ({
  ...payload,
  fields: { ...payload.fields, text: ['x'.repeat(2_048)] },
})
const shared = { adapter: dingtalk, secrets: SECRETS, overLimit }

keepsContract({
  ...shared,
  addresses: PEOPLE,
  counterpart: counterpartOf(toPeople),
  wrongSettings: [
    {
      settings: { kind: 'government', appKey: 'a b', tenantId: 'x', baseUrl: 'http://x.test' },
      fields: ['appKey', 'secret', 'tenantId', 'baseUrl'],
    },
    { settings: { ...toPeople(1), secret: 'nowhere' }, fields: ['secret'] },
  ],
})

keepsContract({
  ...shared,
  addresses: GROUPS,
  counterpart: counterpartOf(toGroups),
  wrongSettings: [
    { settings: { ...toPeople(1), addressing: 'group' }, fields: ['groups'] },
    { settings: { ...toPeople(1), groups: [{ group: '一群' }] }, fields: ['groups.0'] },
  ],
})

const bench = officeBench(SECRETS)

async function simulator(now?: () => Date) {
  const started = await startGovernmentSimulator({ key: KEY, ...(now ? { now } : {}) })
  bench.endWith(() => started.stop())
  const open = (more: object = {}) =>
    bench.open(dingtalk, { ...toPeople(started.port, 10_000), ...more })
  return { simulator: started, open }
}

describe('the government’s edition', () => {
  it('is signed as another computes it, over the parameters as they are meant', () => {
    const parameters = { tenantId: '1', msg: '{"text":"通知 & 附件=1"}', bizMsgId: 'b' }
    const call = { method: 'POST', path: '/message/workNotification', parameters } as const
    const headers = signedHeaders(call, KEY, new Date('2026-07-01T01:07:00.25Z'), 'n1')
    const text =
      'POST\n2026-07-01T09:07:00.250+08:00\nn1\n/message/workNotification\n' +
      'bizMsgId=b&msg={"text":"通知 & 附件=1"}&tenantId=1'
    expect(headers).toEqual({
      ...{ apiKey: KEY.appKey, 'X-Hmac-Auth-Timestamp': '2026-07-01T09:07:00.250+08:00' },
      ...{ 'X-Hmac-Auth-Version': '1.0', 'X-Hmac-Auth-Nonce': 'n1' },
      'X-Hmac-Auth-Signature': createHmac('sha256', KEY.secret).update(text).digest('base64'),
    })
  })

  it('reaches all of a call together, and passes over what is no account', async () => {
    const { simulator: wire, open } = await simulator(() => new Date('2026-07-01T01:10:00Z'))
    const outcomes = await sendSample(open(), [...PEOPLE, '王,李'])
    expect(outcomes.map(({ kind }) => kind)).toEqual([...PEOPLE.map(() => 'accepted'), 'refused'])
    expect(wire.messages().map(({ to }) => to)).toEqual(PEOPLE)
    expect(new Set(wire.messages().map(({ bizMsgId }) => bizMsgId)).size).toBe(1)
  })

  it('the same recipients again are the same message to the platform, which takes it once', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open()
    wire.setFault('drop-after-body')
    expect(await sendSample(channel, PEOPLE, {}, { key: 'd1' })).toMatchObject(
      PEOPLE.map(() => ({ kind: 'unsure' })),
    )
    wire.setFault('none')
    const later = new Date('2026-07-01T01:08:00Z')
    const again = await sendSample(channel, PEOPLE, {}, { key: 'd1', at: later })
    expect(again).toMatchObject(PEOPLE.map(() => ({ kind: 'refused', scope: 'message' })))
    expect(wire.messages()).toHaveLength(PEOPLE.length)
  })

  it('a wrong key or a wrong clock stops the road before anything is sent', async () => {
    const { simulator: wire, open } = await simulator(() => new Date('2026-07-02T01:07:00Z'))
    for (const channel of [open(), open({ secret: 'other' })])
      expect(await sendSample(channel, PEOPLE)).toMatchObject(
        PEOPLE.map(() => ({ kind: 'refused', scope: 'account', code: 'OPF-B001-05-16-0009' })),
      )
    expect(wire.messages()).toEqual([])
    expect(await open({ secret: 'other' }).health()).toMatchObject({ state: 'down' })
  })

  it('is healthy when the platform knows the application', async () => {
    const { simulator: wire, open } = await simulator(() => new Date())
    expect(await open().health()).toMatchObject({ state: 'ok' })
    expect(wire.messages()).toEqual([])
  })

  it('believes no answer that is not clear', () => {
    const of = (body: unknown, status = 200) =>
      whyNotTaken({ kind: 'answer', status, headers: {}, body: Buffer.from(JSON.stringify(body)) })
    expect(of({ success: true })).toBeUndefined()
    expect(of({ success: true, content: { success: true, content: 'm' } })).toBeUndefined()
    for (const body of [
      {},
      [],
      { success: 'true' },
      { success: true, content: '{"success":false}' },
    ])
      expect(of(body)).toMatchObject({ kind: 'unsure' })
    const duplicate = { success: true, content: { success: false, responseCode: 'X-1' } }
    expect(of(duplicate)).toMatchObject({ kind: 'refused', scope: 'message', code: 'X-1' })
  })
})
