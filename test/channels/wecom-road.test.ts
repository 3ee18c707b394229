/** 企业微信: limits in bytes, codes, unknown members, one robot among several, tokens that run out, recall,
 *  and that no key is ever said. */
import { describe, expect, it } from 'vitest'
import { wecom } from '../../channels/wecom.ts'
import { byteLength } from '../../src/domain/message-text.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { startWecomSimulator, type WecomOptions } from '../../src/simulator/wecom.ts'
import { officeBench, sendSample } from './office-bench.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch, toRecall } from './sample.ts'

const SECRETS = { one: 'robot-key-one', two: 'robot-key-two', app: 'app-secret' }
const bench = officeBench(SECRETS)
const GROUPS = ['禾墩镇安监中队', '青圩镇安监中队']
const signal = new AbortController().signal

async function simulator(options: WecomOptions = {}) {
  const started = await startWecomSimulator({ secret: SECRETS.app, ...options })
  bench.endWith(() => started.stop())
  const base = { baseUrl: `http://127.0.0.1:${started.port}`, answerTimeoutMs: 10_000 }
  const robots = [
    { group: GROUPS[0], key: 'one' },
    { group: GROUPS[1], key: 'two' },
  ]
  return {
    simulator: started,
    robot: (more: object = {}) => bench.open(wecom, { kind: 'robot', ...base, robots, ...more }),
    app: (more: object = {}) =>
      bench.open(wecom, {
        ...{ kind: 'app', ...base, corpId: 'ww1', agentId: 1_000_002, secret: 'app' },
        ...more,
      }),
  }
}

describe('a robot in each group', () => {
  it('reaches each group over its own robot, and no other', async () => {
    const { simulator: wire, robot } = await simulator()
    const outcomes = await sendSample(robot(), [...GROUPS, '没有配置的群'])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'refused'])
    expect(outcomes[2]).toMatchObject({ scope: 'recipient', code: 'group-unknown' })
    expect(wire.messages().map(({ to }) => to)).toEqual([SECRETS.one, SECRETS.two])
    expect(wire.messages()[0]?.text).toContain(SAMPLE_INPUT.title)
  })

  it('counts bytes, not characters: 682 Chinese characters fit, 683 do not', async () => {
    const { robot } = await simulator()
    const channel = robot()
    const payload = (text: string) => ({ form: 'text' as const, fields: { text: [text] } })
    expect(channel.check(payload('长'.repeat(682)))).toEqual([])
    expect(channel.check(payload('长'.repeat(683)))).toMatchObject([
      { field: 'text', limit: 2_048 },
    ])
    const markdown = robot({ format: 'markdown' })
    const marked = { form: 'text' as const, fields: { markdown: ['长'.repeat(1_365)] } }
    expect(markdown.check(marked)).toEqual([])
    marked.fields.markdown = ['长'.repeat(1_366)]
    expect(markdown.check(marked)).toMatchObject([{ field: 'markdown', limit: 4_096 }])
    expect(channel.check(payload(' '))).toMatchObject([{ field: 'text' }])
  })

  it('sends nothing that grew over the limit when its link was filled in', async () => {
    const { simulator: wire, robot } = await simulator()
    const batch = sampleBatch({ text: '长'.repeat(700) }, GROUPS)
    const outcomes = await robot().send(batch, signal)
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ kind: 'refused', code: 'too-long' })
    expect(wire.messages()).toEqual([])
  })

  it('declares 20 a minute for each robot, and a setting replaces it', async () => {
    const { robot } = await simulator()
    expect(robot().capabilities.rates?.limits).toEqual([
      { scope: 'target', window: 60_000, max: 20, unit: 'call', penaltyMs: 60_000 },
    ])
    const rates = { limits: [{ scope: 'account', window: 60_000, max: 5, unit: 'call' }] }
    expect(robot({ rates }).capabilities.rates).toEqual(rates)
  })

  it('too fast: only this group waits, the other gets its message', async () => {
    const { simulator: wire, robot } = await simulator()
    wire.setFault('limited', (key) => key === SECRETS.one)
    const outcomes = await sendSample(robot(), GROUPS)
    expect(outcomes[0]).toMatchObject({ kind: 'retry', code: '45009', limited: true })
    expect(outcomes[0]).toMatchObject({ notBeforeMs: 60_000 })
    expect(outcomes[1]).toEqual({ kind: 'accepted' })
  })

  it('a robot taken out of its group stops no other; where it is the only one, it stops the road', async () => {
    const { robot } = await simulator({ robots: [SECRETS.two] })
    const outcomes = await sendSample(robot(), GROUPS)
    expect(outcomes[0]).toMatchObject({ kind: 'refused', scope: 'recipient', code: '93000' })
    expect(outcomes[1]).toEqual({ kind: 'accepted' })
    expect(await robot().health()).toMatchObject({ state: 'degraded' })
    const lone = robot({ robots: [{ group: GROUPS[0], key: 'one' }] })
    const [outcome] = await sendSample(lone, GROUPS.slice(0, 1))
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'account', code: '93000' })
    expect(await lone.health()).toMatchObject({ state: 'down' })
  })

  it('asks for the state of the robots without a message', async () => {
    const { simulator: wire, robot } = await simulator()
    expect(await robot().health()).toMatchObject({ state: 'ok' })
    expect(wire.messages()).toEqual([])
  })

  it('an unknown code is refused and never tried again; a broken gateway leaves doubt', async () => {
    const { simulator: wire, robot } = await simulator()
    const channel = robot()
    wire.setFault('unknown-code')
    const refused: Partial<Outcome> = { kind: 'refused', scope: 'message', code: '999001' }
    expect((await sendSample(channel, GROUPS))[0]).toMatchObject(refused)
    wire.setFault('server-error')
    expect((await sendSample(channel, GROUPS))[0]).toMatchObject({
      kind: 'unsure',
      code: 'http-502',
    })
    wire.setFault('busy')
    expect((await sendSample(channel, GROUPS))[0]).toMatchObject({ kind: 'retry', code: '-1' })
  })

  it('never says a key', async () => {
    const { simulator: wire, robot } = await simulator()
    const channel = robot()
    const seen: unknown[] = []
    for (const fault of ['none', 'account', 'drop-after-body', 'garbage', 'refuse'] as const) {
      wire.setFault(fault)
      seen.push(await sendSample(channel, GROUPS), await channel.health())
    }
    await wire.stop()
    seen.push(await sendSample(channel, GROUPS), bench.said)
    const text = JSON.stringify(seen)
    for (const secret of Object.values(SECRETS)) expect(text).not.toContain(secret)
    for (const group of GROUPS) expect(text).not.toContain(group)
  })
})

