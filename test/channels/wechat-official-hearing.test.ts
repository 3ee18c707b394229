/** Callbacks of the official account: the check of the address, events open and sealed, what is forged or
 *  sealed for somebody else, and everything that is no callback at all. */
import { encrypt, getSignature } from '@wecom/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerCallback, heardIn } from '../../channels/wechat-official/hearing.ts'
import { wechatKey } from '../../src/kit/wechat-crypto.ts'
import { eventRequest, massEvent } from '../../src/simulator/wechat-official.ts'
import { APP_ID, closeAfterEach, openAccount, SECRETS } from './wechat-official-bench.ts'

closeAfterEach()

const URL_HERE = 'https://hub.example.test/callbacks/1/wechat-official/account'
const TOKEN = SECRETS['official-token']
const ENCODED = SECRETS['official-key']
const KEY = wechatKey(ENCODED)
const said: string[] = []
const tools = {
  log: (event: string, facts: object) => void said.push(JSON.stringify([event, facts])),
}
const sealed = {
  ...{ appId: APP_ID, tools },
  secrets: { secret: 'x', token: TOKEN, ...(KEY ? { aesKey: KEY } : {}) },
}
const open = { appId: APP_ID, tools, secrets: { secret: 'x', token: TOKEN } }
const EVENT = massEvent({ id: '9007199254740995' }, 'send success')

function addressed(values: Readonly<Record<string, string>>): string {
  return `${URL_HERE}?${new URLSearchParams(values)}`
}

describe('the check of the address', () => {
  const values = (token: string, echostr = '5838479218127813673') => ({
    ...{ timestamp: '1409659589', nonce: '263014780', echostr },
    signature: getSignature(token, '1409659589', '263014780', ''),
  })

  it('gives back what it was given, to the platform only', async () => {
    for (const listening of [sealed, open]) {
      const good = await answerCallback(listening, new Request(addressed(values(TOKEN))))
      expect(good.response.status).toBe(200)
      expect(await good.response.text()).toBe('5838479218127813673')
      const stranger = await answerCallback(listening, new Request(addressed(values('guess'))))
      expect(stranger.response.status).toBe(403)
      const script = values(TOKEN, '<script>alert(1)</script>')
      const loud = await answerCallback(listening, new Request(addressed(script)))
      expect(await loud.response.text()).not.toContain('<script>')
      expect((await answerCallback(listening, new Request(URL_HERE))).response.status).toBe(403)
    }
  })
})

