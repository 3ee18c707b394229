/** What the publishing adapter answers for each way a platform can fail, with the platform as witness: what
 *  was taken is never called unsent, and nothing a platform repeats gives a secret away. */
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { PublishingFault } from '../../src/simulator/publishing-platform.ts'
import { only, PROFILE_NAMES, SECRET, useRoads } from './http-publish-kit.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

const openRoad = useRoads()
const signal = new AbortController().signal

const TABLE: readonly (readonly [PublishingFault, Partial<Outcome>])[] = [
  ['none', { kind: 'accepted' }],
  ['refuse', { kind: 'refused', scope: 'message' }],
  ['rate-limited', { kind: 'retry', notBeforeMs: 7_000 }],
  ['busy', { kind: 'retry', notBeforeMs: 30_000 }],
  ['server-error', { kind: 'unsure', code: 'http-500' }],
  ['server-error-taken', { kind: 'unsure', code: 'http-500' }],
  ['login-refused', { kind: 'refused', scope: 'account' }],
  ['drop-before', { kind: 'unsure' }],
  ['drop-after', { kind: 'unsure' }],
  ['stall', { kind: 'unsure' }],
  ['garbage', { kind: 'unsure', code: 'unreadable-answer' }],
  ['redirect', { kind: 'unsure', code: 'http-302' }],
  ['huge', { kind: 'unsure' }],
]

for (const profile of PROFILE_NAMES)
  describe(`${profile}, when creating meets a fault`, () => {
    for (const [fault, expected] of TABLE)
      it(`${fault}: ${expected.kind}`, async () => {
        const settings = fault === 'stall' ? { timeoutMs: 400 } : {}
        const { publish, platform, logged } = await openRoad(profile, { settings })
        platform.setFault(fault)
        const outcome = await publish()
        expect(outcome).toMatchObject(expected)
        const unsent = outcome.kind === 'retry' || outcome.kind === 'refused'
        if (unsent) expect(platform.created()).toEqual([])
        expect(JSON.stringify([outcome, logged])).not.toContain(SECRET)
      })
  })

describe('every other step', () => {
  it('that only looks is tried again, whatever is lost', async () => {
    for (const fault of [
      'drop-before',
      'drop-after',
      'stall',
      'server-error',
      'garbage',
    ] as const) {
      const settings = fault === 'stall' ? { timeoutMs: 400 } : {}
      const { publish, platform } = await openRoad('hanweb', { settings })
      platform.setFault(fault, (kind) => kind === 'query')
      expect((await publish()).kind).toBe('retry')
      expect(platform.created()).toEqual([])
    }
  })

  it('login: no answer is tried again, a refusal stops the road', async () => {
    for (const [fault, expected] of [
      ['drop-after', { kind: 'retry' }],
      ['rate-limited', { kind: 'retry', notBeforeMs: 7_000 }],
      ['login-refused', { kind: 'refused', scope: 'account' }],
      ['refuse', { kind: 'refused', scope: 'account' }],
      ['garbage', { kind: 'retry' }],
    ] as const) {
      const { publish, platform } = await openRoad('service-network')
      platform.setFault(fault, (kind) => kind === 'login')
      expect(await publish()).toMatchObject(expected)
      expect(platform.created()).toEqual([])
    }
  })

  it('publish: the draft is named, and the repeat finishes it without a second one', async () => {
    const { publish, platform } = await openRoad('service-network')
    platform.setFault('rate-limited', (kind) => kind === 'publish')
    const first = await publish()
    expect(first).toMatchObject({ kind: 'retry', notBeforeMs: 7_000 })
    expect(JSON.stringify(first)).toContain(platform.documents()[0]?.id ?? '?')
    platform.setFault('drop-after', (kind) => kind === 'publish')
    expect((await publish()).kind).toBe('unsure')
    platform.setFault('none')
    expect(await publish()).toMatchObject({
      kind: 'accepted',
      reference: platform.documents()[0]?.id,
    })
    expect(platform.created()).toHaveLength(1)
    expect(platform.documents()[0]?.state).toBe('published')
  })

  it('amending and withdrawing that were cut off are unsure', async () => {
    for (const profile of PROFILE_NAMES) {
      const { channel, platform, publish } = await openRoad(profile)
      const outcome = await publish()
      const reference = outcome.kind === 'accepted' ? (outcome.reference ?? '') : ''
      for (const [act, run] of [
        ['amend', 'update'],
        ['withdraw', 'retract'],
      ] as const) {
        platform.setFault('drop-after', (kind) => kind === run.replace('retract', 'withdraw'))
        const { payload } = channel.render({ ...SAMPLE_INPUT, act, reason: '有误' })
        const batch = sampleBatch(filledFields(payload), ['place'], { act, reference })
        expect(only((await channel[run]?.(batch, signal)) ?? []).kind).toBe('unsure')
      }
    }
  })
})

