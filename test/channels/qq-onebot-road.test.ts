/** QQ 群 over OneBot 11: what is certain and what is in doubt, an account that is logged out, one connection that
 *  comes back, events that are left alone, recall, and frames no client would send. */
import { createServer } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import type { Toolbox } from '../../channels/channel.ts'
import { outcomeOfRecord, whyNotStanding } from '../../channels/qq-onebot/answer.ts'
import { recordIn } from '../../channels/qq-onebot/over-socket.ts'
import { qqOnebot } from '../../channels/qq-onebot.ts'
import {
  type OnebotFault,
  type OnebotOptions,
  startOnebotSimulator,
} from '../../src/simulator/onebot.ts'
import { officeBench, sendSample } from './office-bench.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch, toRecall } from './sample.ts'

const SECRETS = { 'qq-token': 'onebot-token', 'bad-token': 'line\nbreak' }
const bench = officeBench(SECRETS)
const GROUPS = ['危化品企业QQ群', '700000002']
const IDS = [700_000_001, 700_000_002]
const SCHEMES = ['http', 'ws'] as const
const signal = new AbortController().signal

async function simulator(options: OnebotOptions = {}) {
  const started = await startOnebotSimulator({ accessToken: SECRETS['qq-token'], ...options })
  bench.endWith(() => started.stop())
  const open = (scheme: (typeof SCHEMES)[number], more: object = {}) =>
    bench.open(qqOnebot, {
      ...{ url: `${scheme}://127.0.0.1:${started.port}`, accessToken: 'qq-token' },
      ...{ answerTimeoutMs: 10_000, groups: [{ group: GROUPS[0], id: String(IDS[0]) }] },
      ...more,
    })
  return { simulator: started, open }
}

