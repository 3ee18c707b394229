/** The official account at work: the review and the tap, our own id, quotas, tests that reach nobody,
 *  taking down, and what is said of each code. */
import { describe, expect, it } from 'vitest'
import type { Pending } from '../../channels/channel.ts'
import { SAMPLE_INPUT } from './sample.ts'
import {
  batchOf,
  closeAfterEach,
  only,
  openAccount,
  PREVIEW_TO,
  publishOn,
} from './wechat-official-bench.ts'

closeAfterEach()

const signal = () => new AbortController().signal

function pendingOf(reference: string): Pending {
  const { title } = SAMPLE_INPUT
  const sentAt = new Date('2026-07-01T01:07:00Z')
  return { reference, address: 'wechat-official', title, act: 'publish', sentAt }
}

function referenceOf(outcome: object): string {
  if (!('reference' in outcome) || typeof outcome.reference !== 'string')
    throw new Error('no reference')
  return outcome.reference
}

describe('发布 without a push', () => {
  it('waits for the review and hears its end when it asks', async () => {
    const { simulator, channel, publish } = await openAccount({}, { slowReview: true })
    const outcome = await publish()
    expect(outcome).toMatchObject({ kind: 'awaiting', on: 'review' })
    const pending = [pendingOf(referenceOf(outcome)), pendingOf('1.7.9')]
    expect(await channel.poll?.(pending, signal())).toEqual([])
    const [job] = simulator.world.publications
    for (const [status, state] of [
      [4, 'failed'],
      [0, 'delivered'],
      [6, 'failed'],
    ] as const) {
      if (job) job.status = status
      const heard = await channel.poll?.(pending, signal())
      expect(heard).toMatchObject([{ reference: job?.id, state, code: `publish-${status}` }])
    }
  })

  it('busy at the last step is no proof of anything', async () => {
    const { simulator, publish } = await openAccount()
    simulator.setFault('busy')
    expect(await publish()).toMatchObject({ kind: 'unsure', code: '-1' })
  })

  it('a lost answer: a draft that is gone was taken, one that is there proves nothing', async () => {
    const { simulator, channel, publish, again } = await openAccount()
    const batch = batchOf(channel)
    const look = async (road = channel) => only((await road.reconcile?.(batch, signal())) ?? [])
    simulator.setFault('drop-before')
    expect((await publish()).kind).toBe('unsure')
    expect(await look()).toMatchObject({ kind: 'unsure', code: 'draft-there' })
    simulator.setFault('drop-after')
    expect((await publish()).kind).toBe('unsure')
    expect(await look()).toEqual({ kind: 'accepted' })
    expect(await look(again())).toMatchObject({ kind: 'unsure', code: 'cannot-know' })
    expect(simulator.world.taken).toHaveLength(1)
  })

  it('is taken down by what the platform calls it, also twice, and not before it stands', async () => {
    const { simulator, publish, withdraw, again } = await openAccount({}, { slowReview: true })
    const reference = referenceOf(await publish())
    expect(await withdraw(reference)).toMatchObject({ kind: 'retry', code: 'still-sending' })
    const [job] = simulator.world.publications
    if (job) job.status = 0
    expect(await withdraw(reference)).toMatchObject({ kind: 'accepted', delivered: true })
    expect(job?.status).toBe(5)
    expect(await withdraw(reference)).toMatchObject({ kind: 'accepted', delivered: true })
    const other = again()
    const batch = { ...batchOf(other), act: 'withdraw' as const }
    const unknown = only((await other.retract?.(batch, signal())) ?? [])
    expect(unknown).toMatchObject({ kind: 'refused', code: 'reference-unknown' })
  })

  it('a withdrawal without an answer is looked up', async () => {
    const { simulator, channel, publish, withdraw } = await openAccount()
    const reference = referenceOf(await publish())
    const look = async () => {
      const batch = { ...batchOf(channel), act: 'withdraw' as const, reference }
      return only((await channel.reconcile?.(batch, signal())) ?? [])
    }
    const isDelete = (path: string) => path === 'freepublish/delete'
    simulator.setFault('drop-before', isDelete)
    expect((await withdraw(reference)).kind).toBe('unsure')
    expect(await look()).toMatchObject({ kind: 'retry', code: 'still-there' })
    simulator.setFault('drop-after', isDelete)
    expect((await withdraw(reference)).kind).toBe('unsure')
    expect(await look()).toMatchObject({ kind: 'accepted', delivered: true })
  })
})