describe('what a platform says', () => {
  it('reaches staff without token, signature, key or long numbers', async () => {
    const { publish, platform, logged } = await openRoad('service-network')
    platform.setFault('refuse')
    const outcome = await publish()
    expect(JSON.stringify(outcome)).toContain('标题不符合要求')
    const creation = platform
      .calls()
      .find(({ url, method }) => method === 'POST' && url.pathname.endsWith('/articles'))
    const { authorization = '', 'x-signature': signature = '' } = creation?.headers ?? {}
    expect(authorization.length).toBeGreaterThan(20)
    for (const secret of [authorization.replace('Bearer ', ''), signature])
      expect(JSON.stringify([outcome, logged])).not.toContain(secret)
  })

  it('an identifier of 19 digits keeps all of them', async () => {
    const { publish, platform } = await openRoad('service-network')
    const outcome = await publish()
    expect(outcome).toMatchObject({ reference: platform.documents()[0]?.id })
    expect(platform.documents()[0]?.id).toMatch(/^183\d{16}$/)
  })

  it('a known duplicate is accepted under the number it has', async () => {
    const { publish, platform, again } = await openRoad('service-network')
    const first = await publish()
    const { payload } = again().render(SAMPLE_INPUT)
    const second = only(await again().send(sampleBatch(filledFields(payload), ['place']), signal))
    expect(second).toEqual(first)
    expect(platform.created()).toHaveLength(1)
  })

  it('a column it does not have is refused; a category without a column is seen before signing', async () => {
    const { publish, platform } = await openRoad('service-network', {
      platform: { columns: ['other'] },
    })
    expect(await publish()).toMatchObject({ kind: 'refused', scope: 'message', code: '40002' })
    expect(platform.created()).toEqual([])
    const { channel } = await openRoad('service-network', { settings: { columns: {} } })
    const { payload, losses } = channel.render(SAMPLE_INPUT)
    expect(losses.join()).toContain(SAMPLE_INPUT.category.name)
    expect(channel.check(payload)).toMatchObject([{ field: 'column' }])
  })

  it('leads to no host that is not listed', async () => {
    const { publish, platform, again, channel, logged } = await openRoad('atompub')
    const outcome = await publish()
    const reference = outcome.kind === 'accepted' ? (outcome.reference ?? '') : ''
    const calls = platform.calls().length
    for (const elsewhere of [
      reference.replace('127.0.0.1', '127.0.0.2'),
      reference.replace('http://', 'http://user:pass@'),
      'file:///etc/passwd',
      'http://169.254.169.254/latest/meta-data',
    ]) {
      const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '误发' })
      const batch = sampleBatch(filledFields(payload), ['place'], {
        act: 'withdraw',
        reference: elsewhere,
      })
      const answer = only((await again().retract?.(batch, signal)) ?? [])
      expect(answer).toMatchObject({ kind: 'refused', code: 'host-not-listed' })
      expect(JSON.stringify([answer, logged])).not.toContain('pass@')
    }
    expect(platform.calls()).toHaveLength(calls)
  })
})
