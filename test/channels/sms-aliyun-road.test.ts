/** Aliyun's short messages beyond the contract: which call serves whom, every code, what is asked later, and
 *  what is heard. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALIYUN_SMS } from '../../channels/sms-aliyun/codes.ts'
import { heardIn } from '../../channels/sms-aliyun/hearing.ts'
import { smsAliyun } from '../../channels/sms-aliyun.ts'
import { type AliyunSmsOptions, startAliyunSms } from '../../src/simulator/aliyun-sms.ts'
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

async function open(more: object = {}, options: AliyunSmsOptions = {}, said: string[] = []) {
  const key = { id: 'duoling', secret: SECRET }
  const simulator = await startAliyunSms({ key, now: SAMPLE_TIME, ...options })
  endWith(() => simulator.stop())
  const settings = {
    endpoint: `http://127.0.0.1:${simulator.port}`,
    ...{ accessKeyId: 'duoling', accessKeySecret: 'aliyun-secret', signature: '桐乡应急' },
    ...{ templates: TEMPLATES, answerTimeoutMs: 10_000, ...more },
  }
  return { simulator, channel: openChannel(smsAliyun, settings, said) }
}

/** `numbers at one call` by the receipt number of the call. */
function calls(simulator: Awaited<ReturnType<typeof startAliyunSms>>): number[] {
  const sizes = new Map<string, number>()
  for (const { bizId } of simulator.messages()) sizes.set(bizId, (sizes.get(bizId) ?? 0) + 1)
  return [...sizes.values()]
}

describe('which call serves whom', () => {
  closeAfterEach()

  it('sends one number a call by default, with the variables and our own name', async () => {
    const { simulator, channel } = await open()
    const outcomes = await sendSample(channel)
    expect(calls(simulator)).toEqual([1, 1, 1])
    const [message] = simulator.messages()
    expect(message?.parameters['title']).toBe(SAMPLE_INPUT.title)
    expect(String(message?.parameters['text'])).toContain('市气象台 2026-07-01 08:00：请注意防范。')
    expect(message).toMatchObject({ template: 'SMS_1001', signature: '桐乡应急' })
    for (const outcome of outcomes)
      expect(outcome).toEqual({ kind: 'accepted', reference: message?.outId, units: 3 })
  })

  it('sends the same words in one call where many are allowed, and a warning still singly', async () => {
    const { simulator, channel } = await open({ numbersMax: 1_000 })
    await sendSample(channel)
    expect(calls(simulator)).toEqual([3])
    await sendSample(channel, { level: 'red' })
    expect(calls(simulator)).toEqual([3, 1, 1, 1])
  })

  it('sends under the signature that was signed, also when the settings changed since', async () => {
    const { simulator, channel } = await open()
    const endpoint = `http://127.0.0.1:${simulator.port}`
    const later = await open({ endpoint, signature: '别家单位' })
    await later.channel.send(batchOf(channel), never)
    expect(simulator.messages().map(({ signature }) => signature)).toEqual([
      ...['桐乡应急', '桐乡应急', '桐乡应急'],
    ])
  })

  it('takes a thousand numbers in one call, and 100 where each has words of its own', async () => {
    const { simulator, channel } = await open({ numbersMax: 1_000 })
    const many = Array.from({ length: 1_000 }, (_, index) => String(13_900_000_000 + index))
    const outcomes = await sendSample(channel, {}, many)
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true)
    expect(calls(simulator)).toEqual([1_000])
    const named = await open({ numbersMax: 1_000, templates: NAMED_TEMPLATES })
    await named.channel.send(namedBatch(named.channel, many.slice(0, 250)), never)
    expect(calls(named.simulator).toSorted()).toEqual([100, 100, 50])
    const names = named.simulator.messages().map(({ parameters }) => parameters['name'])
    expect(new Set(names).size).toBe(250)
  })

  it('finds the one number that is refused among many, and loses none of the others', async () => {
    const { simulator, channel } = await open({ numbersMax: 100 })
    simulator.setBad([NUMBERS[1]])
    const outcomes = await sendSample(channel)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'refused', 'accepted'])
    expect(outcomes[1]).toMatchObject({ scope: 'recipient', code: 'isv.MOBILE_NUMBER_ILLEGAL' })
    expect([...simulator.counts().values()]).toEqual([1, 1])
  })
})