describe('what a message says', () => {
  it('pictures, tables and files are losses', async () => {
    const { robot } = await simulator()
    const { losses } = robot().render({
      ...SAMPLE_INPUT,
      blocks: [...SAMPLE_INPUT.blocks, { kind: 'picture', sha256: '0'.repeat(64), alt: '' }],
      attachments: [
        { sha256: '1'.repeat(64), name: '清单.pdf', mediaType: 'application/pdf', bytes: 1 },
      ],
    })
    expect(losses).toEqual([
      ...['1 张图片不随消息发出', '1 个表格改为逐行文字', '附件不随消息发出：清单.pdf'],
    ])
  })

  it('only the title and the quote, with the public address, where the road says so', async () => {
    const { simulator: wire, robot } = await simulator()
    await sendSample(robot({ contents: 'title', link: true }), GROUPS)
    const text = wire.messages()[0]?.text ?? ''
    expect(text).toContain('市气象台 2026-07-01 08:00：请注意防范。')
    expect(text).not.toContain('为期一个月')
    expect(text).toContain('详见 https://example.test/item/42 ')
  })

  it('Markdown: words of a bulletin become no heading, link or tag', async () => {
    const { simulator: wire, robot } = await simulator()
    await sendSample(robot({ format: 'markdown' }), GROUPS, {
      title: '关于 [点我](https://evil.test) 的通知',
      blocks: [{ kind: 'paragraph', text: '# 不是标题\n<font color="warning">红</font> *重*' }],
    })
    const [message] = wire.messages()
    expect(message?.body['msgtype']).toBe('markdown')
    expect(message?.text).toContain('### 关于 \\[点我\\](https://evil.test) 的通知')
    expect(message?.text).toContain(
      '\\# 不是标题\n\\<font color="warning"\\>红\\</font\\> \\*重\\*',
    )
  })

  it('what was signed as text leaves as text, whatever the settings say since', async () => {
    const { simulator: wire, robot } = await simulator()
    const fields = filledFields(robot().render(SAMPLE_INPUT).payload)
    await robot({ format: 'markdown' }).send(sampleBatch(fields, GROUPS), signal)
    expect(wire.messages()[0]?.body['msgtype']).toBe('text')
  })
})

