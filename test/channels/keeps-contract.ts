/** The one conformance suite: what every adapter must do, whatever it speaks. An adapter's test hands
 *  over a kit; a fault its wire cannot have is declared with the reason, never left out in silence. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Capabilities, SettingsFault } from '../../channels/channel.ts'
import { canonical } from '../../src/domain/canonical.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { fill, HOLES, holesOf, payloadSubject } from '../../src/domain/payload.ts'
import {
  type Bench,
  type ConformanceKit,
  type Fault,
  type Impossible,
  setUpBench,
} from './conformance-kit.ts'
import {
  filledFields,
  frozen,
  SAMPLE_HOLES,
  SAMPLE_INPUT,
  sampleBatch,
  textOf,
  without,
} from './sample.ts'

export function keepsContract(kit: ConformanceKit): void {
  describe(`${kit.adapter.adapter} keeps the contract`, () => {
    const bench = setUpBench(kit)
    declares(bench)
    renders(bench)
    sends(bench)
    survives(bench)
    hearsReceipts(bench)
  })
}

/** What `send` answers on a good day: taken outside, or lying before a person. */
function goodKind(capabilities: Capabilities): Outcome['kind'] {
  return capabilities.countsWhen === 'confirmed' ? 'awaiting' : 'accepted'
}

function kindsOf(outcomes: readonly Outcome[]): readonly string[] {
  return [...new Set(outcomes.map((outcome) => outcome.kind))].sort()
}

function declares(bench: Bench): void {
  const { kit } = bench
  it('is named after its file', () => {
    const file = new URL(`../../channels/${kit.adapter.adapter}.ts`, import.meta.url)
    expect(existsSync(file)).toBe(true)
  })

  it('declares what it then has', async () => {
    const { channel } = await bench.start('none')
    const { capabilities } = channel
    expect(channel.adapter).toBe(kit.adapter.adapter)
    expect(channel.runsOn.length).toBeGreaterThan(0)
    expect(capabilities.batchMax).toBeGreaterThanOrEqual(kit.addresses.length)
    expect(capabilities.concurrencyMax).toBeGreaterThan(0)
    if (capabilities.retract === 'delete' || capabilities.retract === 'recall')
      expect(channel.retract).toBeDefined()
    if (capabilities.retract === 'update') expect(channel.update).toBeDefined()
    if (capabilities.retract === 'none') expect(channel.retract).toBeUndefined()
    if (capabilities.receipts === 'push') expect(channel.receipts).toBeDefined()
    if (/^poll|^pull/.test(capabilities.receipts)) expect(channel.poll).toBeDefined()
    if (capabilities.bundle) expect(channel.sendBundle).toBeDefined()
    if (capabilities.countsWhen === 'receipt') expect(capabilities.receipts).not.toBe('none')
    if (capabilities.idempotency === 'query') expect(channel.reconcile).toBeDefined()
  })

  it('names every wrong setting, field by field, without a secret', () => {
    expect(kit.wrongSettings.length).toBeGreaterThan(0)
    for (const { settings, fields } of kit.wrongSettings) {
      const { problems, message } = settingsFault(bench, settings)
      const named = problems.map((problem) => problem.field)
      expect(named).toEqual(expect.arrayContaining([...fields]))
      for (const { text } of problems) expect(text.length).toBeGreaterThan(3)
      bench.hear([problems, message])
    }
  })

  it('answers for its health and never throws', async () => {
    const { channel } = await bench.start('none')
    const health = await channel.health()
    bench.hear(health)
    expect(health.state).toBe('ok')
  })
}

function settingsFault({ kit, toolbox }: Bench, settings: unknown): SettingsFault {
  try {
    kit.adapter.create(settings, toolbox({}))
  } catch (error) {
    if (error instanceof SettingsFault) return error
    throw error
  }
  throw new Error('wrong settings were taken')
}