describe.each(SCHEMES)('over %s', (scheme) => {
  it('reaches groups by number or by the name the settings know, and gives the id of each', async () => {
    const { simulator: wire, open } = await simulator()
    const outcomes = await sendSample(open(scheme), [...GROUPS, '没有群号的群'])
    expect(outcomes).toMatchObject([
      { kind: 'accepted', reference: '-1000000' },
      { kind: 'accepted', reference: '-1000001' },
      { kind: 'refused', scope: 'recipient', code: 'group-unknown' },
    ])
    expect(wire.messages().map(({ group }) => group)).toEqual(IDS)
  })

  it('taken without an end, or a client that waited in vain: nobody says it was sent', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open(scheme)
    for (const fault of ['async', 'timed-out', 'server-error'] as const) {
      wire.setFault(fault)
      const outcomes = await sendSample(channel, GROUPS)
      expect(outcomes.map(({ kind }) => kind)).toEqual(['unsure', 'unsure'])
    }
  })

  it('an account that is logged out, or not well, sends nothing and stops the road', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open(scheme)
    for (const [fault, code] of [
      ['logged-out', 'logged-out'],
      ['not-good', 'not-good'],
    ] as const) {
      wire.setFault(fault)
      const [first, second] = await sendSample(channel, GROUPS)
      expect(first).toMatchObject({ kind: 'refused', scope: 'account', code })
      expect(second).toMatchObject({ kind: 'retry', code })
      expect(await channel.health()).toMatchObject({ state: 'down' })
    }
    wire.setFault('at-risk')
    expect(await sendSample(channel, GROUPS)).toMatchObject([
      { kind: 'refused', scope: 'account', code: '100' },
      { kind: 'retry', code: '100' },
    ])
    expect(wire.messages()).toEqual([])
    wire.setFault('none')
    expect(await channel.health()).toEqual({ state: 'ok', detail: 'QQ 账号已登录' })
  })

  it('a group the account is not in is refused alone; an unknown code is never tried again', async () => {
    const { simulator: wire, open } = await simulator({ groups: IDS.slice(1) })
    const outcomes = await sendSample(open(scheme), GROUPS)
    expect(outcomes).toMatchObject([
      { kind: 'refused', scope: 'recipient', code: '1200' },
      { kind: 'accepted' },
    ])
    wire.setFault('unknown-code')
    const [unknown] = await sendSample(open(scheme), GROUPS.slice(1))
    expect(unknown).toMatchObject({ kind: 'refused', scope: 'message', code: '8888' })
  })

  it('a bulletin is text: codes of the client in it stay words', async () => {
    const { simulator: wire, open } = await simulator()
    const blocks = [{ kind: 'paragraph' as const, text: '[CQ:at,qq=all] &amp;' }]
    await sendSample(open(scheme), GROUPS.slice(1), { blocks })
    expect(wire.messages()[0]?.text).toContain('[CQ:at,qq=all] &amp;')
  })

  it('recalls the one message it knows and says why', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open(scheme)
    const [taken] = await sendSample(channel, GROUPS.slice(1))
    const reference = taken?.kind === 'accepted' ? (taken.reference ?? '') : ''
    const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
    const fields = filledFields(payload)
    const batch = toRecall(sampleBatch(fields, GROUPS.slice(1), { act: 'withdraw' }), [reference])
    expect(await channel.retract?.(batch, signal)).toMatchObject([
      { kind: 'accepted', code: 'recalled' },
    ])
    expect(wire.recalled()).toEqual([Number(reference)])
    expect(wire.messages().at(-1)?.text).toContain('原因：编号有误')
  })

  it('a wrong token sends nothing, and no token is ever said', async () => {
    const { simulator: wire, open } = await simulator({ accessToken: 'another' })
    const channel = open(scheme)
    const outcomes = await sendSample(channel, GROUPS)
    for (const { kind } of outcomes) expect(['refused', 'retry']).toContain(kind)
    expect(wire.messages()).toEqual([])
    const text = JSON.stringify([outcomes, await channel.health(), bench.said])
    for (const secret of [SECRETS['qq-token'], ...GROUPS]) expect(text).not.toContain(secret)
  })

  it('a token no header can hold sends nothing and throws nothing', async () => {
    const { simulator: wire, open } = await simulator()
    const outcomes = await sendSample(open(scheme, { accessToken: 'bad-token' }), GROUPS)
    for (const { kind } of outcomes) expect(['refused', 'retry']).toContain(kind)
    expect(wire.messages()).toEqual([])
  })

  it('speaks at the pace of a person unless the settings say otherwise', async () => {
    const { open } = await simulator()
    const paced = [{ scope: 'account', window: 4_000, max: 1, unit: 'call' }]
    expect(open(scheme).capabilities).toMatchObject({ concurrencyMax: 1, rates: { limits: paced } })
    const rates = { limits: [{ scope: 'account', window: 'day', max: 200, unit: 'message' }] }
    expect(open(scheme, { rates }).capabilities.rates).toEqual(rates)
  })
})