describe('what the platform answers', () => {
  closeAfterEach()

  it.each([
    ['account', { kind: 'refused', scope: 'account', code: 'Forbidden.RAM' }],
    ['balance', { kind: 'refused', scope: 'account', code: 'isv.AMOUNT_NOT_ENOUGH' }],
    ['refuse-message', { kind: 'refused', scope: 'message', code: 'isv.SMS_CONTENT_ILLEGAL' }],
    ['unknown-code', { kind: 'refused', scope: 'message', code: 'isv.NEW_IN_2027' }],
    ['throttled', { kind: 'retry', limited: true, notBeforeMs: 1_000 }],
    ['system-error', { kind: 'unsure', code: 'isp.SYSTEM_ERROR' }],
    ['server-error', { kind: 'unsure', code: 'http-502' }],
    ['minute-limit', { kind: 'retry', notBeforeMs: 60_000 }],
    ['day-limit', { kind: 'refused', scope: 'recipient', code: 'isv.BUSINESS_LIMIT_CONTROL' }],
  ] as const)('%s', async (fault, expected) => {
    const said: string[] = []
    const { simulator, channel } = await open({}, {}, said)
    simulator.setFault(fault)
    const [first, ...rest] = await sendSample(channel)
    expect(first).toMatchObject(expected)
    for (const outcome of rest) expect(['retry', first?.kind]).toContain(outcome.kind)
    const words = JSON.stringify([said, first, rest])
    for (const secret of [SECRET, ...NUMBERS]) expect(words).not.toContain(secret)
  })

  it('does not stop the account for the frequency of one number', async () => {
    const { simulator, channel } = await open()
    simulator.setFault('minute-limit')
    const [outcome] = await sendSample(channel, {}, [NUMBERS[0]])
    expect(outcome).not.toHaveProperty('limited')
    for (const numbersMax of [1, 100]) {
      const road = await open({ numbersMax })
      const isSecond = (said: URLSearchParams) => said.get('PhoneNumbers')?.includes(NUMBERS[1])
      road.simulator.setFault('minute-limit', (said) => isSecond(said) ?? false)
      const kinds = (await sendSample(road.channel)).map(({ kind }) => kind)
      expect(kinds).toEqual(['accepted', 'retry', 'accepted'])
      expect([...road.simulator.counts().values()]).toEqual([1, 1])
    }
  })

  it('says of every code of the table what to do, in a person’s words', () => {
    for (const [code, { means, text }] of Object.entries(ALIYUN_SMS.table)) {
      expect(code).toMatch(/^[\w.]+$/)
      expect(text.length).toBeGreaterThan(3)
      expect(['retry', 'limited', 'unsure', 'recipient', 'message', 'account']).toContain(means)
    }
  })

  it('shows what is wrong with the signature or the key', async () => {
    const { simulator, channel } = await open()
    expect(await channel.health()).toMatchObject({ state: 'ok' })
    simulator.setSignStatus(0)
    expect(await channel.health()).toMatchObject({ state: 'degraded' })
    simulator.setSignStatus(2)
    expect(await channel.health()).toMatchObject({ state: 'down' })
    const other = await open({ signature: '别家单位' })
    expect(await other.channel.health()).toMatchObject({ state: 'down' })
    const wrong = await open({ accessKeyId: 'somebody' })
    const health = await wrong.channel.health()
    expect(health).toMatchObject({ state: 'down', detail: expect.stringContaining('accessKeyId') })
    const [outcome] = await sendSample(wrong.channel)
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'account' })
  })
})