function renders(bench: Bench): void {
  it('renders the same bytes from the same input and leaves the input alone', async () => {
    const { channel } = await bench.start('none')
    const first = channel.render(frozen(structuredClone(SAMPLE_INPUT)))
    const second = bench.again((await bench.start('none')).counterpart).render(SAMPLE_INPUT)
    expect(canonical(payloadSubject(second.payload))).toBe(canonical(payloadSubject(first.payload)))
    expect(second.losses).toEqual(first.losses)
  })

  it('uses holes of the closed list only, and every one can be filled', async () => {
    const { channel } = await bench.start('none')
    const { payload } = channel.render(SAMPLE_INPUT)
    for (const name of holesOf(payload)) {
      expect(Object.keys(HOLES)).toContain(name)
      expect(fill(payload, without(name))).toMatchObject({ refusal: { code: 'missing-field' } })
    }
    const filled = fill(payload, SAMPLE_HOLES)
    if ('refusal' in filled) throw new Error(`${filled.refusal.field} cannot be filled`)
    expect(Object.keys(filled.fields)).toEqual(Object.keys(payload.fields))
  })

  it('carries the title, and 【演练】 exactly when it is an exercise', async () => {
    const { channel } = await bench.start('none')
    const earnest = textOf(channel.render(SAMPLE_INPUT).payload)
    expect(earnest).toContain(SAMPLE_INPUT.title)
    expect(earnest).not.toContain('演练')
    for (const act of ['publish', 'amend', 'withdraw'] as const) {
      const reason = '编号有误'
      const { payload } = channel.render({ ...SAMPLE_INPUT, mode: 'exercise', act, reason })
      expect(textOf(payload)).toContain('【演练】')
      if (act !== 'publish') expect(textOf(payload)).toContain(reason)
    }
  })

  it('reports what is over its limit before anybody signs', async () => {
    const { channel } = await bench.start('none')
    const { payload } = channel.render(SAMPLE_INPUT)
    expect(channel.check(payload)).toEqual([])
    const long = bench.kit.overLimit(payload)
    if ('impossible' in long) return expectReason(long)
    const problems = channel.check(long)
    expect(problems.length).toBeGreaterThan(0)
    for (const problem of problems) expect(problem.field.length).toBeGreaterThan(0)
  })
}

function sends(bench: Bench): void {
  const { kit } = bench
  it('answers once a recipient, in order', async () => {
    const { channel, counterpart } = await bench.start('none')
    const outcomes = await bench.send(channel)
    expect(outcomes).toHaveLength(kit.addresses.length)
    expect(kindsOf(outcomes)).toEqual([kit.good ?? goodKind(channel.capabilities)])
    if (counterpart.taken) expect(counterpart.taken()).toHaveLength(kit.addresses.length)
    expect(await bench.send(channel, { addresses: [] })).toEqual([])
  })

  it('sent twice after a crash: the outside can tell that it is the same', async () => {
    const { channel, counterpart } = await bench.start('none')
    await bench.send(channel, { key: 'crash' })
    const outcomes = await bench.send(bench.again(counterpart), { key: 'crash' })
    expect(outcomes).toHaveLength(kit.addresses.length)
    const taken = counterpart.taken?.()
    if (!taken) return
    expect(new Set(taken).size).toBe(kit.addresses.length)
    if (['key', 'content', 'replace'].includes(channel.capabilities.idempotency))
      for (const kind of kindsOf(outcomes))
        expect([kit.good, goodKind(channel.capabilities)]).toContain(kind)
  })

  it('sends nothing once the signal is aborted, and says so', async () => {
    const { channel, counterpart } = await bench.start('none')
    const outcomes = await bench.send(channel, { signal: AbortSignal.abort() })
    expect(outcomes).toHaveLength(kit.addresses.length)
    if (goodKind(channel.capabilities) === 'awaiting') return
    expect(kindsOf(outcomes)).toEqual(['retry'])
    if (counterpart.taken) expect(counterpart.taken()).toEqual([])
  })

  it('never throws: hostile addresses and a closed channel get answers too', async () => {
    const { channel } = await bench.start('none')
    const hostile = ['', ' ', 'a@b\r\nRCPT TO:<c@d>', `${'x'.repeat(70_000)}@y`, '\u0000', '../..']
    if (channel.capabilities.addressing === 'recipient') {
      const outcomes = await bench.send(channel, { addresses: hostile })
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(hostile.map(() => 'refused'))
    }
    await channel.close()
    const late = await bench.send(channel)
    expect(late).toHaveLength(kit.addresses.length)
    await channel.close()
  })

  it('corrects and withdraws with one answer each, where it can', async () => {
    const { channel } = await bench.start('none')
    await bench.send(channel)
    for (const [act, run] of [['amend', 'update'] as const, ['withdraw', 'retract'] as const]) {
      const { payload } = channel.render({ ...SAMPLE_INPUT, act, reason: '编号有误' })
      const batch = sampleBatch(filledFields(payload), kit.addresses, { act })
      const outcomes = await channel[run]?.(batch, new AbortController().signal)
      if (outcomes === undefined) continue
      expect(outcomes).toHaveLength(kit.addresses.length)
      expect(kindsOf(outcomes)).toEqual([goodKind(channel.capabilities)])
    }
  })
}