describe('群发 to followers', () => {
  it('waits for the tap, in a draft of its own each time, under 32 hex characters', async () => {
    const { simulator, channel, publish } = await openAccount({ push: true }, { protection: true })
    const outcome = await publish()
    expect(outcome).toMatchObject({ kind: 'awaiting', on: 'tap', withinMs: 30 * 60_000 })
    await publish({}, '1.8.1')
    const [first, second] = simulator.world.sends
    expect(first?.clientId).toMatch(/^[0-9a-f]{32}$/)
    expect(second?.clientId).not.toBe(first?.clientId)
    expect(simulator.calls().filter((path) => path === 'draft/add')).toHaveLength(2)
    const reference = referenceOf(outcome)
    // Beyond what a double holds exactly.
    expect(reference).toBe(first?.id)
    expect(BigInt(reference) > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true)
    const pending = [pendingOf(reference)]
    expect(await channel.poll?.(pending, signal())).toEqual([])
    if (first) first.status = 'SEND_FAIL'
    expect(await channel.poll?.(pending, signal())).toMatchObject([{ state: 'failed' }])
    if (first) first.status = 'SEND_SUCCESS'
    expect(await channel.poll?.(pending, signal())).toMatchObject([{ state: 'delivered' }])
  })

  it('under a tag, or with the protection off, nobody has to tap', async () => {
    const tagged = await openAccount({ push: true, tagId: 7 })
    expect(await tagged.publish()).toMatchObject({ kind: 'awaiting', on: 'review' })
    expect(tagged.simulator.world.sends[0]?.filter).toEqual({ is_to_all: false, tag_id: 7 })
    const open = await openAccount({ push: true, protection: false })
    expect(await open.publish()).toMatchObject({ kind: 'awaiting', on: 'review' })
    expect(open.simulator.world.sends[0]?.filter).toEqual({ is_to_all: true })
  })

  it('45065 is the first send, whatever became of it', async () => {
    const { simulator, publish } = await openAccount({ push: true }, { protection: true })
    simulator.setFault('drop-after')
    expect((await publish()).kind).toBe('unsure')
    simulator.setFault('none')
    const [job] = simulator.world.sends
    expect(await publish()).toMatchObject({ kind: 'awaiting', on: 'tap', reference: job?.id })
    if (job) job.status = 'SEND_SUCCESS'
    const reference = job?.id
    expect(await publish()).toEqual({ kind: 'accepted', reference, delivered: true })
    if (job) job.status = 'SEND_FAIL'
    expect(await publish()).toMatchObject({ kind: 'refused', code: 'mass-failed' })
    expect(simulator.world.sends).toHaveLength(1)
  })

  it('waits as long as the platform says: too soon, too often, no send left', async () => {
    const { simulator, publish, again } = await openAccount({ push: true }, { sendsLeft: 0 })
    // 09:07 on the first of July in Shanghai
    const untilMidnight = (14 * 60 + 53) * 60_000
    const day = 24 * 3_600_000
    const limited = { kind: 'retry', limited: true }
    expect(await publish()).toMatchObject({ ...limited, code: '45028', notBeforeMs: untilMidnight })
    const service = again({ account: 'service' })
    const untilAugust = untilMidnight + 30 * day
    expect(await publishOn(service)).toMatchObject({ ...limited, notBeforeMs: untilAugust })
    simulator.setFault('too-soon')
    const soon = await publish()
    expect(soon).toMatchObject({ kind: 'retry', code: '45066', notBeforeMs: 60_000 })
    expect(soon).not.toHaveProperty('limited')
    simulator.setFault('rate-limited')
    expect(await publish()).toMatchObject({ ...limited, code: '45011', notBeforeMs: 60_000 })
  })

  it('declares the windows of the account, unless the settings say others', async () => {
    const { channel, again } = await openAccount({ push: true })
    expect(channel.capabilities.rates?.limits[0]).toMatchObject({ window: 'day', max: 1 })
    const service = again({ account: 'service' }).capabilities.rates
    expect(service?.limits[0]).toMatchObject({ window: 'month', max: 4 })
    expect(again({ push: false }).capabilities.rates).toBeUndefined()
    const rates = { limits: [{ scope: 'account', window: 'day', max: 2, unit: 'message' }] }
    expect(again({ rates }).capabilities.rates).toEqual(rates)
  })

  it('is taken down by a number of nineteen digits; what waits for the tap is not there yet', async () => {
    const { simulator, publish, withdraw } = await openAccount({ push: true }, { protection: true })
    const reference = referenceOf(await publish())
    expect(await withdraw(reference)).toMatchObject({ kind: 'retry', code: 'still-sending' })
    const [job] = simulator.world.sends
    if (job) job.status = 'SEND_SUCCESS'
    expect(await withdraw(reference)).toMatchObject({ kind: 'accepted', delivered: true })
    expect(job?.status).toBe('DELETE')
    expect(await withdraw(reference)).toMatchObject({ kind: 'accepted', delivered: true })
    expect(await withdraw('12345')).toMatchObject({ kind: 'refused', code: '40059' })
    expect(await withdraw('no number')).toMatchObject({ code: 'reference-unknown' })
  })
})

describe('tests and exercises', () => {
  it('a test goes to the one openid and nowhere else, on either road', async () => {
    for (const push of [false, true]) {
      const { simulator, publish } = await openAccount({ push, previewTo: PREVIEW_TO })
      expect(await publish({ mode: 'test' })).toEqual({ kind: 'accepted', delivered: true })
      expect(simulator.world.taken).toEqual([])
      expect(simulator.world.previews).toMatchObject([
        { to: PREVIEW_TO, article: { title: `【测试】${SAMPLE_INPUT.title}` } },
      ])
    }
  })

  it('without an openid a test is refused, and nothing leaves', async () => {
    const { simulator, publish } = await openAccount()
    expect(await publish({ mode: 'test' })).toMatchObject({ kind: 'refused', code: 'no-preview' })
    expect(simulator.calls()).toEqual([])
  })

  it('an exercise rings on no follower: published under its mark, previewed where it would be a push', async () => {
    const quiet = await openAccount()
    expect((await quiet.publish({ mode: 'exercise' })).kind).toBe('awaiting')
    expect(quiet.simulator.world.taken).toEqual([`【演练】${SAMPLE_INPUT.title}`])
    const loud = await openAccount({ push: true, previewTo: PREVIEW_TO })
    expect(await loud.publish({ mode: 'exercise' })).toMatchObject({ delivered: true })
    expect(loud.simulator.world.sends).toEqual([])
  })
})

describe('codes', () => {
  it('one that stands in no table is refused, not tried again', async () => {
    const { simulator, publish } = await openAccount()
    simulator.setFault('strange-code')
    expect(await publish()).toMatchObject({ kind: 'refused', scope: 'message', code: '99999' })
    simulator.setFault('no-permission')
    expect(await publish()).toMatchObject({ kind: 'refused', scope: 'account', code: '48001' })
  })
})
