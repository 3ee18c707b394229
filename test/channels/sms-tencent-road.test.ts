/** Tencent Cloud's short messages beyond the contract: the official SDK, an answer for each number, every code,
 *  and queues that give each record once. */
import { createRequire } from 'node:module'
import fc from 'fast-check'
import type TencentSdk from 'tencentcloud-sdk-nodejs-sms'
import { describe, expect, it } from 'vitest'
import { TENCENT_SMS } from '../../channels/sms-tencent/codes.ts'
import { heardIn, pulledReceipt, pulledReply } from '../../channels/sms-tencent/hearing.ts'
import { tc3Authorization } from '../../channels/sms-tencent/tc3.ts'
import { smsTencent } from '../../channels/sms-tencent.ts'
import { startTencentSms } from '../../src/simulator/tencent-sms.ts'
import type { TencentSmsOptions } from '../../src/simulator/tencent-sms-world.ts'
import { openCallbackHub } from './callback-hub.ts'
import {
  batchOf,
  CALLBACK_SECRET,
  closeAfterEach,
  endWith,
  NAMED_TEMPLATES,
  NUMBERS,
  namedBatch,
  openChannel,
  SAMPLE_TIME,
  SECRET,
  sendSample,
  TEMPLATES,
} from './cloud-messages-kit.ts'
import { SAMPLE_INPUT } from './sample.ts'

const never = new AbortController().signal
// The package is written for CommonJS.
const here = createRequire(import.meta.url)
const { sms } = here('tencentcloud-sdk-nodejs-sms') as typeof TencentSdk

async function open(more: object = {}, options: TencentSmsOptions = {}, said: string[] = []) {
  const key = { id: 'duoling', secret: SECRET }
  const simulator = await startTencentSms({ key, now: SAMPLE_TIME, left: 5_000, ...options })
  endWith(() => simulator.stop())
  const settings = {
    endpoint: `http://127.0.0.1:${simulator.port}`,
    ...{ secretId: 'duoling', secretKey: 'tencent-key', sdkAppId: '1400006666' },
    ...{ signature: '桐乡应急', templates: TEMPLATES, answerTimeoutMs: 10_000, ...more },
  }
  return { simulator, channel: openChannel(smsTencent, settings, said) }
}