describe('events', () => {
  it('the simulator tells a road of its own, sealed and open, twice where it is not believed', async () => {
    for (const [settings, encodingAesKey] of [
      [{}, ENCODED],
      [{ callback: { token: 'official-token', plain: true } }, undefined],
    ] as const) {
      const { channel } = await openAccount({ push: true, ...settings })
      const callback = {
        ...{ url: URL_HERE, token: TOKEN },
        ...(encodingAesKey === undefined ? {} : { encodingAesKey }),
      }
      const hear = () => channel.receipts?.(eventRequest(callback, APP_ID, EVENT))
      const first = await hear()
      expect(first?.heard).toEqual([
        {
          ...{ kind: 'receipt', reference: '9007199254740995', state: 'delivered' },
          ...{ code: 'send success', at: new Date(1_782_868_080_000) },
        },
      ])
      expect(await first?.response.text()).toBe('success')
      expect((await hear())?.heard).toEqual(first?.heard)
    }
  })

  it('opens what the platform library sealed', async () => {
    const ciphered = encrypt(ENCODED, EVENT, APP_ID)
    const msg_signature = getSignature(TOKEN, '1', '2', ciphered)
    const url = addressed({ timestamp: '1', nonce: '2', encrypt_type: 'aes', msg_signature })
    const body = `<xml><Encrypt><![CDATA[${ciphered}]]></Encrypt></xml>`
    const { heard } = await answerCallback(sealed, new Request(url, { method: 'POST', body }))
    expect(heard).toMatchObject([{ reference: '9007199254740995' }])
  })

  it('a failed send says the reason of the review; a tap that never came is a failure', () => {
    const parsed = (status: string) =>
      heardIn({ Event: 'MASSSENDJOBFINISH', MsgID: '12', Status: status })
    expect(parsed('err(20008)')).toMatchObject([{ state: 'failed', code: 'err(20008) 涉嫌欺诈' }])
    expect(parsed('err(20431)')).toMatchObject([{ state: 'failed', code: 'err(20431)' }])
    expect(parsed('send fail')).toMatchObject([{ state: 'failed', code: 'send fail' }])
    expect(parsed('<b>13800138000\n')).toMatchObject([{ state: 'failed', code: 'b13800138000' }])
  })

  it('a publication ends well, or not, or not yet; a repeated element is a list', () => {
    const parsed = (publish_status: string, publish_id: unknown = '100000001') =>
      heardIn({ Event: 'PUBLISHJOBFINISH', PublishEventInfo: { publish_id, publish_status } })
    expect(parsed('0')).toMatchObject([{ state: 'delivered', reference: '100000001' }])
    expect(parsed('4')).toMatchObject([{ state: 'failed', code: 'publish-4' }])
    expect(parsed('1')).toEqual([])
    expect(parsed('77')).toEqual([])
    expect(parsed('toString')).toEqual([])
    expect(parsed('0', ['100000002', '3'])).toMatchObject([{ reference: '100000002' }])
    expect(parsed('0', '<script>')).toEqual([])
  })

  it('what followers write is no business of this channel, and is answered all the same', async () => {
    const text = '<xml><MsgType><![CDATA[text]]></MsgType><Content>收到</Content></xml>'
    const callback = { url: URL_HERE, token: TOKEN, encodingAesKey: ENCODED }
    const { heard, response } = await answerCallback(sealed, eventRequest(callback, APP_ID, text))
    expect(heard).toEqual([])
    expect(await response.text()).toBe('success')
  })
})

describe('what is not believed', () => {
  const post = (listening: typeof sealed | typeof open, url: string, body: string) =>
    answerCallback(listening, new Request(url, { method: 'POST', body }))
  const openUrl = addressed({
    ...{ timestamp: '1', nonce: '2', signature: getSignature(TOKEN, '1', '2', '') },
  })

  it('an open event where events are sealed, even with a right signature beside it', async () => {
    const { heard, response } = await post(sealed, openUrl, EVENT)
    expect(heard).toEqual([])
    expect(response.status).toBe(403)
  })

  it('a word beside the sealed one (兼容模式) is not read', async () => {
    const ciphered = encrypt(ENCODED, '<xml><Event>LOCATION</Event></xml>', APP_ID)
    const msg_signature = getSignature(TOKEN, '1', '2', ciphered)
    const url = addressed({ timestamp: '1', nonce: '2', encrypt_type: 'aes', msg_signature })
    const body = EVENT.replace('</xml>', `<Encrypt>${ciphered}</Encrypt></xml>`)
    const { heard, response } = await post(sealed, url, body)
    expect(heard).toEqual([])
    expect(response.status).toBe(200)
  })

  it('what was sealed for another account, under another key, or signed for another text', async () => {
    const cases = [
      encrypt(ENCODED, EVENT, 'wx0000000000000000'),
      encrypt(`${ENCODED.slice(1)}X`, EVENT, APP_ID),
      'not sealed at all',
      '',
    ]
    for (const ciphered of cases) {
      const msg_signature = getSignature(TOKEN, '1', '2', ciphered)
      const url = addressed({ timestamp: '1', nonce: '2', encrypt_type: 'aes', msg_signature })
      const { heard, response } = await post(
        sealed,
        url,
        `<xml><Encrypt>${ciphered}</Encrypt></xml>`,
      )
      expect(heard).toEqual([])
      expect(response.status).toBe(403)
    }
    const good = encrypt(ENCODED, EVENT, APP_ID)
    const msg_signature = getSignature(TOKEN, '1', '2', `${good}=`)
    const url = addressed({ timestamp: '1', nonce: '2', encrypt_type: 'aes', msg_signature })
    expect((await post(sealed, url, `<xml><Encrypt>${good}</Encrypt></xml>`)).response.ok).toBe(
      false,
    )
  })

  it('a document type, a body without end, and a road without a token', async () => {
    const entity = `<!DOCTYPE xml [<!ENTITY a "b">]>${EVENT}`
    expect((await post(open, openUrl, entity)).response.status).toBe(400)
    expect((await post(open, openUrl, 'x'.repeat(1_100_000))).response.status).toBe(413)
    const deep = '<a>'.repeat(200_000)
    expect((await post(open, openUrl, deep)).heard).toEqual([])
    const none = { appId: APP_ID, tools, secrets: { secret: 'x' } }
    const signature = getSignature('', '1', '2', '')
    const url = addressed({ timestamp: '1', nonce: '2', signature })
    const { response } = await answerCallback(
      none,
      new Request(url, { method: 'POST', body: EVENT }),
    )
    expect(response.status).toBe(403)
    expect(said.join('')).not.toContain(TOKEN)
  })
})

