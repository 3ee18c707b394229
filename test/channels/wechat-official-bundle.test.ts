/** Several items in one send: one draft and one call, each article with a name of its own; what the platform
 *  refuses stays behind before anything is sent, and nothing is ever tried again after a send. */
import { describe, expect, it } from 'vitest'
import type { Channel, Pending } from '../../channels/channel.ts'
import { answerCallback } from '../../channels/wechat-official/hearing.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { wechatKey } from '../../src/kit/wechat-crypto.ts'
import { eventRequest, massEvent } from '../../src/simulator/wechat-official.ts'
import { SAMPLE_INPUT } from './sample.ts'
import {
  ACCOUNT,
  batchOf,
  closeAfterEach,
  only,
  openAccount,
  SECRETS,
} from './wechat-official-bench.ts'

closeAfterEach()

const SETTINGS = { push: true, bundleAt: ['16:30'] }
const signal = () => new AbortController().signal
const titles = (count: number) => Array.from({ length: count }, (_, index) => `第${index + 1}条`)

function together(channel: Channel, names: readonly string[], more = {}) {
  const batches = names.map((title, index) => batchOf(channel, { title, ...more }, `1.${index}.7`))
  return channel.sendBundle?.(batches, signal()) ?? Promise.resolve([])
}

function kinds(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map((one) => ('code' in one ? `${one.kind} ${one.code}` : one.kind))
}