describe('what is asked and heard later', () => {
  closeAfterEach()

  it('resolves a lost answer by asking for the number’s messages of the day', async () => {
    const { simulator, channel } = await open()
    simulator.setFault('drop-after-body')
    const batch = batchOf(channel)
    const lost = await channel.send(batch, never)
    expect(lost.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
    simulator.setFault('none')
    const known = await channel.reconcile?.(batch, never)
    expect(known?.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(simulator.messages()).toHaveLength(3)
    // What certainly is not there yet is no proof that it never came.
    const other = await channel.reconcile?.(batchOf(channel, {}, NUMBERS, 'd2'), never)
    expect(other?.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
    await simulator.finish(false)
    const failed = await channel.reconcile?.(batch, never)
    expect(failed?.[0]).toMatchObject({ kind: 'refused', scope: 'recipient' })
  })

  it('looks at the day before too, and stays unsure when nobody answers', async () => {
    let now = new Date('2026-07-01T15:55:00Z')
    const { simulator, channel } = await open({}, { now: () => now })
    const batch = { ...batchOf(channel), at: now }
    simulator.setFault('drop-after-body')
    await channel.send(batch, never)
    // Ten minutes later it is the next day in China.
    now = new Date('2026-07-01T16:05:00Z')
    const known = await channel.reconcile?.({ ...batch, at: now }, never)
    expect(known?.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
    await simulator.stop()
    const nobody = await channel.reconcile?.({ ...batch, at: now }, never)
    expect(nobody?.map(({ kind }) => kind)).toEqual(['unsure', 'unsure', 'unsure'])
  })

  it('asks what became of messages where nothing is pushed', async () => {
    const { simulator, channel } = await open()
    expect(channel.capabilities.receipts).toBe('poll')
    expect(channel.receipts).toBeUndefined()
    const [outcome] = await sendSample(channel)
    const reference = outcome?.kind === 'accepted' ? (outcome.reference ?? '') : ''
    const pending = NUMBERS.map((address) => ({
      ...{ reference, address, title: '', act: 'publish' as const, sentAt: SAMPLE_TIME() },
    }))
    expect(await channel.poll?.(pending, never)).toEqual([])
    await simulator.finish(true)
    const heard = await channel.poll?.(pending, never)
    expect(heard?.map((one) => (one.kind === 'receipt' ? one.address : ''))).toEqual(NUMBERS)
    expect(heard?.[0]).toMatchObject({
      ...{ kind: 'receipt', reference, state: 'delivered', code: 'DELIVERED' },
      at: new Date('2026-07-01T01:08:00Z'),
    })
  })

  it('hears pushed reports, also twice, and replies, under the reference it gave', async () => {
    const { simulator, channel } = await open({ callbackSecret: 'callback' })
    const hub = await openCallbackHub(channel, CALLBACK_SECRET)
    endWith(() => hub.stop())
    simulator.setCallback(hub.url)
    const [outcome] = await sendSample(channel)
    expect(await simulator.finish(false, 2)).toEqual([200, 200])
    expect(hub.heard).toHaveLength(6)
    const reference = outcome?.kind === 'accepted' ? outcome.reference : ''
    expect(hub.heard[0]).toMatchObject({
      ...{ kind: 'receipt', reference, address: NUMBERS[0], state: 'failed' },
      ...{ code: 'MOBILE_NOT_ON_SERVICE', at: new Date('2026-07-01T01:08:00Z') },
    })
    expect(hub.heard.slice(3)).toEqual(hub.heard.slice(0, 3))
    expect(await simulator.reply(NUMBERS[0], '收到')).toBe(200)
    expect(hub.heard.at(-1)).toEqual({
      ...{ kind: 'reply', from: NUMBERS[0], text: '收到', id: '13800138001.1234567891' },
      at: new Date('2026-07-01T01:30:00Z'),
    })
  })

  it('refuses what is forged, broken or too long, and says nothing of it to the hub', async () => {
    const { channel } = await open({ callbackSecret: 'callback' })
    const told = async (path: string, body: string) => {
      const request = new Request(`https://hub.example/callbacks/1/sms/aliyun/${path}`, {
        ...{ method: 'POST', body },
      })
      const answered = await channel.receipts?.(request)
      expect(answered?.heard).toEqual([])
      return answered?.response.status
    }
    expect(await told('guessed', '[]')).toBe(403)
    expect(await told('%zz', '[]')).toBe(403)
    expect(await told('', '[]')).toBe(403)
    expect(await told(CALLBACK_SECRET, '{')).toBe(400)
    expect(await told(CALLBACK_SECRET, 'x'.repeat(1024 * 1024 + 1))).toBe(413)
    expect(await told(CALLBACK_SECRET, '[{"phone_number":"1"},null,7,{}]')).toBe(200)
  })

  it('reads whatever a callback holds without a fault', { timeout: 60_000 }, () => {
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null), fc.object())
    const keys = ['phone_number', 'out_id', 'biz_id', 'success', 'content', 'report_time']
    const record = fc.dictionary(fc.constantFrom(...keys, 'x'), value, { maxKeys: 6 })
    const tree = fc.oneof(fc.array(fc.oneof(record, value), { maxLength: 3 }), fc.anything())
    fc.assert(
      fc.property(tree, (given) => {
        for (const one of heardIn(given)) expect(one.kind).toMatch(/^(receipt|reply)$/)
      }),
      { numRuns: 40_000 },
    )
  })
})