describe('anything at all', () => {
  const names = fc.constantFrom(
    'Event',
    'MsgID',
    'Status',
    'Encrypt',
    'PublishEventInfo',
    '__proto__',
  )
  const words = fc.oneof(
    fc.constantFrom('MASSSENDJOBFINISH', 'PUBLISHJOBFINISH', 'send success', ']]>', '<![CDATA['),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )
  const trees = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      words,
      fc
        .tuple(names, tie('tree'), tie('tree'))
        .map(([name, one, two]) => `<${name}>${one}</${name}>${two}`),
    ),
  })).tree

  it('is answered, and an event is only heard with a name that can be one', async () => {
    const url = addressed({
      ...{ timestamp: '1', nonce: '2', signature: getSignature(TOKEN, '1', '2', '') },
    })
    const bodies = fc.oneof(
      trees.map((tree) => `<xml>${tree}</xml>`),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .tuple(fc.nat({ max: EVENT.length }), fc.string({ maxLength: 4 }))
        .map(([at, word]) => EVENT.slice(0, at) + word + EVENT.slice(at + word.length)),
    )
    let heardOnce = 0
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const request = new Request(url, { method: 'POST', body })
        const { heard, response } = await answerCallback(open, request)
        expect([200, 400]).toContain(response.status)
        for (const { reference } of heard) expect(reference).toMatch(/^[\w.-]{1,128}$/)
        heardOnce += heard.length
      }),
      { numRuns: 20_000 },
    )
    expect(heardOnce).toBeGreaterThan(0)
  }, 60_000)

  it('behind a right seal too, and behind a wrong one nothing is heard', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.boolean(), async (tree, genuine) => {
        const inside = `<xml>${tree}</xml>`
        const ciphered = genuine ? encrypt(ENCODED, inside, APP_ID) : inside
        const token = genuine ? TOKEN : 'guess'
        const msg_signature = getSignature(token, '1', '2', ciphered)
        const url = addressed({ timestamp: '1', nonce: '2', encrypt_type: 'aes', msg_signature })
        const body = `<xml><Encrypt><![CDATA[${ciphered}]]></Encrypt></xml>`
        const request = new Request(url, { method: 'POST', body })
        const { heard, response } = await answerCallback(sealed, request)
        if (!genuine) expect([heard.length, response.status]).toEqual([0, 403])
        else expect([200, 400]).toContain(response.status)
      }),
      { numRuns: 10_000 },
    )
  }, 60_000)

  it('as a tree of any shape', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.oneof(names, fc.string()) }), (tree) => {
        for (const event of ['MASSSENDJOBFINISH', 'PUBLISHJOBFINISH'])
          expect(Array.isArray(heardIn({ ...tree, Event: event }))).toBe(true)
      }),
      { numRuns: 20_000 },
    )
  }, 60_000)
})
