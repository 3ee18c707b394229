/** 钉钉: signatures as another computes them, the block of ten minutes, keywords, work notifications with what
 *  became of each, recall, and that no token, key or signature is ever said. */
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { dingtalk } from '../../channels/dingtalk.ts'
import { type DingtalkOptions, startDingtalkSimulator } from '../../src/simulator/dingtalk.ts'
import { officeBench, sendSample } from './office-bench.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch, toRecall } from './sample.ts'

const SECRETS = {
  one: 'robot-token-one',
  two: 'robot-token-two',
  sign: 'SEC0123',
  app: 'app-secret',
}
const bench = officeBench(SECRETS)
const GROUPS = ['禾墩镇安监中队', '青圩镇安监中队']
const AT = new Date('2026-07-01T01:07:00Z')
const signal = new AbortController().signal

async function simulator(options: DingtalkOptions = {}) {
  const started = await startDingtalkSimulator({
    appSecret: SECRETS.app,
    robots: { [SECRETS.one]: { secret: SECRETS.sign }, [SECRETS.two]: {} },
    ...options,
  })
  bench.endWith(() => started.stop())
  const base = { baseUrl: `http://127.0.0.1:${started.port}`, answerTimeoutMs: 10_000 }
  const robots = [
    { group: GROUPS[0], token: 'one', secret: 'sign' },
    { group: GROUPS[1], token: 'two' },
  ]
  return {
    simulator: started,
    robot: (more: object = {}) => bench.open(dingtalk, { kind: 'robot', ...base, robots, ...more }),
    work: (more: object = {}) =>
      bench.open(dingtalk, {
        ...{ kind: 'work', ...base, appKey: 'dingapp', agentId: 1_001, secret: 'app' },
        ...{ contents: 'title', ...more },
      }),
  }
}

const short = { blocks: [], metadata: {} }