describe('a message of the app', () => {
  const MEMBERS = ['shen', 'Lu', 'qian', 'wu']

  it('reaches all members in one call; unknown ones are refused one by one', async () => {
    const { simulator: wire, app } = await simulator({ members: ['shen', 'qian'] })
    const outcomes = await sendSample(app(), MEMBERS)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'refused', 'accepted', 'refused'])
    expect(outcomes[1]).toMatchObject({ scope: 'recipient', code: 'invaliduser' })
    expect(outcomes[0]).toEqual({ kind: 'accepted', reference: 'msg-1' })
    expect(wire.messages().map(({ to }) => to)).toEqual(['shen', 'qian'])
    wire.setFault('unlicensed')
    expect((await sendSample(app(), ['shen']))[0]).toMatchObject({ kind: 'refused', code: '81013' })
  })

  it('nobody signed for everybody: @all and lists are no members', async () => {
    const { simulator: wire, app } = await simulator()
    const outcomes = await sendSample(app(), ['@all', 'a|b', 'shen'])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'accepted'])
    expect(wire.messages().map(({ to }) => to)).toEqual(['shen'])
  })

  it('the same message to the same members is taken once', async () => {
    const { simulator: wire, app } = await simulator()
    const first = await sendSample(app(), MEMBERS)
    const second = await sendSample(app(), MEMBERS)
    expect(second).toEqual(first)
    expect([...wire.counts().values()]).toEqual([1, 1, 1, 1])
    expect(wire.messages()[0]?.body).toMatchObject({
      ...{ enable_duplicate_check: 1, duplicate_check_interval: 14_400, agentid: 1_000_002 },
    })
  })

  it('fetches its token once, and again when it has run out', async () => {
    const { simulator: wire, app } = await simulator()
    const channel = app()
    await Promise.all(MEMBERS.map((member) => sendSample(channel, [member])))
    expect(wire.tokensGiven()).toBe(1)
    wire.setFault('token-expired')
    expect(await sendSample(channel, ['zheng'])).toMatchObject([{ kind: 'accepted' }])
    expect(wire.tokensGiven()).toBe(2)
  })

  it('a wrong secret stops the road before anything is sent', async () => {
    const { simulator: wire, app } = await simulator({ secret: 'another' })
    const outcomes = await sendSample(app(), MEMBERS)
    for (const one of outcomes) expect(one).toMatchObject({ kind: 'refused', scope: 'account' })
    expect(await app().health()).toMatchObject({ state: 'down' })
    expect(wire.messages()).toEqual([])
  })

  it('groups stand for departments, tags and members', async () => {
    const { simulator: wire, app } = await simulator()
    const groups = [{ group: '危化品科', parties: ['2'], tags: ['7'], users: ['shen'] }]
    const outcomes = await sendSample(app({ addressing: 'group', groups }), ['危化品科', '别的科'])
    expect(outcomes).toMatchObject([{ kind: 'accepted' }, { code: 'group-unknown' }])
    expect(wire.messages().map(({ to }) => to)).toEqual(['shen', 'party:2', 'tag:7'])
  })

  it('withdraws: the old message is recalled, a new one says why', async () => {
    const { simulator: wire, app } = await simulator()
    const channel = app()
    const [taken] = await sendSample(channel, MEMBERS)
    const reference = taken?.kind === 'accepted' ? taken.reference : undefined
    const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
    const given = sampleBatch(filledFields(payload), MEMBERS, { act: 'withdraw' })
    const batch = toRecall(given, [reference ?? ''])
    expect(await channel.retract?.(batch, signal)).toMatchObject(
      MEMBERS.map(() => ({ kind: 'accepted', code: 'recalled' })),
    )
    expect(wire.recalled()).toEqual([reference])
    expect(wire.messages().at(-1)?.text).toContain('原因：编号有误')
    expect(byteLength(wire.messages().at(-1)?.text ?? '')).toBeLessThan(2_048)
  })
})