describe('a bundle', () => {
  it('is one draft, one send and one token of the day; each article has a name of its own', async () => {
    const { simulator, channel } = await openAccount(SETTINGS, { protection: true })
    expect(channel.capabilities.bundle).toEqual({ max: 8, atMinutes: [990] })
    const outcomes = await together(channel, titles(8), { metadata: { summary: '摘要' } })
    const [job] = simulator.world.sends
    expect(outcomes).toEqual(
      titles(8).map((_, index) => ({
        ...{ kind: 'awaiting', on: 'tap', withinMs: 1_800_000 },
        reference: `${job?.id}_${index + 1}`,
      })),
    )
    expect(job?.articles.map(({ title }) => title)).toEqual(titles(8))
    expect(job?.articles.every(({ digest }) => digest === '')).toBe(true)
    expect(simulator.calls().filter((path) => path === 'message/mass/sendall')).toHaveLength(1)
    expect(simulator.world.sends).toHaveLength(1)
  })

  it('of one is a send like any other, with its summary', async () => {
    const { simulator, channel } = await openAccount(SETTINGS)
    const outcomes = await together(channel, ['只有一条'], { metadata: { summary: '摘要' } })
    const [job] = simulator.world.sends
    expect(outcomes).toMatchObject([{ kind: 'awaiting', reference: job?.id }])
    expect(job?.articles).toMatchObject([{ digest: '摘要' }])
  })

  it('leaves behind what the platform refuses, and only before the send', async () => {
    const { simulator, channel } = await openAccount(SETTINGS)
    simulator.world.refusedTitles.add('第2条')
    const outcomes = await together(channel, titles(3))
    expect(kinds(outcomes)).toEqual(['awaiting', 'refused 45166', 'awaiting'])
    expect(simulator.world.taken).toEqual(['第1条', '第3条'])
    // What was tried alone does not stay in the box.
    expect(simulator.world.drafts.size).toBe(0)
    const [job] = simulator.world.sends
    expect(outcomes[2]).toMatchObject({ reference: `${job?.id}_2` })
  })

  it('whose pictures fail one item goes without it; with a platform that is away nothing goes', async () => {
    const { simulator, channel } = await openAccount(SETTINGS)
    const bad = { blocks: [{ kind: 'picture', sha256: 'a'.repeat(64), alt: '' }] } as const
    const batches = [
      batchOf(channel, { title: '好的' }, '1.1.7'),
      batchOf(channel, { title: '坏的', ...bad }, '1.2.7'),
    ]
    const outcomes = (await channel.sendBundle?.(batches, signal())) ?? []
    expect(kinds(outcomes)).toEqual(['awaiting', 'refused picture-missing'])
    expect(simulator.world.taken).toEqual(['好的'])
    simulator.setFault('drop-before', (path) => path === 'draft/add')
    const away = await together(channel, titles(2))
    expect(away.map(({ kind }) => kind)).toEqual(['retry', 'retry'])
    simulator.setFault('rate-limited')
    const slow = await together(channel, titles(2))
    expect(slow).toMatchObject([{ kind: 'retry', limited: true }, { kind: 'retry' }])
    expect(simulator.world.taken).toEqual(['好的'])
  })

  it('a lost answer leaves all of it unsure; the same bundle again is the same send', async () => {
    const { simulator, channel, again } = await openAccount(SETTINGS)
    simulator.setFault('drop-after')
    expect((await together(channel, titles(3))).map(({ kind }) => kind)).toEqual([
      ...['unsure', 'unsure', 'unsure'],
    ])
    simulator.setFault('none')
    const [job] = simulator.world.sends
    const repeated = await together(again(), titles(3))
    expect(repeated).toMatchObject([
      { kind: 'accepted', delivered: true, reference: `${job?.id}_1` },
      { reference: `${job?.id}_2` },
      { reference: `${job?.id}_3` },
    ])
    expect(simulator.world.sends).toHaveLength(1)
  })

  it('is heard of article by article, by a call and when asked, and taken down one by one', async () => {
    const { simulator, channel } = await openAccount(SETTINGS, { protection: true })
    const outcomes = await together(channel, titles(2))
    const [job] = simulator.world.sends
    if (!job) throw new Error('nothing was sent')
    const references = [`${job.id}_1`, `${job.id}_2`]
    const callback = {
      ...{ url: 'https://hub.example.test/callbacks', token: SECRETS['official-token'] },
      encodingAesKey: SECRETS['official-key'],
    }
    const aesKey = wechatKey(SECRETS['official-key'])
    const listening = {
      ...{ appId: ACCOUNT.appId, tools: { log: () => undefined } },
      secrets: { secret: '', token: callback.token, ...(aesKey ? { aesKey } : {}) },
    }
    const request = eventRequest(callback, ACCOUNT.appId, massEvent(job, 'send success'))
    const { heard } = await answerCallback(listening, request)
    expect(heard.map((one) => one.reference)).toEqual(references)
    job.status = 'SEND_SUCCESS'
    const pending = references.map((reference): Pending => {
      const sentAt = new Date(0)
      return { reference, address: 'a', title: SAMPLE_INPUT.title, act: 'publish', sentAt }
    })
    expect(await channel.poll?.(pending, signal())).toMatchObject(
      references.map((reference) => ({ reference, state: 'delivered' })),
    )
    const batch = { ...batchOf(channel), act: 'withdraw' as const, reference: references[1] ?? '' }
    expect(only((await channel.retract?.(batch, signal())) ?? [])).toMatchObject({
      ...{ kind: 'accepted', reference: references[1] },
    })
    expect([...job.deleted]).toEqual([2])
    expect(job.status).toBe('SEND_SUCCESS')
    expect(outcomes).toHaveLength(2)
    // Nobody says of one article of several whether it still stands.
    const asked = only((await channel.reconcile?.(batch, signal())) ?? [])
    expect(asked).toMatchObject({ kind: 'unsure' })
  })

  it('an aborted or a closed road sends none of it', async () => {
    const { simulator, channel } = await openAccount(SETTINGS)
    const batches = titles(2).map((title) => batchOf(channel, { title }))
    const aborted = (await channel.sendBundle?.(batches, AbortSignal.abort())) ?? []
    expect(kinds(aborted)).toEqual(['retry aborted', 'retry aborted'])
    await channel.close()
    expect(kinds(await together(channel, titles(2)))).toEqual(['retry aborted', 'retry aborted'])
    expect(simulator.calls()).toEqual([])
  })
})
