/** The mouth of the bridge: what is certainly not sent, what is in doubt, the same key once, the pace, and rooms
 *  that cannot be told apart. */
import { describe, expect, it } from 'vitest'
import { openWechatRooms } from '../../src/simulator/wechat-rooms.ts'
import {
  findRoom,
  openSender,
  type Rhythm,
  type SendRequest,
  WAITING_MAX,
} from '../../src/wechaty/sender.ts'

const ROOMS = [
  { id: '1@chatroom', topic: '危化品企业群' },
  { id: '2@chatroom', topic: '安监干部群' },
  { id: '3@chatroom', topic: '安监干部群' },
]
const here = () => new AbortController().signal

function open({
  rhythm = {},
  ...pace
}: {
  rhythm?: Partial<Rhythm>
  gapMs?: number
  jitterMs?: number
  sendTimeoutMs?: number
  lookupTimeoutMs?: number
} = {}) {
  const rooms = openWechatRooms(ROOMS)
  const pauses: number[] = []
  const sender = openSender(
    rooms,
    { gapMs: 0, jitterMs: 0, sendTimeoutMs: 20_000, lookupTimeoutMs: 20_000, ...pace },
    {
      now: () => 1_000,
      chance: () => 0.5,
      async pause(ms) {
        pauses.push(ms)
      },
      ...rhythm,
    },
  )
  return { rooms, sender, pauses }
}

function message(key: string, more: Partial<SendRequest> = {}): SendRequest {
  return { key, room: { topic: '危化品企业群' }, text: `内容 ${key}`, ...more }
}

describe('certainly not sent', () => {
  it.each([
    ['logged-out', 'logged-out'],
    ['scan', 'logged-out'],
    ['unreachable', 'unreachable'],
  ] as const)('%s', async (fault, code) => {
    const { rooms, sender } = open()
    rooms.setFault(fault)
    expect(await sender.send(message('a'), here())).toEqual({ outcome: 'not-sent', code })
    expect(rooms.messages()).toEqual([])
    // Nothing was sent under the key, so it may be tried again.
    rooms.setFault('none')
    expect(await sender.send(message('a'), here())).toMatchObject({ outcome: 'sent' })
    expect(rooms.messages()).toHaveLength(1)
  })

  it('nobody answers the question for the rooms', async () => {
    const { rooms, sender } = open({ lookupTimeoutMs: 30 })
    rooms.setFault('hang')
    const sent = await sender.send(message('a'), here())
    expect(sent).toEqual({ outcome: 'not-sent', code: 'unreachable' })
  })

  it('logged out while it waited for the pace', async () => {
    const { rooms, sender } = open({
      gapMs: 4_000,
      rhythm: { pause: async () => rooms.setFault('logged-out') },
    })
    await sender.send(message('a'), here())
    const sent = await sender.send(message('b'), here())
    expect(sent).toEqual({ outcome: 'not-sent', code: 'logged-out' })
    expect(rooms.messages()).toHaveLength(1)
  })

  it('whoever asked is gone before the turn, or while it waits', async () => {
    const { rooms, sender } = open()
    const gone = { outcome: 'not-sent', code: 'gone' }
    expect(await sender.send(message('a'), AbortSignal.abort())).toEqual(gone)
    const asking = new AbortController()
    const slow = open({ gapMs: 4_000, rhythm: { pause: async () => asking.abort() } })
    await slow.sender.send(message('a'), here())
    expect(await slow.sender.send(message('b'), asking.signal)).toEqual(gone)
    expect([...rooms.messages(), ...slow.rooms.messages()]).toHaveLength(1)
  })

  it('the bridge is being stopped', async () => {
    const { rooms, sender } = open()
    await sender.stop()
    const sent = await sender.send(message('a'), here())
    expect(sent).toEqual({ outcome: 'not-sent', code: 'gone' })
    expect(rooms.messages()).toEqual([])
  })

  it('too many wait already', async () => {
    const { rooms, sender } = open()
    rooms.setFault('stall')
    const first = Array.from({ length: WAITING_MAX }, (_, index) =>
      sender.send(message(`key ${index}`), here()),
    )
    const sent = await sender.send(message('one more'), here())
    expect(sent).toEqual({ outcome: 'not-sent', code: 'busy' })
    rooms.setFault('none')
    while (rooms.messages().length === 0) await new Promise((resolve) => setImmediate(resolve))
    rooms.answerLate()
    expect(await Promise.all(first)).toHaveLength(WAITING_MAX)
    expect(rooms.messages()).toHaveLength(WAITING_MAX)
  })
})

