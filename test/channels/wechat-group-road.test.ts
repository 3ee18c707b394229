/** 微信群 over the bridge: what the adapter makes of each answer, its keys, looking back after a lost answer,
 *  recall, pace, and that neither the secret nor a room is ever said. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HttpAnswer } from '../../channels/channel.ts'
import { healthOf, outcomeOfLook, outcomeOfSend } from '../../channels/wechat-group/answer.ts'
import { wechatGroup } from '../../channels/wechat-group.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { officeBench, sendSample } from './office-bench.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch, toRecall } from './sample.ts'
import { type BridgeChoice, SECRET, startWechatBridge } from './wechat-group-kit.ts'

const SECRETS = { 'wechat-bridge': SECRET, other: 'another-secret-not-said', bad: 'line\nbreak' }
const bench = officeBench(SECRETS)
const ROOMS = [
  { id: '17000000001@chatroom', topic: '危化品企业微信群' },
  { id: '17000000002@chatroom', topic: '安监干部群' },
  { id: '17000000003@chatroom', topic: '安监干部群' },
]
const [FIRST = '', TWICE = ''] = ROOMS.map(({ topic }) => topic)
const here = () => new AbortController().signal

async function live(choice: Partial<BridgeChoice> = {}) {
  const bridge = await startWechatBridge({ rooms: ROOMS, ...choice })
  bench.endWith(() => bridge.stop())
  const open = (more: object = {}) =>
    bench.open(wechatGroup, {
      ...{ url: bridge.url, secret: 'wechat-bridge', answerTimeoutMs: 20_000 },
      ...more,
    })
  return { ...bridge, open }
}

it('reaches a room by its topic or its id; two rooms of one name are told apart by id only', async () => {
  const { rooms, open } = await live()
  const addresses = [FIRST, TWICE, '17000000003@chatroom', '没有的群']
  expect(await sendSample(open(), addresses)).toMatchObject([
    { kind: 'accepted', reference: 'message-1' },
    { kind: 'refused', scope: 'recipient', code: 'topic-ambiguous' },
    { kind: 'accepted', reference: 'message-2' },
    { kind: 'refused', scope: 'recipient', code: 'room-unknown' },
  ])
  expect(rooms.messages().map(({ roomId }) => roomId)).toEqual([ROOMS[0]?.id, ROOMS[2]?.id])
  expect(rooms.messages()[0]?.text).toContain(SAMPLE_INPUT.title)
})

it('a room that was renamed gets nothing where the settings name both its id and its topic', async () => {
  const { rooms, open } = await live()
  const groups = [{ group: '一组', id: '17000000001@chatroom', topic: FIRST }]
  expect(await sendSample(open({ groups }), ['一组'])).toMatchObject([{ kind: 'accepted' }])
  rooms.setRooms([{ id: '17000000001@chatroom', topic: '周末钓鱼' }])
  expect(await sendSample(open({ groups }), ['一组'])).toMatchObject([
    { kind: 'refused', scope: 'recipient', code: 'topic-changed' },
  ])
  expect(rooms.messages()).toHaveLength(1)
})

it('logged out: nothing leaves, the road stops, and health says why', async () => {
  const { rooms, open } = await live()
  const channel = open()
  for (const fault of ['logged-out', 'scan'] as const) {
    rooms.setFault(fault)
    const [first, second] = await sendSample(channel, [FIRST, '17000000003@chatroom'])
    expect(first).toMatchObject({ kind: 'refused', scope: 'account', code: 'logged-out' })
    expect(second).toMatchObject({ kind: 'retry', code: 'logged-out' })
    expect(await channel.health()).toMatchObject({ state: 'down' })
  }
  rooms.setFault('unreachable')
  expect(await channel.health()).toMatchObject({ state: 'down' })
  expect(rooms.messages()).toEqual([])
  rooms.setFault('none')
  const health = await channel.health()
  expect(health.state).toBe('ok')
  for (const word of ['值班微信', '2026-07-01', '3 个群']) expect(health.detail).toContain(word)
})

it('a lost answer is looked up: sent is a fact, and nothing is sent again', async () => {
  const { rooms, setWire, open } = await live()
  const channel = open()
  const { payload } = channel.render(SAMPLE_INPUT)
  const batch = sampleBatch(filledFields(payload), [FIRST])
  setWire('drop-after-body')
  expect(await channel.send(batch, here())).toMatchObject([{ kind: 'unsure' }])
  setWire('none')
  const found = await channel.reconcile?.(batch, here())
  expect(found).toMatchObject([{ kind: 'accepted', reference: 'message-1' }])
  expect(await channel.send(batch, here())).toMatchObject([{ kind: 'accepted' }])
  expect(rooms.messages()).toHaveLength(1)
  // Another attempt, which a person decided or which certainly was not sent, is another message.
  await channel.send({ ...batch, key: `${batch.key}.again` }, here())
  expect(rooms.messages()).toHaveLength(2)
})

it('what the bridge does not know stays in doubt', async () => {
  const { rooms, open } = await live()
  const channel = open()
  const batch = sampleBatch(filledFields(channel.render(SAMPLE_INPUT).payload), [FIRST])
  expect(await channel.reconcile?.(batch, here())).toMatchObject([{ kind: 'unsure' }])
  rooms.setFault('fails-late')
  expect(await channel.send(batch, here())).toMatchObject([
    { kind: 'unsure', code: 'puppet-failed' },
  ])
  expect(await channel.reconcile?.(batch, here())).toMatchObject([{ kind: 'unsure' }])
})

it('whoever gives up while the bridge waits for its turn has sent nothing', async () => {
  const asking = new AbortController()
  const waits = Promise.withResolvers<void>()
  const pause = (_: number, signal: AbortSignal) => {
    waits.resolve()
    return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  const { rooms, open } = await live({ gapMs: 60_000, rhythm: { pause } })
  const channel = open()
  await sendSample(channel, [FIRST])
  const batch = sampleBatch(filledFields(channel.render(SAMPLE_INPUT).payload), [FIRST])
  const sending = channel.send(batch, asking.signal)
  await waits.promise
  asking.abort()
  // The adapter cannot know; the bridge does, and the room got one message.
  expect(await sending).toMatchObject([{ kind: 'unsure' }])
  expect(rooms.messages()).toHaveLength(1)
})

it('recalls the one message it knows and says why', async () => {
  const { rooms, open } = await live()
  const channel = open()
  await sendSample(channel, [FIRST])
  const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
  const batch = sampleBatch(filledFields(payload), [FIRST], { act: 'withdraw' })
  const withdraw = (recall: readonly string[]) =>
    channel.retract?.(toRecall({ ...batch, key: `${batch.key}.${recall}` }, recall), here())
  const recalled = { kind: 'accepted', code: 'recalled' }
  expect(await withdraw(['message-1'])).toMatchObject([recalled])
  expect(rooms.recalled()).toEqual(['message-1'])
  expect(await withdraw(['message-9'])).toMatchObject([{ ...recalled, code: 'recall-refused' }])
  expect(rooms.messages().at(-1)?.text).toContain('原因：编号有误')
})

it('a wrong secret sends nothing, and neither a secret nor a room is said', async () => {
  const { rooms, open } = await live()
  for (const secret of ['other', 'bad']) {
    const channel = open({ secret })
    const outcomes = await sendSample(channel, [FIRST])
    expect(outcomes).toMatchObject([{ kind: 'refused', scope: 'account' }])
    const health = await channel.health()
    expect(health.state).toBe('down')
    const text = JSON.stringify([outcomes, health, bench.said])
    for (const word of ['not-said', FIRST]) expect(text).not.toContain(word)
  }
  expect(rooms.messages()).toEqual([])
})

it('speaks at the pace of a person unless the settings say otherwise', async () => {
  const { open } = await live()
  const paced = [{ scope: 'account', window: 4_000, max: 1, unit: 'call' }]
  expect(open().capabilities).toMatchObject({ concurrencyMax: 1, rates: { limits: paced } })
  const rates = { limits: [{ scope: 'account', window: 'day', max: 200, unit: 'message' }] }
  expect(open({ rates }).capabilities.rates).toEqual(rates)
})

it('answers no bridge would give: nothing but a clear one counts as sent, or as not sent', () => {
  const mayBeWrong = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom('sent', 'not-sent', 'unsure', 'logged-out', 'unreachable', 'constructor'),
  )
  const record = fc.record(
    { outcome: mayBeWrong, code: mayBeWrong, id: mayBeWrong, state: mayBeWrong, name: mayBeWrong },
    { requiredKeys: [] },
  )
  const text = fc.oneof(
    record.map((one) => JSON.stringify(one)),
    fc.json({ maxDepth: 1 }),
    fc.string(),
  )
  fc.assert(
    fc.property(text, fc.constantFrom(200, 204, 302, 400, 401, 500), (body, status) => {
      const bytes = new TextEncoder().encode(body)
      const answer: HttpAnswer = { kind: 'answer', status, headers: {}, body: bytes }
      const { kind }: Outcome = outcomeOfSend(answer)
      if (kind === 'accepted') expect([status, JSON.parse(body).outcome]).toEqual([200, 'sent'])
      if (kind === 'retry') expect(JSON.parse(body).outcome).toBe('not-sent')
      expect(['accepted', 'unsure']).toContain(outcomeOfLook(answer).kind)
      const { state } = healthOf(answer)
      if (state === 'ok') expect([status, JSON.parse(body).state]).toEqual([200, 'logged-in'])
    }),
    { numRuns: 20_000 },
  )
})