/** What may be answered under each fault; whatever is not here would lose or double something. */
const HONEST: Readonly<Record<Exclude<Fault, 'none'>, readonly Outcome['kind'][]>> = {
  refuse: ['refused'],
  retry: ['retry'],
  'drop-before-body': ['retry', 'unsure'],
  // The body may have been taken: only an adapter that looks again may say it was.
  'drop-after-body': ['unsure', 'accepted'],
  stall: ['retry', 'unsure'],
  garbage: ['refused', 'retry', 'unsure'],
  down: ['retry'],
}

function survives(bench: Bench): void {
  const { kit } = bench
  for (const fault of Object.keys(HONEST) as Exclude<Fault, 'none'>[]) {
    it(`${fault}: answers ${HONEST[fault].join(' or ')}`, async () => {
      const live = await bench.startIfPossible(fault)
      if ('impossible' in live) return expectReason(live)
      const outcomes = await bench.send(live.channel)
      expect(outcomes).toHaveLength(kit.addresses.length)
      for (const { kind } of outcomes) expect(HONEST[fault]).toContain(kind)
      // `retry` and `refused` promise that nothing left: the counterpart bears witness.
      const promised = outcomes.every(({ kind }) => kind === 'retry' || kind === 'refused')
      if (promised && live.counterpart.taken) expect(live.counterpart.taken()).toEqual([])
      const health = await live.channel.health()
      bench.hear(health)
      if (fault === 'down') expect(health.state).not.toBe('ok')
    })
  }

  it('stall: an aborted signal ends the waiting', async () => {
    const live = await bench.startIfPossible('stall')
    if ('impossible' in live) return expectReason(live)
    const outcomes = await bench.send(live.channel, { signal: AbortSignal.timeout(150) })
    expect(outcomes).toHaveLength(kit.addresses.length)
    for (const { kind } of outcomes) expect(HONEST.stall).toContain(kind)
  })

  it('reconciles in order, one answer a recipient', async () => {
    const { channel } = await bench.start('none')
    if (!channel.reconcile) return expect(channel.capabilities.idempotency).not.toBe('query')
    const { payload } = channel.render(SAMPLE_INPUT)
    const batch = sampleBatch(filledFields(payload), kit.addresses)
    const outcomes = await channel.reconcile(batch, new AbortController().signal)
    bench.hear(outcomes)
    expect(outcomes).toHaveLength(kit.addresses.length)
  })
}

/** An exception to the suite is a sentence somebody can check. */
function expectReason({ impossible }: Impossible): void {
  expect(impossible.length).toBeGreaterThan(10)
}

function hearsReceipts(bench: Bench): void {
  const { callbacks } = bench.kit
  it('believes a genuine callback, the same each time, and no forged one', async () => {
    const { channel } = await bench.start('none')
    if (channel.capabilities.receipts !== 'push') return expect(channel.receipts).toBeUndefined()
    if (!channel.receipts || !callbacks) throw new Error('pushed receipts need `callbacks`')
    const first = await channel.receipts(callbacks.genuine('reference-1'))
    expect(first.heard.map((one) => one.reference)).toEqual(['reference-1'])
    expect(first.response.ok).toBe(true)
    // A repeated or late callback is the hub's to recognise: the adapter says the same again.
    const second = await channel.receipts(callbacks.genuine('reference-1'))
    expect(second.heard).toEqual(first.heard)
    const forged = await channel.receipts(callbacks.forged('reference-1'))
    bench.hear(await forged.response.text())
    expect(forged.heard).toEqual([])
    expect(forged.response.ok).toBe(false)
  })
}
