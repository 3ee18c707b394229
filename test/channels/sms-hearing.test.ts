/** What is heard of a gateway: pushed with its proof, fetched once, or asked for one by one; and that a
 *  stranger, a broken body and a state that is not the end are not heard. */
import { createServer } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Channel, Heard, Pending } from '../../channels/channel.ts'
import {
  closeAfterEach,
  endWith,
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

const signal = new AbortController().signal
const HUB = 'https://hub.example.test/callbacks/1/sms/gateway'

/** Calls `receipts` over a real socket, as door 6 does, and keeps what was heard. */
async function listen(channel: () => Channel): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
    const headers = new Headers()
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value))
    const method = request.method ?? 'GET'
    const body = method === 'POST' ? { body: Buffer.concat(chunks) } : {}
    const asked = new Request(`http://127.0.0.1${request.url}`, { method, headers, ...body })
    const answer = await channel().receipts?.(asked)
    heard.push(...(answer?.heard ?? []))
    response.writeHead(answer?.response.status ?? 500).end(await answer?.response.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endWith(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}/callbacks/1/sms/gateway`, heard }
}

describe('pushed', () => {
  it('JSON under its HMAC: receipts by number, each as often as it comes, and replies', async () => {
    const simulator = await startGateway()
    const channel = openSms(jsonSettings(simulator.port))
    const { url, heard } = await listen(() => channel)
    simulator.setCallback(url)
    const outcomes = await sendSample(channel)
    simulator.setFault('duplicate-receipts')
    const one = (number: string) => (message: { number: string }) => message.number === number
    expect(await simulator.finish('failed', one(NUMBERS[1]))).toEqual([200, 200])
    simulator.setFault('none')
    expect(await simulator.finish('delivered')).toEqual([200])
    expect(await simulator.reply(NUMBERS[2], '收到')).toBe(200)
    const references = outcomes.map((outcome) =>
      outcome.kind === 'accepted' ? outcome.reference : undefined,
    )
    const receipt = (place: 0 | 1 | 2, state: string, code: string) => ({
      ...{ kind: 'receipt', reference: references[place], address: NUMBERS[place], state, code },
      at: new Date('2026-07-01T09:08:00+08:00'),
    })
    expect(heard).toEqual([
      receipt(1, 'failed', 'MK:0001'),
      receipt(1, 'failed', 'MK:0001'),
      receipt(0, 'delivered', '000'),
      receipt(2, 'delivered', '000'),
      expect.objectContaining({ kind: 'reply', from: NUMBERS[2], text: '收到' }),
    ])
  })

  it('Kannel: by our own reference, also when it comes late', async () => {
    const simulator = await startGateway()
    let channel: Channel | undefined
    const { url, heard } = await listen(() => channel as Channel)
    const settings = kannelSettings(simulator.port)
    const values = { ...(settings['values'] as Settings), callback: url }
    channel = openSms({ ...settings, values })
    const outcomes = await sendSample(channel)
    expect(await simulator.finish('failed')).toEqual([200, 200, 200])
    expect(heard.map((one) => one.reference)).toEqual(
      outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.reference : 'none')),
    )
    expect(heard[0]).toMatchObject({ state: 'failed', code: '2', address: NUMBERS[0] })
  })

  it('a state that is not the end, and a record that is none, are left out', async () => {
    const channel = openSms(kannelSettings(9))
    const call = (query: string) =>
      channel.receipts?.(new Request(`${HUB}?token=${SECRET}&${query}`))
    for (const query of [
      ...['kind=receipt&reference=a&state=8', 'kind=receipt&state=1', 'kind=other&state=1'],
      ...['kind=reply&from=10086&text=x', 'kind=reply&from=13800138001', ''],
    ]) {
      const answer = await call(query)
      expect(answer?.heard).toEqual([])
      expect(answer?.response.status).toBe(200)
    }
    expect((await call('kind=receipt&reference=a&state=1&at=soon'))?.heard).toEqual([
      { kind: 'receipt', reference: 'a', state: 'delivered', code: '1' },
    ])
  })

  it('a secret as the last part of the path, and a user with a password', async () => {
    const values = {
      url: 'http://127.0.0.1:9/',
      ecName: 'e',
      apId: 'a',
      signCode: 's',
      addSerial: '',
    }
    const secrets = { secretKey: 'k', callback: 'c' }
    const channel = openSms({ base: 'cloud-mas', values, secrets })
    const body = JSON.stringify([
      { mobile: NUMBERS[0], msgGroup: 'g', errorCode: 'DELIVRD', receiveDate: '20260701090800' },
      { mobile: NUMBERS[1], msgGroup: 'g', errorCode: 'UNKNOWN' },
    ])
    const post = (path: string) =>
      channel.receipts?.(new Request(`${HUB}${path}`, { method: 'POST', body }))
    const good = await post(`/${SECRET}`)
    expect(good?.heard).toMatchObject([
      { state: 'delivered' },
      { state: 'failed', code: 'UNKNOWN' },
    ])
    expect(await good?.response.text()).toBe('OK')
    for (const path of ['', '/', '/wrong', `/${SECRET}x`, '/%zz', `/${SECRET}/more`])
      expect((await post(path))?.response.status).toBe(403)
    const basic = openSms(
      jsonSettings(9, 'json-vendor', {
        gateway: {
          push: {
            verify: [{ kind: 'basic', user: 'vendor', password: 'key' }],
            format: 'form',
            reply: { from: 'from', text: 'text' },
          },
        },
      }),
    )
    const ask = (pair: string) =>
      basic.receipts?.(
        new Request(HUB, {
          method: 'POST',
          headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
          body: `from=%2B86${NUMBERS[0]}&text=TD`,
        }),
      )
    expect((await ask(`vendor:${SECRET}`))?.heard).toEqual([
      { kind: 'reply', from: NUMBERS[0], text: 'TD' },
    ])
    expect((await ask('vendor:guess'))?.response.status).toBe(403)
  })

  it('never throws and hears nothing, whatever a stranger sends', async () => {
    const said: string[] = []
    const channels = [openSms(jsonSettings(9), said), openSms(kannelSettings(9), said)]
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant('{"reports":'.repeat(5_000)),
      fc.constant(`{"reports":[{"id":"1","state":"DELIVRD","number":"${NUMBERS[0]}"}]}`),
    )
    await fc.assert(
      fc.asyncProperty(hostile, fc.webQueryParameters(), async (body, query) => {
        for (const channel of channels) {
          const request = new Request(`${HUB}?${query}`, {
            ...{ method: 'POST', body, headers: { 'x-signature': 'ab' } },
          })
          const answer = await channel.receipts?.(request)
          expect(answer?.heard).toEqual([])
          expect(answer?.response.status).toBe(403)
        }
      }),
      { numRuns: 60 },
    )
    expect(said.join()).not.toContain(NUMBERS[0])
    const large = new Request(HUB, { method: 'POST', body: 'x'.repeat(2_000_000) })
    expect((await channels[0]?.receipts?.(large))?.response.status).toBe(413)
  })
})

describe('fetched', () => {
  it('once: what was given is not given again, and replies come along', async () => {
    const simulator = await startGateway()
    const channel = openSms(jsonSettings(simulator.port, 'json-pulled'))
    expect(channel.capabilities.receipts).toBe('pull-once')
    const many = Array.from({ length: 250 }, (_, index) => `1380013${String(8000 + index)}`)
    const outcomes = await sendSample(channel, {}, many)
    await simulator.finish('delivered')
    await simulator.reply(NUMBERS[0], '退订')
    const heard = (await channel.poll?.([], signal)) ?? []
    const references = outcomes.map((one) => (one.kind === 'accepted' ? one.reference : ''))
    expect(heard.filter(({ kind }) => kind === 'receipt').map((one) => one.reference)).toEqual(
      references,
    )
    expect(heard.at(-1)).toMatchObject({ kind: 'reply', from: NUMBERS[0], text: '退订' })
    expect(await channel.poll?.([], signal)).toEqual([])
    await simulator.stop()
    expect(await channel.poll?.([], signal)).toEqual([])
  })

  it('one question a message, or a number, of what is open', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      const query = new URL(request.url ?? '', 'http://127.0.0.1').searchParams
      const number = query.get('number') || NUMBERS[0]
      response.end(
        JSON.stringify({ code: 0, data: { id: query.get('id'), number, state: 'DELIVRD' } }),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endWith(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const fields = { id: '{{reference}}', number: '{{number}}' }
    const pull = {
      ...{ format: 'json', success: { path: 'code', in: ['0'] } },
      call: { method: 'GET', url: '{{values.url}}/state', body: 'query', fields },
      receipt: {
        ...{ list: 'data', reference: 'id', address: 'number', state: 'state' },
        ...{ delivered: ['DELIVRD'], failed: [] },
      },
    }
    const open = (per: string) =>
      openSms(
        jsonSettings(port, 'json-vendor', {
          gateway: { push: undefined, pulls: [{ per, ...pull }] },
        }),
      )
    const pending = NUMBERS.map(
      (number): Pending => ({
        ...{ reference: 'r1', address: number, title: 't', act: 'publish' },
        sentAt: new Date('2026-07-01T00:00:00Z'),
      }),
    )
    const each = await open('number').poll?.(pending, signal)
    expect(each?.map((one) => one.kind === 'receipt' && one.address)).toEqual([...NUMBERS])
    expect(open('number').capabilities.receipts).toBe('poll')
    asked.length = 0
    expect(await open('reference').poll?.(pending, signal)).toHaveLength(1)
    expect(asked).toHaveLength(1)
    expect(await open('number').poll?.(pending, AbortSignal.abort())).toEqual([])
  })
})
