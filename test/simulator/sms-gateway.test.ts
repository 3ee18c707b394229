/** The SMS simulator by itself: what it answers stands in Kannel's guide, what it took it counts, and it says
 *  later what became of it. */
import { afterEach, describe, expect, it } from 'vitest'
import { signText } from '../../src/kit/signing.ts'
import { type SmsSimulator, startSmsSimulator } from '../../src/simulator/sms-gateway.ts'
import type { SmsSimulatorOptions } from '../../src/simulator/sms-gateway-world.ts'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start(options: SmsSimulatorOptions = {}): Promise<SmsSimulator> {
  const simulator = await startSmsSimulator(options)
  stops.push(() => simulator.stop())
  return simulator
}

async function sendsms(port: number, query: Readonly<Record<string, string>>) {
  const all = { username: 'duoling', password: 'simulator', from: '1069', ...query }
  const url = `http://127.0.0.1:${port}/cgi-bin/sendsms?${new URLSearchParams(all)}`
  const response = await fetch(url)
  return `${response.status} ${await response.text()}`
}

describe('Kannel’s dialect', () => {
  it('answers as the real one does', async () => {
    const { port } = await start()
    expect(await sendsms(port, { to: '13800138001', text: '甲' })).toMatch(
      /^202 (?:0: Accepted for delivery|3: Queued for later delivery)$/,
    )
    expect(await sendsms(port, { password: 'x' })).toBe('403 Authorization failed for sendsms')
    expect(await sendsms(port, { from: '' })).toBe('400 Sender missing and no global set, rejected')
    expect(await sendsms(port, { to: '' })).toBe('400 Missing receiver number, rejected')
  })

  it('counts each acceptance, and a double as two', async () => {
    const simulator = await start()
    const message = {
      ...{ to: '13800138001 13800138002', text: '甲' },
      'dlr-url': 'http://127.0.0.1:9/?reference=abc',
    }
    await sendsms(simulator.port, message)
    await sendsms(simulator.port, { ...message, to: '13800138001' })
    expect([...simulator.counts()]).toEqual([
      ['abc 13800138001', 2],
      ['abc 13800138002', 1],
    ])
    expect(simulator.accepted()).toBe(3)
    // Nobody listens at the callback: it says so and forgets the message.
    expect(await simulator.finish('delivered')).toEqual([0, 0, 0])
    expect(await simulator.finish('delivered')).toEqual([])
  })

  it('keeps no more messages than it was told to, and still counts all', async () => {
    const simulator = await start({ keepMax: 2 })
    for (const text of ['甲', '乙', '丙'])
      await sendsms(simulator.port, { to: '13800138001', text })
    expect(simulator.messages().map(({ text }) => text)).toEqual(['乙', '丙'])
    expect(simulator.accepted()).toBe(3)
  })
})

describe('the vendor’s JSON', () => {
  async function post(port: number, path: string, more: Readonly<Record<string, unknown>> = {}) {
    const signed = `duoling\n1\nn`
    const recipe = { algorithm: 'hmac-sha256', encoding: 'hex' } as const
    const sign = signText(recipe, signed, 'simulator')
    const body = JSON.stringify({ account: 'duoling', timestamp: '1', nonce: 'n', sign, ...more })
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body })
    return response.json() as Promise<Record<string, unknown>>
  }

  it('knows its account by the signature, and each number by itself', async () => {
    const { port } = await start()
    expect(await post(port, '/send', { sign: 'x' })).toMatchObject({ code: 1001 })
    const numbers = ['13800138001', '12345']
    expect(await post(port, '/send', { numbers, text: '甲' })).toMatchObject({
      ...{ code: 0, results: [{ code: 0 }, { code: 2001 }] },
    })
    expect(await post(port, '/nowhere')).toMatchObject({ code: 404 })
  })

  it('gives a receipt once, and by itself after a while when it was told to', async () => {
    const simulator = await start({ receiptsAfterMs: 1 })
    await post(simulator.port, '/send', { numbers: ['13800138001'], text: '甲' })
    let reports: unknown = []
    while (!Array.isArray(reports) || reports.length === 0)
      ({ reports } = await post(simulator.port, '/reports'))
    expect(reports).toMatchObject([{ number: '13800138001', state: 'DELIVRD' }])
    expect(await post(simulator.port, '/reports')).toMatchObject({ reports: [] })
    await simulator.reply('13800138001', '收到')
    expect(await post(simulator.port, '/replies')).toMatchObject({ replies: [{ text: '收到' }] })
  })
})