describe('the connection', () => {
  it('is one for all, and comes back after it was lost', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open('ws')
    await Promise.all([sendSample(channel, GROUPS), sendSample(channel, GROUPS)])
    expect(wire.connections()).toBe(1)
    wire.setFault('drop-after-body')
    expect(await sendSample(channel, GROUPS.slice(1))).toMatchObject([{ kind: 'unsure' }])
    wire.setFault('none')
    expect(await sendSample(channel, GROUPS.slice(1))).toMatchObject([{ kind: 'accepted' }])
  })

  it('that went silent is given up, and the next call opens another', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open('ws', { answerTimeoutMs: 1_500 })
    wire.setFault('stall')
    expect(await sendSample(channel, GROUPS.slice(1))).toMatchObject([{ kind: 'unsure' }])
    while (wire.connections() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    wire.setFault('none')
    expect(await sendSample(channel, GROUPS.slice(1))).toMatchObject([{ kind: 'accepted' }])
    expect(wire.connections()).toBe(1)
  })

  it('leaves events of the groups alone, also while it waits', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open('ws')
    await sendSample(channel, GROUPS.slice(1))
    for (let event = 0; event < 50; event++) wire.speak(IDS[1] ?? 0, '{"echo":"3"}')
    expect(await sendSample(channel, GROUPS.slice(1))).toMatchObject([{ kind: 'accepted' }])
  })

  it('closed while an answer is open: in doubt, and nothing hangs', async () => {
    const { simulator: wire, open } = await simulator()
    const channel = open('ws', { answerTimeoutMs: 30_000 })
    wire.setFault('stall')
    const sent = sendSample(channel, GROUPS.slice(1))
    while (wire.messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await channel.close()
    expect(await sent).toMatchObject([{ kind: 'unsure' }])
  })

  it('is opened to no host this installation may not reach', async () => {
    const { simulator: wire } = await simulator()
    const asked: string[] = []
    const nothing = () => Promise.reject(new Error('not for these channels'))
    const tools: Toolbox = {
      secret: () => '',
      pages: { put: nothing, tombstone: nothing, look: nothing },
      blobs: { read: nothing },
      http: nothing,
      log: () => undefined,
      mayReach(host) {
        asked.push(host)
        return false
      },
    }
    const channel = qqOnebot.create({ url: `ws://127.0.0.1:${wire.port}` }, tools)
    expect(await sendSample(channel, GROUPS.slice(1))).toMatchObject([{ kind: 'retry' }])
    expect(asked).toEqual(['127.0.0.1'])
    expect(wire.connections()).toBe(0)
    await channel.close()
  })

  it('a client that answers with frames nobody understands is in doubt, never believed', async () => {
    const server = createServer()
    const sockets = new WebSocketServer({ server })
    const frames = [
      '[]',
      'null',
      '{"echo":{"toString":false}}',
      '{"echo":"2","retcode":"0x0"}',
      '1',
      '"2"',
    ]
    sockets.on('connection', (socket) => {
      socket.on('message', (data) => {
        const { action, echo } = JSON.parse(String(data))
        const status = { status: 'ok', retcode: 0, data: { online: true, good: true }, echo }
        if (action === 'get_status') socket.send(JSON.stringify(status))
        else for (const frame of frames) socket.send(frame)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    bench.endWith(async () => {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    })
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const channel = bench.open(qqOnebot, { url: `ws://127.0.0.1:${port}`, answerTimeoutMs: 1_500 })
    const outcomes = await sendSample(channel, GROUPS.slice(1))
    expect(outcomes).toMatchObject([{ kind: 'unsure', code: 'unreadable-answer' }])
  })
})

describe('frames no client would send', () => {
  const RUNS = 60_000
  const mayBeWrong = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('0', 0, 1, '1', 1200, 100, 'ok', 'async', 'failed', null),
  )
  const record = fc.record(
    { status: mayBeWrong, retcode: mayBeWrong, data: mayBeWrong, message: mayBeWrong },
    { requiredKeys: [] },
  )

  it('no answer but a clear one counts as sent, and none is thrown at', () => {
    fc.assert(
      fc.property(record, (given) => {
        const { kind } = outcomeOfRecord(given)
        const { retcode, status } = given
        const clear = (retcode === 0 || retcode === '0') && (status ?? 'ok') === 'ok'
        if (kind === 'accepted') expect(clear).toBe(true)
        const { online, good } = Object(given.data) as { online?: unknown; good?: unknown }
        if (whyNotStanding({ kind: 'said', record: given }) === undefined)
          expect([online, good]).toEqual([true, true])
      }),
      { numRuns: RUNS },
    )
  })

  it('a frame is an object or nothing', () => {
    const frame = fc.oneof(fc.string(), fc.json({ maxDepth: 2 }), fc.constant('{"a":'))
    fc.assert(
      fc.property(frame, (text) => {
        const found = recordIn(text)
        if (found !== undefined) expect(Array.isArray(found)).toBe(false)
      }),
      { numRuns: RUNS },
    )
    for (const other of [undefined, null, 7, new ArrayBuffer(2), `"${'x'.repeat(2_000_000)}"`])
      expect(recordIn(other)).toBeUndefined()
  })
})

it('knows every fault of the simulator by name', async () => {
  const { simulator: wire, open } = await simulator()
  const channel = open('http', { answerTimeoutMs: 1_500 })
  const kinds = new Map<OnebotFault, string>()
  for (const fault of ['none', 'refuse', 'busy', 'async', 'stall', 'garbage'] as const) {
    wire.setFault(fault)
    const [outcome] = await sendSample(channel, GROUPS.slice(1))
    kinds.set(fault, outcome?.kind ?? '')
  }
  expect(Object.fromEntries(kinds)).toEqual({
    ...{ none: 'accepted', refuse: 'refused', busy: 'refused' },
    ...{ async: 'unsure', stall: 'unsure', garbage: 'unsure' },
  })
})
