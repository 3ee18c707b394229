/** Both carrier lines against their simulators: long messages, receipts kept before they are acknowledged,
 *  replies, the window, and what is certain at each fault. */
import { afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/kit/hash.ts'
import type { CarrierSimulator } from '../../src/simulator/carrier.ts'
import type { CarrierOptions } from '../../src/simulator/carrier-world.ts'
import { LINES, type LineKind, type Opened, openChannel, sendTo, until } from './sms-carrier-kit.ts'

const PHONE = '13800138001'
const SHORT = '【桐乡应急】请注意防范'
const LONG = `【桐乡应急】${'防'.repeat(60)}🔔${'汛'.repeat(70)}`
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function open(
  line: LineKind,
  settings: Readonly<Record<string, unknown>> = {},
  options: CarrierOptions = {},
): Promise<Opened & { readonly simulator: CarrierSimulator }> {
  const simulator = await line.start(options)
  const opened = openChannel(line.adapter, { ...line.settings(simulator.port), ...settings })
  stops.push(simulator.stop, () => opened.channel.close())
  return Object.assign(opened, { simulator })
}

describe.each(LINES)('$name', (line) => {
  it('carries a long text in parts, billed as such, and names it by its last part', async () => {
    const opened = await open(line)
    const { outcomes } = await sendTo(opened, [PHONE, '13800138002'], LONG)
    expect(outcomes).toMatchObject([
      { kind: 'accepted', units: 3 },
      { kind: 'accepted', units: 3 },
    ])
    const { simulator } = opened
    expect(simulator.messages().map(({ text, parts }) => ({ text, parts }))).toEqual([
      { text: LONG, parts: 3 },
      { text: LONG, parts: 3 },
    ])
    expect(simulator.parts().map((part) => part.wantsReceipt)).toEqual(
      simulator.parts().map((part) => part.place === 3),
    )
    expect(await simulator.finish('delivered')).toEqual([0, 0])
    const references = outcomes.map((one) => (one.kind === 'accepted' ? one.reference : ''))
    expect(opened.heard.map((one) => one.reference).sort()).toEqual(references.sort())
    expect(opened.heard[0]).toMatchObject({ kind: 'receipt', state: 'delivered' })
    expect(opened.heard[0]?.at).toEqual(new Date('2026-07-01T01:08:00Z'))
  })

  it('hears a failure with its code, twice when it is said twice, and a reply', async () => {
    const opened = await open(line)
    await sendTo(opened, [PHONE], SHORT)
    expect(await opened.simulator.finish('failed', 2)).toEqual([0, 0])
    expect(opened.heard).toMatchObject([
      { kind: 'receipt', state: 'failed', code: expect.stringMatching(/^(UNDELIV:017|MK:0001)$/) },
      { kind: 'receipt', state: 'failed' },
    ])
    expect(await opened.simulator.reply(PHONE, '收到，已转告')).toBe(0)
    expect(opened.heard.at(-1)).toMatchObject({ kind: 'reply', from: PHONE, text: '收到，已转告' })
    expect(await opened.simulator.reply(PHONE, 'TD')).toBe(0)
    expect(opened.heard.at(-1)).toMatchObject({ kind: 'reply', text: 'TD' })
  })

  it('acknowledges nothing that could not be kept', async () => {
    const opened = await open(line)
    await sendTo(opened, [PHONE], SHORT)
    opened.unkept = true
    const [status] = await opened.simulator.finish('delivered')
    expect([0x64, -1]).toContain(status)
    expect(opened.heard).toEqual([])
  })

  it('acknowledges nothing while nobody listens', async () => {
    const simulator = await line.start()
    const deaf = openChannel(line.adapter, line.settings(simulator.port), false)
    stops.push(simulator.stop, () => deaf.channel.close())
    await sendTo(deaf, [PHONE], SHORT)
    expect(await simulator.finish('delivered')).toEqual([-1])
  })

  it('keeps one connection and no more than its window under way', async () => {
    const opened = await open(line, { window: 4 })
    const numbers = Array.from({ length: 60 }, (_, index) => `1380013${8000 + index}`)
    const two = await Promise.all([
      sendTo(opened, numbers.slice(0, 30), SHORT),
      sendTo(opened, numbers.slice(30), SHORT),
    ])
    expect(two.flatMap(({ outcomes }) => outcomes).every((one) => one.kind === 'accepted')).toBe(
      true,
    )
    expect(opened.simulator.logins()).toBe(1)
    // While nothing is answered the window stays full, and the rest was never handed over.
    opened.simulator.setFault('stall')
    const before = opened.simulator.submits()
    const given = new AbortController()
    const sending = sendTo(opened, numbers.slice(0, 20), SHORT, given.signal)
    await until(() => opened.simulator.submits() === before + 4, 'a full window')
    given.abort()
    const kinds = (await sending).outcomes.map((one) => one.kind)
    expect(kinds.filter((kind) => kind === 'unsure')).toHaveLength(4)
    expect(kinds.filter((kind) => kind === 'retry')).toHaveLength(16)
    expect(opened.simulator.submits()).toBe(before + 4)
  })

  it('is unsure of what was handed over when the connection goes, and certain of the rest', async () => {
    const opened = await open(line, { window: 2, reconnectMsMin: 5_000, reconnectMsMax: 5_000 })
    await sendTo(opened, [PHONE], SHORT)
    opened.simulator.setFault('drop-after-body', (number) => number === '13800138003')
    const numbers = [3, 4, 5, 6, 7].map((last) => `1380013800${last}`)
    const { outcomes } = await sendTo(opened, numbers, SHORT)
    expect(outcomes[0]).toMatchObject({ kind: 'unsure' })
    expect(outcomes.at(-1)).toMatchObject({ kind: 'retry', notBeforeMs: expect.any(Number) })
    const sure = outcomes.flatMap((one, index) =>
      one.kind === 'retry' ? [numbers[index] ?? ''] : [],
    )
    const taken = opened.simulator.parts().map((part) => part.number)
    expect(sure.filter((number) => taken.includes(number))).toEqual([])
  })

  it('dials again by itself and goes on', async () => {
    const opened = await open(line)
    await sendTo(opened, [PHONE], SHORT)
    opened.simulator.drop()
    await until(() => opened.simulator.logins() === 2, 'a second login')
    expect((await sendTo(opened, [PHONE], SHORT)).outcomes).toMatchObject([{ kind: 'accepted' }])
  })

  it('too fast: certainly not sent, the whole account waits', async () => {
    const opened = await open(line, {}, { fault: 'slower' })
    const { outcomes } = await sendTo(opened, [PHONE, '13800138002'], SHORT)
    for (const one of outcomes)
      expect(one).toMatchObject({ kind: 'retry', limited: true, notBeforeMs: 20 })
    expect(opened.simulator.submits()).toBe(0)
  })

  it('a part that comes too fast is tried again while the message is half out', async () => {
    const opened = await open(line)
    opened.simulator.setFault('slower-later')
    const sending = sendTo(opened, [PHONE], LONG)
    await until(() => opened.simulator.submits() === 1, 'the first part')
    opened.simulator.setFault('none')
    expect((await sending).outcomes).toMatchObject([{ kind: 'accepted', units: 3 }])
    opened.simulator.setFault('slower-later')
    expect((await sendTo(opened, [PHONE], LONG)).outcomes).toMatchObject([
      { kind: 'unsure', detail: expect.stringContaining('前 1 段') },
    ])
  })

  it('a number refused stops nobody else; a text refused stops all; an unknown code is refused', async () => {
    const opened = await open(line)
    opened.simulator.setFault('refuse-recipient', (number) => number === PHONE)
    const numbers = [PHONE, '13800138002']
    expect((await sendTo(opened, numbers, SHORT)).outcomes).toMatchObject([
      { kind: 'refused', scope: 'recipient' },
      { kind: 'accepted' },
    ])
    for (const [fault, scope] of [
      ['refuse-message', 'message'],
      ['unknown-code', 'message'],
      ['account', 'account'],
    ] as const) {
      opened.simulator.setFault(fault)
      const [first] = (await sendTo(opened, [PHONE], SHORT)).outcomes
      expect(first).toMatchObject({ kind: 'refused', scope })
    }
  })

  it('a wrong login is the account’s, and is not tried over and over', async () => {
    const opened = await open(line, { passwordSecret: 'other' })
    expect((await sendTo(opened, [PHONE], SHORT)).outcomes).toMatchObject([
      { kind: 'refused', scope: 'account' },
    ])
    expect(await opened.channel.health()).toMatchObject({ state: 'down' })
    expect(opened.simulator.logins()).toBe(0)
  })

  it('an answer that is nonsense leaves it unsure, and the line goes on', async () => {
    const opened = await open(line)
    opened.simulator.setFault('nonsense')
    expect((await sendTo(opened, [PHONE], SHORT)).outcomes).toMatchObject([
      { kind: 'unsure', code: 'unreadable-answer' },
    ])
    opened.simulator.setFault('none')
    expect((await sendTo(opened, [PHONE], SHORT)).outcomes).toMatchObject([{ kind: 'accepted' }])
    expect(opened.simulator.logins()).toBe(1)
  })

  it('survives broken frames: a bad body is passed over, a bad length ends only the connection', async () => {
    const opened = await open(line)
    await sendTo(opened, [PHONE], SHORT)
    const { simulator } = opened
    const head = line.name === 'SMPP' ? 16 : 12
    const short = Buffer.alloc(head + 3, 1)
    short.writeUInt32BE(short.length)
    short.writeUInt32BE(5, 4)
    simulator.raw(short)
    expect(await simulator.ping()).toEqual([0])
    expect(simulator.logins()).toBe(1)
    simulator.raw(Buffer.from('ffffffffffffffff', 'hex'))
    await until(() => simulator.logins() === 2, 'a new login')
    expect((await sendTo(opened, [PHONE], SHORT)).outcomes).toMatchObject([{ kind: 'accepted' }])
  })

  it('survives random streams in the middle of its work', async () => {
    const opened = await open(line, { reconnectMsMin: 10, reconnectMsMax: 10 })
    await sendTo(opened, [PHONE], SHORT)
    for (let turn = 0; turn < 40; turn++) {
      await until(() => opened.simulator.bound() === 1, 'the line')
      const bytes = Buffer.from(sha256(`${line.name} ${turn}`))
      // Half of them begin like a frame that goes on for ever.
      if (turn % 2 === 0) bytes.writeUInt32BE(4_000, 0)
      opened.simulator.raw(bytes)
      if (turn % 2 === 0) opened.simulator.drop()
    }
    await until(() => opened.simulator.bound() === 1, 'the line')
    for (let tries = 0; tries < 200; tries++) {
      const [outcome] = (await sendTo(opened, [PHONE], SHORT)).outcomes
      if (outcome?.kind === 'accepted') return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error('the line does not go on')
  })

  it('notices a gateway that is deaf, and health says so', async () => {
    const ping = line.name === 'SMPP' ? 'enquireEveryMs' : 'activeTestEveryMs'
    const opened = await open(line, { [ping]: 50, reconnectMsMin: 200, reconnectMsMax: 200 })
    expect(await opened.channel.health()).toMatchObject({ state: 'ok' })
    opened.simulator.setFault('deaf')
    await until(() => opened.simulator.bound() === 0, 'the end of the connection')
    expect(await opened.channel.health()).toMatchObject({ state: 'down' })
    opened.simulator.setFault('none')
    await until(() => opened.simulator.bound() === 1, 'a new connection')
    expect(await opened.channel.health()).toMatchObject({ state: 'ok' })
  })

  it('opens the line when it is asked for receipts, and parts from it calmly', async () => {
    const opened = await open(line)
    expect(opened.simulator.bound()).toBe(0)
    expect(await opened.channel.poll?.([], new AbortController().signal)).toEqual([])
    expect(opened.simulator.bound()).toBe(1)
    await opened.channel.close()
    await until(() => opened.simulator.bound() === 0, 'the farewell')
  })
})