describe('a robot in each group', () => {
  it('signs with the time of the attempt, in the address, as another computes it', async () => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(request.url ?? '')
      response.end('{"errcode":0,"errmsg":"ok"}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    bench.endWith(() => new Promise((resolve) => server.close(() => resolve())))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const channel = bench.open(dingtalk, {
      ...{ kind: 'robot', baseUrl: `http://127.0.0.1:${port}` },
      robots: [{ group: GROUPS[0], token: 'one', secret: 'sign' }],
    })
    await sendSample(channel, GROUPS.slice(0, 1))
    const signed = createHmac('sha256', SECRETS.sign).update(`${AT.getTime()}\n${SECRETS.sign}`)
    const sign = encodeURIComponent(signed.digest('base64'))
    const query = `access_token=${SECRETS.one}&timestamp=${AT.getTime()}&sign=${sign}`
    expect(seen).toEqual([`/robot/send?${query}`])
    await channel.close()
  })

  it('above 20 a minute the robot is shut out for ten minutes, and says so to the hub', async () => {
    let now = AT.getTime()
    const { simulator: wire, robot } = await simulator({ now: () => now })
    const channel = robot()
    const one = () => sendSample(channel, GROUPS.slice(0, 1), {}, { at: new Date(now) })
    for (let call = 0; call < 20; call++) expect(await one()).toEqual([{ kind: 'accepted' }])
    const blocked = { kind: 'retry', code: '130101', limited: true, notBeforeMs: 600_000 }
    expect(await one()).toMatchObject([blocked])
    now += 599_000
    expect(await one()).toMatchObject([blocked])
    now += 2_000
    expect(await one()).toEqual([{ kind: 'accepted' }])
    expect(wire.messages()).toHaveLength(21)
    expect(channel.capabilities.rates?.limits).toEqual([
      { scope: 'target', window: 60_000, max: 20, unit: 'call', penaltyMs: 600_000 },
    ])
  })

  it('a signature that is too old, wrong or missing is a fault of the account, in plain words', async () => {
    const { robot } = await simulator({ now: () => AT.getTime() + 2 * 3_600_000 })
    const late = { kind: 'refused', scope: 'account', code: '310000' }
    const [outcome] = await sendSample(robot(), GROUPS.slice(0, 1))
    expect(outcome).toMatchObject({ ...late, detail: expect.stringContaining('校准本机时间') })
    const { robot: other } = await simulator({ robots: { [SECRETS.one]: { secret: 'SEC-other' } } })
    const channel = other({ robots: [{ group: GROUPS[0], token: 'one', secret: 'sign' }] })
    const [wrong] = await sendSample(channel, GROUPS.slice(0, 1))
    expect(wrong).toMatchObject({ ...late, detail: expect.stringContaining('加签密钥') })
    expect(await channel.health()).toMatchObject({ state: 'down' })
  })

  it('says the word the robot demands, and only where the text has none', async () => {
    const robots = { [SECRETS.one]: { keyword: '安监' }, [SECRETS.two]: { keyword: '通知' } }
    const { simulator: wire, robot } = await simulator({ robots })
    const [without] = await sendSample(robot(), GROUPS.slice(0, 1))
    expect(without).toMatchObject({ kind: 'refused', scope: 'account', code: '310000' })
    await sendSample(robot({ keyword: '安监' }), GROUPS.slice(0, 1))
    await sendSample(robot({ keyword: '通知' }), GROUPS.slice(1))
    expect(wire.messages().map(({ text }) => text.split('\n')[0])).toEqual([
      ...['【安监】', SAMPLE_INPUT.title],
    ])
  })

  it('a robot that is gone stops no other; health names how many', async () => {
    const { robot } = await simulator({ robots: { [SECRETS.two]: {} } })
    const outcomes = await sendSample(robot(), GROUPS)
    expect(outcomes[0]).toMatchObject({ kind: 'refused', scope: 'recipient', code: '300005' })
    expect(outcomes[1]).toEqual({ kind: 'accepted' })
    expect(await robot().health()).toMatchObject({ state: 'degraded' })
  })

  it('health sees a good robot with a signature, and sends nothing', async () => {
    const { simulator: wire, robot } = await simulator({ now: () => Date.now() })
    expect(await robot().health()).toMatchObject({ state: 'ok' })
    expect(wire.messages()).toEqual([])
  })

  it('Markdown carries the title for the list of conversations', async () => {
    const { simulator: wire, robot } = await simulator()
    await sendSample(robot({ format: 'markdown' }), GROUPS.slice(1))
    expect(wire.messages()[0]?.body).toMatchObject({
      ...{ msgtype: 'markdown', markdown: { title: SAMPLE_INPUT.title } },
    })
  })

  it('never says a token, a key, a signature or a group', async () => {
    const { simulator: wire, robot } = await simulator()
    const channel = robot()
    const seen: unknown[] = []
    for (const fault of ['none', 'account', 'drop-after-body', 'garbage', 'refuse'] as const) {
      wire.setFault(fault)
      seen.push(await sendSample(channel, GROUPS), await channel.health())
    }
    await wire.stop()
    seen.push(await sendSample(channel, GROUPS), bench.said)
    const signed = createHmac('sha256', SECRETS.sign).update(`${AT.getTime()}\n${SECRETS.sign}`)
    const text = JSON.stringify(seen)
    const hidden = [...Object.values(SECRETS), ...GROUPS, signed.digest('base64'), 'sign=']
    for (const secret of hidden) expect(text).not.toContain(secret)
  })
})