describe('in doubt', () => {
  it.each(['fails', 'fails-late'] as const)('%s: nobody can tell the two apart', async (fault) => {
    const { rooms, sender } = open()
    rooms.setFault(fault)
    const doubt = { outcome: 'unsure', code: 'puppet-failed' }
    expect(await sender.send(message('a'), here())).toEqual(doubt)
    // Under the same key nothing leaves again, whatever the puppet says now.
    const before = rooms.messages().length
    rooms.setFault('none')
    expect(await sender.send(message('a'), here())).toEqual(doubt)
    expect(rooms.messages()).toHaveLength(before)
  })

  it('an answer that comes too late is remembered all the same', async () => {
    const { rooms, sender } = open({ sendTimeoutMs: 30 })
    rooms.setFault('stall')
    const doubt = { outcome: 'unsure', code: 'puppet-timeout' }
    expect(await sender.send(message('a'), here())).toEqual(doubt)
    expect(sender.outcomeOf('a')).toEqual(doubt)
    rooms.setFault('none')
    rooms.answerLate()
    while (sender.outcomeOf('a')?.outcome !== 'sent')
      await new Promise((resolve) => setImmediate(resolve))
    expect(await sender.send(message('a'), here())).toMatchObject({ outcome: 'sent' })
    expect(rooms.messages()).toHaveLength(1)
  })

  it('while it is under way', async () => {
    const { rooms, sender } = open()
    rooms.setFault('stall')
    expect(sender.outcomeOf('a')).toBeUndefined()
    const sending = sender.send(message('a'), here())
    expect(sender.outcomeOf('a')).toEqual({ outcome: 'unsure', code: 'under-way' })
    while (rooms.messages().length === 0) await new Promise((resolve) => setImmediate(resolve))
    rooms.answerLate()
    expect(await sending).toMatchObject({ outcome: 'sent' })
  })
})

describe('the same key', () => {
  it('asked at once or again is one message with one answer', async () => {
    const { rooms, sender } = open()
    const both = await Promise.all([
      sender.send(message('a'), here()),
      sender.send(message('a'), here()),
    ])
    const again = await sender.send(message('a'), here())
    expect([...both, again]).toEqual(Array(3).fill({ outcome: 'sent', id: 'message-1' }))
    expect(rooms.messages()).toHaveLength(1)
  })

  it('with other words, or to another room, is refused', async () => {
    const { rooms, sender } = open()
    await sender.send(message('a'), here())
    for (const more of [{ text: '别的' }, { room: { id: '2@chatroom' } }])
      expect(await sender.send(message('a', more), here())).toEqual({
        outcome: 'not-sent',
        code: 'key-reused',
      })
    expect(rooms.messages()).toHaveLength(1)
  })
})

it('keeps the gap and a little more by chance, from the second message on', async () => {
  const { sender, pauses } = open({ gapMs: 4_000, jitterMs: 2_000 })
  for (const key of ['a', 'b', 'c']) await sender.send(message(key), here())
  expect(pauses).toEqual([5_000, 5_000])
  const rested = open({ gapMs: 4_000, rhythm: { now: () => (clock += 10_000) } })
  let clock = 0
  for (const key of ['a', 'b']) await rested.sender.send(message(key), here())
  expect(rested.pauses).toEqual([])
})

it('what was never handed over costs no gap', async () => {
  const { rooms, sender, pauses } = open({ gapMs: 4_000 })
  rooms.setFault('unreachable')
  await sender.send(message('a'), here())
  rooms.setFault('none')
  await sender.send(message('b'), here())
  expect(pauses).toEqual([])
})

it('speaks in the order in which it was asked, one at a time', async () => {
  const { rooms, sender } = open()
  const keys = ['a', 'b', 'c', 'd']
  await Promise.all(keys.map((key) => sender.send(message(key), here())))
  expect(rooms.messages().map(({ text }) => text)).toEqual(keys.map((key) => `内容 ${key}`))
})

it.each([
  [{ id: '2@chatroom' }, { id: '2@chatroom' }],
  [{ id: '2@chatroom', topic: '安监干部群' }, { id: '2@chatroom' }],
  [{ topic: '危化品企业群' }, { id: '1@chatroom' }],
  [{ topic: '安监干部群' }, { fault: 'topic-ambiguous' }],
  [{ id: '1@chatroom', topic: '安监干部群' }, { fault: 'topic-changed' }],
  [{ id: '9@chatroom', topic: '危化品企业群' }, { fault: 'room-unknown' }],
  [{ topic: '危化品企业' }, { fault: 'room-unknown' }],
  [{ topic: '.*' }, { fault: 'room-unknown' }],
  [{}, { fault: 'room-unknown' }],
])('a room by %j', (key, found) => {
  expect(findRoom(ROOMS, key)).toMatchObject(found)
})

it('a room whose name has the wide brackets the contact list made narrow', () => {
  const wide = { id: '7@chatroom', topic: '危化品企业群（７） ' }
  expect(findRoom([...ROOMS, wide], { topic: '危化品企业群(7)' })).toMatchObject({ id: wide.id })
  expect(
    findRoom([wide, { ...wide, id: '8@chatroom', topic: '危化品企业群(7)' }], {
      topic: wide.topic,
    }),
  ).toEqual({
    fault: 'topic-ambiguous',
  })
})
