/** What goes over the wire, byte by byte, for each shipped gateway; signatures are computed here again with
 *  other tools, SM3 by another implementation. */
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { sm3 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { PROFILES } from '../../channels/sms/profiles.ts'
import {
  closeAfterEach,
  endWith,
  formSettings,
  jsonSettings,
  kannelSettings,
  NUMBERS,
  openSms,
  SECRET,
  type Settings,
  sendSample,
  startGateway,
} from './sms-bench.ts'

closeAfterEach()

interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** A server that keeps what came and answers the same each time. */
async function listen(answer: string): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    seen.push({
      ...{ method: request.method ?? '', url, headers: request.headers },
      body: Buffer.concat(chunks),
    })
    response.end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endWith(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, seen }
}

const short = { title: '通知 &<"100%">', blocks: [], metadata: {} }
const TEXT = '【桐乡应急】通知 &<"100%">'

describe('shipped gateways', () => {
  it('Kannel: parameters in the query, coding by the text, our own reference in the callback', async () => {
    const simulator = await startGateway()
    const channel = openSms(kannelSettings(simulator.port))
    await sendSample(channel, short, NUMBERS.slice(0, 1))
    const [message] = simulator.messages()
    expect(message?.text).toBe(TEXT)
    expect(message?.fields).toMatchObject({ coding: '2', charset: 'UTF-8', 'dlr-mask': '31' })
    expect(message?.callback).toMatch(/reference=[0-9a-f]{32}&state=%d&number=%p&at=%T$/)
  })

  it('云MAS: base64 of a JSON text, and the MAC over its parts', async () => {
    const { port, seen } = await listen('{"rspcod":"success","msgGroup":"0628","success":true}')
    const values = {
      ...{ url: `http://127.0.0.1:${port}/norsubmit`, ecName: '桐乡市应急管理局' },
      ...{ apId: 'api1', signCode: 'Ab3', addSerial: '' },
    }
    const secrets = { secretKey: 'a', callback: 'b' }
    const outcomes = await sendSample(openSms({ base: 'cloud-mas', values, secrets }), short)
    expect(outcomes).toEqual(NUMBERS.map(() => ({ kind: 'accepted', reference: '0628', units: 1 })))
    const sent = JSON.parse(Buffer.from(String(seen[0]?.body), 'base64').toString())
    const content = TEXT.slice('【桐乡应急】'.length)
    const parts = ['桐乡市应急管理局', 'api1', SECRET, NUMBERS.join(','), content, 'Ab3', '']
    expect(sent).toEqual({
      ...{ ecName: '桐乡市应急管理局', apId: 'api1', mobiles: NUMBERS.join(','), content },
      ...{ sign: 'Ab3', addSerial: '' },
      mac: createHash('md5').update(parts.join('')).digest('hex'),
    })
  })

  it('a form in GBK: every percent sign a byte of GBK, the time as China reads it', async () => {
    const simulator = await startGateway()
    const [outcome] = await sendSample(openSms(formSettings(simulator.port)), short)
    expect(outcome).toMatchObject({ kind: 'accepted' })
    expect(simulator.messages().map(({ number }) => number)).toEqual([...NUMBERS])
    expect(simulator.messages()[0]).toMatchObject({
      text: TEXT,
      fields: { timestamp: '20260701090700' },
    })
  })

  it('JSON: numbers as a list, HMAC over account, time and nonce', async () => {
    const { port, seen } = await listen('{"code":0}')
    const channel = openSms(jsonSettings(port))
    await sendSample(channel, short)
    const sent = JSON.parse(String(seen[0]?.body))
    expect(sent).toMatchObject({ numbers: [...NUMBERS], text: TEXT, timestamp: '1782868020' })
    const signed = `duoling\n${sent.timestamp}\n${sent.nonce}`
    expect(sent.sign).toBe(createHmac('sha256', SECRET).update(signed).digest('hex'))
    expect(seen[0]?.headers['content-type']).toBe('application/json')
  })

  it('a template: code and variables as an object', async () => {
    const simulator = await startGateway()
    const variables = [{ name: 'what', from: 'title' }]
    const message = {
      form: 'template',
      publish: { code: 'T1', wording: '关于{{what}}的通知', variables },
    }
    await sendSample(openSms(jsonSettings(simulator.port, 'json-template', { message })), short)
    expect(simulator.messages()[0]?.fields).toMatchObject({
      ...{ template: 'T1', signature: '桐乡应急' },
      variables: { what: short.title },
    })
  })

  it('each is data that says 示例 or 待核, unless it was held against the real one', () => {
    for (const [name, { note }] of Object.entries(PROFILES))
      if (name !== 'kannel') expect(note).toMatch(/^(?:示例|待核)/)
  })
})

describe('what a vendor may ask for', () => {
  const custom = (port: number, gateway: Settings): Settings => ({
    gateway: {
      answer: { format: 'xml', code: 'r.code', success: ['0'], reference: 'r.id' },
      ...gateway,
    },
    values: { url: `http://127.0.0.1:${port}/send`, user: 'u&1' },
    secrets: { key: 'k' },
  })
  const XML = '<?xml version="1.0"?><r><code>0</code><id>0123456789012345678</id></r>'

  it('XML whose values cannot break out of it, and an XML answer with a long id', async () => {
    const { port, seen } = await listen(XML)
    const send = {
      method: 'POST',
      url: '{{values.url}}',
      body: 'xml',
      xml: '<t u="{{values.user}}">{{text}}</t>',
    }
    const [outcome] = await sendSample(openSms(custom(port, { send })), short, [NUMBERS[0]])
    expect(outcome).toMatchObject({ kind: 'accepted', reference: '0123456789012345678' })
    expect(String(seen[0]?.body)).toBe(
      '<t u="u&amp;1">【桐乡应急】通知 &amp;&lt;&quot;100%&quot;&gt;</t>',
    )
  })

  it('SM3 and a digest of a secret, as another implementation computes them', async () => {
    const { port, seen } = await listen(XML)
    const send = {
      ...{ method: 'POST', url: '{{values.url}}', body: 'json' },
      headers: { 'X-Pass': '{{md5.secrets.key}}' },
      authorization: { kind: 'basic', user: '{{values.user}}', password: 'key' },
      fields: { s: '{{sign}}', deep: { list: ['{{numbers}}', 1, true] } },
    }
    const sign = {
      algorithm: 'sm3',
      encoding: 'hex',
      text: '{{values.user}}{{text}}{{secrets.key}}',
    }
    await sendSample(openSms(custom(port, { send, sign })), short, [NUMBERS[0]])
    const sent = JSON.parse(String(seen[0]?.body))
    expect(sent.s).toBe(sm3([...Buffer.from(`u&1${TEXT}${SECRET}`)]))
    expect(sent.deep).toEqual({ list: [NUMBERS[0], 1, true] })
    expect(seen[0]?.headers['x-pass']).toBe(createHash('md5').update(SECRET).digest('hex'))
    const pair = Buffer.from(`u&1:${SECRET}`).toString('base64')
    expect(seen[0]?.headers.authorization).toBe(`Basic ${pair}`)
  })

  it('words of a bulletin that look like a name stay words', async () => {
    const { port, seen } = await listen(XML)
    const send = { method: 'POST', url: '{{values.url}}', body: 'json', fields: { t: '{{text}}' } }
    const title = '{{secrets.key}} {{numbers}} {{'
    await sendSample(openSms(custom(port, { send })), { ...short, title }, [NUMBERS[0]])
    expect(JSON.parse(String(seen[0]?.body)).t).toBe(`【桐乡应急】${title}`)
  })
})