describe('a work notification', () => {
  const USERS = ['shen', 'lu', 'qian', 'wu']
  const pendingOf = (reference: string, addresses: readonly string[]) =>
    addresses.map((address) => ({
      ...{ reference, address, title: SAMPLE_INPUT.title, act: 'notify' as const, sentAt: AT },
    }))

  it('is one task; when asked, the platform says whom it reached', async () => {
    const { simulator: wire, work } = await simulator({ users: ['shen', 'qian'] })
    const channel = work()
    const outcomes = await sendSample(channel, USERS)
    const reference = '256271667526'
    expect(outcomes).toEqual(USERS.map(() => ({ kind: 'accepted', reference })))
    expect(wire.messages().map(({ to }) => to)).toEqual(['shen', 'qian'])
    wire.read('shen')
    const heard = await channel.poll?.(pendingOf(reference, USERS), signal)
    expect(heard).toEqual([
      { kind: 'receipt', reference, address: 'shen', state: 'delivered' },
      { kind: 'receipt', reference, address: 'lu', state: 'failed', code: 'invalid-user' },
      { kind: 'receipt', reference, address: 'qian', state: 'delivered' },
      { kind: 'receipt', reference, address: 'wu', state: 'failed', code: 'invalid-user' },
    ])
    expect(await channel.poll?.(pendingOf('999', USERS), signal)).toEqual([])
    expect(await channel.poll?.(pendingOf('no task', USERS), signal)).toEqual([])
  })

  it('the same words twice a day do not arrive, and the receipt says so; a reminder does', async () => {
    const { simulator: wire, work } = await simulator()
    const channel = work()
    await sendSample(channel, ['shen'])
    const [second] = await sendSample(channel, ['shen'])
    const reference = second?.kind === 'accepted' ? (second.reference ?? '') : ''
    expect(await channel.poll?.(pendingOf(reference, ['shen']), signal)).toEqual([
      { kind: 'receipt', reference, address: 'shen', state: 'failed', code: '143106' },
    ])
    await sendSample(channel, ['shen'], { act: 'resend' })
    expect(wire.messages().map(({ text }) => text.split('\n')[0])).toEqual([
      ...[SAMPLE_INPUT.title, `再次发送：${SAMPLE_INPUT.title}`],
    ])
  })

  it('nobody signed for a list: addresses with a comma are no people', async () => {
    const { simulator: wire, work } = await simulator()
    const outcomes = await sendSample(work(), ['a,b', 'shen'])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'accepted'])
    expect(wire.messages()[0]?.body).toMatchObject({ userid_list: 'shen', to_all_user: false })
  })

  it('a token that ran out is replaced once, also where the answer is an 88 with a sub code', async () => {
    const { simulator: wire, work } = await simulator()
    const channel = work()
    await sendSample(channel, ['shen'])
    wire.setFault('token-expired')
    expect(await sendSample(channel, ['lu'])).toMatchObject([{ kind: 'accepted' }])
    expect(wire.tokensGiven()).toBe(2)
  })

  it('too many people a minute: everything waits', async () => {
    const { simulator: wire, work } = await simulator()
    wire.setFault('limited')
    const outcomes = await sendSample(work(), ['shen'])
    expect(outcomes).toMatchObject([{ kind: 'retry', code: '143103', limited: true }])
  })

  it('groups stand for departments and people; one that reached somebody was delivered', async () => {
    const { simulator: wire, work } = await simulator({ users: ['shen'] })
    const groups = [
      { group: '危化科', departments: ['2'], users: ['lu'] },
      { group: '应急科', users: ['lu'] },
    ]
    const channel = work({ addressing: 'group', groups })
    const outcomes = await sendSample(channel, ['危化科', '应急科', '别的科'])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'refused'])
    expect(wire.messages().map(({ to }) => to)).toEqual(['department:2'])
    const references = outcomes.map((one) => (one.kind === 'accepted' ? (one.reference ?? '') : ''))
    const pending = [
      ...pendingOf(references[0] ?? '', ['危化科']),
      ...pendingOf(references[1] ?? '', ['应急科']),
    ]
    expect(await channel.poll?.(pending, signal)).toMatchObject([
      { address: '危化科', state: 'delivered' },
      { address: '应急科', state: 'failed', code: 'invalid-user' },
    ])
  })

  it('counts what JSON adds: what passes the check is taken by the platform', async () => {
    const { work } = await simulator()
    const channel = work({ contents: 'whole' })
    let words = 0
    const input = (count: number) => ({
      ...SAMPLE_INPUT,
      ...{ title: '通知', metadata: {} },
      blocks: [{ kind: 'paragraph' as const, text: '"\n字'.repeat(count) }],
    })
    while (channel.check(channel.render(input(words + 1)).payload).length === 0) words += 1
    expect(words).toBeGreaterThan(200)
    expect(await sendSample(channel, ['shen'], input(words))).toMatchObject([{ kind: 'accepted' }])
  })

  it('withdraws: the old task is recalled, a new one says why', async () => {
    const { simulator: wire, work } = await simulator()
    const channel = work()
    const [taken] = await sendSample(channel, ['shen'], short)
    const reference = taken?.kind === 'accepted' ? (taken.reference ?? '') : ''
    const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
    const given = sampleBatch(filledFields(payload), ['shen'], { act: 'withdraw' })
    const batch = toRecall(given, [reference])
    expect(await channel.retract?.(batch, signal)).toMatchObject([
      { kind: 'accepted', code: 'recalled' },
    ])
    expect(wire.recalled()).toEqual([Number(reference)])
    expect(wire.messages().at(-1)?.text).toContain('原因：编号有误')
  })
})