describe('the official SDK and our signature', () => {
  closeAfterEach()

  function client(port: number, secretKey = SECRET) {
    const httpProfile = { endpoint: `127.0.0.1:${port}`, protocol: 'http://' }
    return new sms.v20210111.Client({
      credential: { secretId: 'duoling', secretKey },
      ...{ region: 'ap-guangzhou', profile: { httpProfile } },
    })
  }
  const asked = {
    ...{ PhoneNumberSet: ['+8613800138001'], SmsSdkAppId: '1400006666', TemplateId: '1001' },
    ...{ SignName: '桐乡应急', TemplateParamSet: ['停电'], SessionContext: 'abc' },
  }

  it('sends over the SDK to our simulator, which takes it and counts it', async () => {
    const key = { id: 'duoling', secret: SECRET }
    const simulator = await startTencentSms({ key })
    endWith(() => simulator.stop())
    const answer = await client(simulator.port).SendSms(asked)
    expect(answer.SendStatusSet?.map(({ Code }) => Code)).toEqual(['Ok'])
    expect([...simulator.counts()]).toEqual([['abc 13800138001', 1]])
    await simulator.finish(true)
    const pull = { Limit: 10, SmsSdkAppId: '1400006666' }
    const first = await client(simulator.port).PullSmsSendStatus(pull)
    expect(first.PullSmsSendStatusSet).toHaveLength(1)
    const second = await client(simulator.port).PullSmsSendStatus(pull)
    expect(second.PullSmsSendStatusSet).toEqual([])
  })

  it('refuses the SDK with another secret', async () => {
    const key = { id: 'duoling', secret: SECRET }
    const simulator = await startTencentSms({ key })
    endWith(() => simulator.stop())
    const sent = client(simulator.port, 'guessed').SendSms(asked)
    await expect(sent).rejects.toMatchObject({ code: 'AuthFailure.SignatureFailure' })
    expect(simulator.messages()).toEqual([])
  })

  it('is proved by the SDK’s own signer, whatever the body holds', () => {
    interface Signer {
      sign3(given: object): string
    }
    const there = createRequire(here.resolve('tencentcloud-sdk-nodejs-sms'))
    const common = there('tencentcloud-sdk-nodejs-common/tencentcloud/common/sign') as {
      default: Signer
    }
    const body = fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 40 }))
    fc.assert(
      fc.property(body, fc.integer({ min: 0, max: 4_000_000_000 }), (given, timestamp) => {
        const contentType = 'application/json; charset=utf-8'
        const ours = tc3Authorization({
          ...{ host: 'sms.tencentcloudapi.com', body: JSON.stringify(given), contentType },
          ...{ key: { id: 'duoling', secret: SECRET }, at: new Date(timestamp * 1_000) },
        })
        const official = common.default.sign3({
          ...{ method: 'POST', url: 'https://sms.tencentcloudapi.com/', timestamp, service: 'sms' },
          payload: Buffer.from(JSON.stringify(given)),
          ...{ secretId: 'duoling', secretKey: SECRET },
          headers: { 'Content-Type': contentType },
        })
        expect(ours).toBe(official)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('what the platform answers', () => {
  closeAfterEach()

  it('gives each number its own end, in one call', async () => {
    const { simulator, channel } = await open()
    simulator.setFault('partial')
    const outcomes = await sendSample(channel)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'refused', 'accepted'])
    expect(outcomes[0]).toMatchObject({ reference: simulator.messages()[0]?.serial, units: 2 })
    expect(outcomes[1]).toMatchObject({ code: 'FailedOperation.PhoneNumberInBlacklist' })
    const [message] = simulator.messages()
    expect(message?.parameters[0]).toBe(SAMPLE_INPUT.title)
    expect(message?.parameters).toHaveLength(2)
  })

  it('is unsure of a number the answer leaves out', async () => {
    const { simulator, channel } = await open()
    simulator.setFault('absent')
    const kinds = (await sendSample(channel)).map(({ kind }) => kind)
    expect(kinds).toEqual(['unsure', 'accepted', 'accepted'])
  })

  it('sends what was signed, also when the settings changed since', async () => {
    const { simulator, channel } = await open()
    const { publish } = TEMPLATES
    const swapped = { publish: { ...publish, variables: publish.variables.toReversed() } }
    const endpoint = `http://127.0.0.1:${simulator.port}`
    const later = await open({ endpoint, templates: swapped, signature: '别家单位' })
    const outcomes = await later.channel.send(batchOf(channel), never)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    const [message] = simulator.messages()
    expect(message).toMatchObject({ signature: '桐乡应急' })
    expect(message?.parameters[0]).toBe(SAMPLE_INPUT.title)
  })

  it('sends 200 numbers a call, and words of its own to each name', async () => {
    const { simulator, channel } = await open()
    const many = Array.from({ length: 200 }, (_, index) => String(13_900_000_000 + index))
    const outcomes = await sendSample(channel, {}, many)
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true)
    expect(simulator.messages()).toHaveLength(200)
    const named = await open({ templates: NAMED_TEMPLATES })
    await named.channel.send(namedBatch(named.channel), never)
    const names = named.simulator.messages().map(({ parameters }) => parameters[0])
    expect(names.toSorted()).toEqual(['第1位', '第2位', '第3位'])
  })

  it.each([
    ['account', { kind: 'refused', scope: 'account' }],
    [
      'balance',
      {
        ...{ kind: 'refused', scope: 'account' },
        code: 'FailedOperation.InsufficientBalanceInSmsPackage',
      },
    ],
    ['refuse-message', { kind: 'refused', scope: 'message' }],
    ['unknown-code', { kind: 'refused', scope: 'message', code: 'FailedOperation.NewIn2027' }],
    ['throttled', { kind: 'retry', limited: true, notBeforeMs: 1_000 }],
    ['number-limit', { kind: 'retry', notBeforeMs: 30_000 }],
    ['internal-error', { kind: 'unsure', code: 'InternalError.Timeout' }],
    ['server-error', { kind: 'unsure', code: 'http-502' }],
  ] as const)('%s', async (fault, expected) => {
    const said: string[] = []
    const { simulator, channel } = await open({}, {}, said)
    simulator.setFault(fault)
    const outcomes = await sendSample(channel)
    for (const outcome of outcomes) expect(outcome).toMatchObject(expected)
    const words = JSON.stringify([said, outcomes])
    for (const secret of [SECRET, ...NUMBERS]) expect(words).not.toContain(secret)
  })

  it('says of every code of the table what to do, in a person’s words', () => {
    for (const [code, { means, text }] of Object.entries(TENCENT_SMS.table)) {
      expect(code).toMatch(/^[\w.]+$/)
      expect(text.length).toBeGreaterThan(3)
      expect(['retry', 'limited', 'unsure', 'recipient', 'message', 'account']).toContain(means)
    }
  })

  it('shows what is left, and what is wrong with the key', async () => {
    const { simulator, channel } = await open()
    expect(await channel.health()).toMatchObject({
      ...{ state: 'ok', detail: expect.stringContaining('5000') },
    })
    simulator.setLeft(10)
    expect(await channel.health()).toMatchObject({ state: 'degraded' })
    simulator.setLeft(undefined)
    expect(await channel.health()).toMatchObject({ state: 'ok' })
    const wrong = await open({ secretId: 'somebody' })
    const health = await wrong.channel.health()
    expect(health).toMatchObject({ state: 'down', detail: expect.stringContaining('secretId') })
  })
})

describe('what is asked and heard later', () => {
  closeAfterEach()

  it('empties the queues, more than one page, and gets each record once', async () => {
    const { simulator, channel } = await open({ pulls: true, numbersMax: 200 })
    expect(channel.capabilities.receipts).toBe('pull-once')
    const many = Array.from({ length: 150 }, (_, index) => String(13_900_000_000 + index))
    const outcomes = await sendSample(channel, {}, many)
    await simulator.finish(true)
    await simulator.reply(NUMBERS[0], '收到')
    const heard = (await channel.poll?.([], never)) ?? []
    expect(heard).toHaveLength(151)
    const [first] = outcomes
    expect(heard[0]).toEqual({
      ...{ kind: 'receipt', state: 'delivered', code: 'DELIVRD', address: many[0] },
      reference: first?.kind === 'accepted' ? first.reference : '',
      at: new Date(1_782_868_080_000),
    })
    expect(heard.at(-1)).toMatchObject({ kind: 'reply', from: NUMBERS[0], text: '收到' })
    expect(await channel.poll?.([], never)).toEqual([])
  })

  it('hears nothing where the pulling was not opened, and says nothing false', async () => {
    const { channel } = await open({ pulls: true }, { pulls: false })
    expect(await channel.poll?.([], never)).toEqual([])
    const plain = await open()
    expect(plain.channel.poll).toBeUndefined()
    expect(plain.channel.reconcile).toBeUndefined()
    expect(plain.channel.capabilities).toMatchObject({ receipts: 'none', idempotency: 'none' })
  })

  it('resolves a lost answer once the carrier has reported', async () => {
    const { simulator, channel } = await open({ pulls: true })
    simulator.setFault('drop-after-body')
    const batch = batchOf(channel)
    const lost = await channel.send(batch, never)
    expect(lost.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
    const early = await channel.reconcile?.(batch, never)
    expect(early?.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
    await simulator.finish(true)
    const known = await channel.reconcile?.(batch, never)
    expect(known?.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(known?.[0]).toMatchObject({ reference: simulator.messages()[0]?.serial })
    const other = await channel.reconcile?.(batchOf(channel, {}, NUMBERS, 'd2'), never)
    expect(other?.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
  })

  it('hears pushed states and replies, and no forged ones', async () => {
    const { simulator, channel } = await open({ callbackSecret: 'callback' })
    const hub = await openCallbackHub(channel, CALLBACK_SECRET)
    endWith(() => hub.stop())
    const [outcome] = await sendSample(channel)
    expect(await simulator.finish(false, hub.url)).toBe(200)
    expect(hub.heard).toHaveLength(3)
    expect(hub.heard[0]).toEqual({
      ...{ kind: 'receipt', state: 'failed', code: 'MK:0001', address: NUMBERS[0] },
      reference: outcome?.kind === 'accepted' ? outcome.reference : '',
      at: new Date('2026-07-01T01:08:00Z'),
    })
    expect(await simulator.reply(NUMBERS[1], '退订', hub.url)).toBe(200)
    expect(await simulator.reply(NUMBERS[1], '退订', hub.url)).toBe(200)
    expect(hub.heard[3]).toMatchObject({ kind: 'reply', from: NUMBERS[1], text: '退订' })
    expect(hub.heard[4]).toEqual(hub.heard[3])
    const forged = await openCallbackHub(channel, 'guessed')
    endWith(() => forged.stop())
    expect(await simulator.reply(NUMBERS[1], '退订', forged.url)).toBe(0)
    expect(forged.heard).toEqual([])
  })

  it('reads whatever a callback or a queue holds without a fault', { timeout: 60_000 }, () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null), fc.object())
    const keys = ['mobile', 'sid', 'report_status', 'text', 'time', 'PhoneNumber', 'ReplyTime']
    const record = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 6 })
    const tree = fc.oneof(fc.array(fc.oneof(record, value), { maxLength: 3 }), record, value)
    fc.assert(
      fc.property(tree, (given) => {
        for (const one of heardIn(given)) expect(one.kind).toMatch(/^(receipt|reply)$/)
        pulledReceipt(given)
        pulledReply(given)
      }),
      { numRuns: 40_000 },
    )
  })
})
