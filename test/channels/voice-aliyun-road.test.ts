/** Calls beyond the contract: one number a call, keys that confirm, how calls ended, and every code. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Heard } from '../../channels/channel.ts'
import { ALIYUN_VOICE } from '../../channels/voice-aliyun/codes.ts'
import { heardIn } from '../../channels/voice-aliyun/hearing.ts'
import { voiceAliyun } from '../../channels/voice-aliyun.ts'
import { startAliyunVoice } from '../../src/simulator/aliyun-voice.ts'
import { openCallbackHub } from './callback-hub.ts'
import {
  CALLBACK_SECRET,
  closeAfterEach,
  endWith,
  NUMBERS,
  openChannel,
  SAMPLE_TIME,
  SECRET,
  sendSample,
  TEMPLATES,
} from './cloud-messages-kit.ts'
import { SAMPLE_INPUT } from './sample.ts'

const never = new AbortController().signal

async function open(more: object = {}, said: string[] = []) {
  const key = { id: 'duoling', secret: SECRET }
  const simulator = await startAliyunVoice({ key, now: SAMPLE_TIME })
  endWith(() => simulator.stop())
  const settings = {
    endpoint: `http://127.0.0.1:${simulator.port}`,
    ...{ accessKeyId: 'duoling', accessKeySecret: 'aliyun-secret', templates: TEMPLATES },
    ...{ answerTimeoutMs: 10_000, ...more },
  }
  const channel = openChannel(voiceAliyun, settings, said)
  return { simulator, channel }
}

function states(heard: readonly Heard[]): string[] {
  return heard.map((one) => (one.kind === 'receipt' ? `${one.state} ${one.code}` : one.kind))
}

describe('who is called', () => {
  closeAfterEach()

  it('calls each number alone, with the words and our own name', async () => {
    const { simulator, channel } = await open({ showNumber: '0571-88880000', playTimes: 2 })
    const outcomes = await sendSample(channel)
    expect(simulator.calls().map(({ number }) => number)).toEqual(NUMBERS)
    expect(outcomes).toEqual(
      simulator.calls().map(({ callId }) => ({ kind: 'accepted', units: 1, reference: callId })),
    )
    const [call] = simulator.calls()
    expect(call?.parameters['title']).toBe(SAMPLE_INPUT.title)
    expect(call?.outId).toMatch(/^[0-9a-f]{15}$/)
  })

  it('says before anybody signs that a call cannot hold the whole text', async () => {
    const { channel } = await open()
    const blocks = [{ kind: 'paragraph' as const, text: '长'.repeat(240) }]
    const { payload } = channel.render({ ...SAMPLE_INPUT, blocks })
    const problems = channel.check(payload)
    expect(problems.map(({ field }) => field)).toEqual(['variables'])
    expect(problems[0]?.text).toContain('请删去')
  })

  it('is unsure of a call whose answer was lost, and has nobody to ask', async () => {
    const { simulator, channel } = await open()
    simulator.setFault('drop-after-body')
    const outcomes = await sendSample(channel)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
    expect(channel.reconcile).toBeUndefined()
    expect(channel.capabilities.idempotency).toBe('none')
  })

  it.each([
    ['account', { kind: 'refused', scope: 'account', code: 'Forbidden.RAM' }],
    ['balance', { kind: 'refused', scope: 'account', code: 'isv.AMOUNT_NOT_ENOUGH' }],
    ['refuse-message', { kind: 'refused', scope: 'message' }],
    ['unknown-code', { kind: 'refused', scope: 'message', code: 'isv.NEW_IN_2027' }],
    ['throttled', { kind: 'retry', limited: true }],
    ['system-error', { kind: 'unsure', code: 'isp.SYSTEM_ERROR' }],
    ['server-error', { kind: 'unsure', code: 'http-502' }],
    ['minute-limit', { kind: 'retry', notBeforeMs: 60_000 }],
    ['day-limit', { kind: 'refused', scope: 'recipient' }],
  ] as const)('%s', async (fault, expected) => {
    const said: string[] = []
    const { simulator, channel } = await open({}, said)
    simulator.setFault(fault)
    const [first, ...rest] = await sendSample(channel)
    expect(first).toMatchObject(expected)
    for (const outcome of rest) expect(['retry', first?.kind]).toContain(outcome.kind)
    const words = JSON.stringify([said, first, rest])
    for (const secret of [SECRET, ...NUMBERS]) expect(words).not.toContain(secret)
  })

  it('calls the others where one number was called too often', async () => {
    const { simulator, channel } = await open()
    simulator.setFault('minute-limit', (said) => said.get('CalledNumber') === NUMBERS[0])
    const kinds = (await sendSample(channel)).map(({ kind }) => kind)
    expect(kinds).toEqual(['retry', 'accepted', 'accepted'])
  })

  it('says of every code of the table what to do, in a person’s words', () => {
    for (const [code, { means, text }] of Object.entries(ALIYUN_VOICE.table)) {
      expect(code).toMatch(/^[\w.]+$/)
      expect(text.length).toBeGreaterThan(3)
      expect(['retry', 'limited', 'unsure', 'recipient', 'message', 'account']).toContain(means)
    }
  })

  it('shows whether the account may call', async () => {
    const { channel } = await open()
    expect(await channel.health()).toMatchObject({ state: 'ok' })
    const wrong = await open({ accessKeyId: 'somebody' })
    expect(await wrong.channel.health()).toMatchObject({ state: 'down' })
  })
})

describe('how calls ended', () => {
  closeAfterEach()

  async function openHub(more: object = {}) {
    const road = await open({ callbackSecret: 'callback', ...more })
    const hub = await openCallbackHub(road.channel, CALLBACK_SECRET)
    endWith(() => hub.stop())
    await sendSample(road.channel)
    const [first, second, third] = road.simulator.calls()
    if (!first || !second || !third) throw new Error('nobody was called')
    return { ...road, hub, first, second, third }
  }

  it('counts who listened to the end, and nobody else', async () => {
    const { simulator, hub, first, second, third } = await openHub()
    expect(await simulator.finish([first], '200000', hub.url)).toBe(200)
    await simulator.finish([second], '200001', hub.url)
    await simulator.finish([third], '200010', hub.url)
    expect(states(hub.heard)).toEqual(['delivered 200000', 'failed 200001', 'failed 200010'])
    expect(hub.heard[0]).toMatchObject({
      ...{ reference: first.callId, address: first.number },
      at: new Date('2026-07-01T01:07:39Z'),
    })
  })

  it('counts only who pressed the key, where a key confirms', async () => {
    const { simulator, hub, first, second, third } = await openHub({ confirmKey: '1' })
    expect(await simulator.press(first, '1', hub.url)).toBe(200)
    await simulator.press(second, '9', hub.url)
    await simulator.finish([first, second], '200000', hub.url)
    await simulator.finish([third], '200003', hub.url)
    expect(states(hub.heard)).toEqual(['delivered key-1', 'failed 200003'])
    expect(hub.heard[0]).toMatchObject({ reference: first.callId })
  })

  it('passes over what tells of the way there', () => {
    const mid = { call_id: 'a', status_code: '200102', status_time: '2026-07-01 09:07:20' }
    expect(heardIn([mid, { ...mid, status_code: '300000', dtmf: '1' }], undefined)).toEqual([])
  })

  it('asks how calls ended where nothing is pushed', async () => {
    const { simulator, channel } = await open()
    expect(channel.capabilities.receipts).toBe('poll')
    await sendSample(channel)
    const pending = simulator.calls().map(({ callId, number }) => ({
      ...{ reference: callId, address: number, title: '', act: 'publish' as const },
      sentAt: SAMPLE_TIME(),
    }))
    expect(await channel.poll?.(pending, never)).toEqual([])
    await simulator.finish(simulator.calls().slice(0, 1), '200000')
    await simulator.finish(simulator.calls().slice(1, 2), '502')
    const heard = (await channel.poll?.(pending, never)) ?? []
    expect(states(heard)).toEqual(['delivered 200000', 'failed 502'])
  })

  it('believes no forged report', async () => {
    const { simulator, channel, first } = await openHub()
    const forged = await openCallbackHub(channel, 'guessed')
    endWith(() => forged.stop())
    expect(await simulator.finish([first], '200000', forged.url)).toBe(0)
    expect(forged.heard).toEqual([])
  })

  it('reads whatever a callback holds without a fault', { timeout: 60_000 }, () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null), fc.object())
    const keys = ['call_id', 'status_code', 'status_time', 'dtmf', 'callee', 'end_time']
    const record = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 })
    const tree = fc.oneof(fc.array(fc.oneof(record, value), { maxLength: 3 }), record, value)
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, '1'), (given, key) => {
        for (const one of heardIn(given, key)) expect(one.kind).toBe('receipt')
      }),
      { numRuns: 40_000 },
    )
  })
})
