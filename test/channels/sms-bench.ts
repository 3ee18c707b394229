/** What the tests of the SMS adapter share: a channel to the simulator or to any address, closed after each
 *  test, and one call that sends the sample. */
import { afterEach } from 'vitest'
import type { Channel, RenderInput } from '../../channels/channel.ts'
import { sms } from '../../channels/sms.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { openWebClient } from '../../src/kit/http.ts'
import { type SmsSimulator, startSmsSimulator } from '../../src/simulator/sms-gateway.ts'
import type { SmsSimulatorOptions } from '../../src/simulator/sms-gateway-world.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

export const SECRET = 'simulator'
const SIGNATURE = '桐乡应急'
export const NUMBERS = ['13800138001', '13800138002', '13800138003'] as const

const stops: (() => Promise<unknown>)[] = []

/** Ends with the test. */
export function endWith(stop: () => Promise<unknown>): void {
  stops.push(stop)
}

export function closeAfterEach(): void {
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop()
  })
}

export type Settings = Readonly<Record<string, unknown>>

/** `said` is every log line, to look for what must not be in one. */
export function openSms(settings: Settings, said: string[] = []): Channel {
  const web = openWebClient()
  const none = () => Promise.reject(new Error('not for messages'))
  const channel = sms.create(
    { signature: SIGNATURE, answerTimeoutMs: 400, ...settings },
    {
      secret: () => SECRET,
      pages: { put: none, tombstone: none, look: none },
      blobs: { read: none },
      http: (request) => web.call(request),
      log: (event, facts) => void said.push(JSON.stringify([event, facts])),
    },
  )
  endWith(async () => {
    await channel.close()
    await web.close()
  })
  return channel
}

export async function startGateway(options: SmsSimulatorOptions = {}): Promise<SmsSimulator> {
  const simulator = await startSmsSimulator(options)
  endWith(() => simulator.stop())
  return simulator
}

export function jsonSettings(port: number, base = 'json-vendor', more: Settings = {}): Settings {
  return {
    base,
    values: { url: `http://127.0.0.1:${port}`, account: 'duoling' },
    secrets: { key: 'sms-key' },
    ...more,
  }
}

export function kannelSettings(port: number, more: Settings = {}): Settings {
  return {
    base: 'kannel',
    values: {
      ...{ url: `http://127.0.0.1:${port}/cgi-bin/sendsms`, user: 'duoling', from: '10690000' },
      callback: `http://127.0.0.1:${port}/nowhere`,
    },
    secrets: { password: 'sms-password', callback: 'sms-callback' },
    ...more,
  }
}

export function formSettings(port: number): Settings {
  return {
    base: 'gbk-form',
    values: { url: `http://127.0.0.1:${port}/form/send`, user: 'duoling' },
    secrets: { password: 'sms-password' },
  }
}

export function batchOf(
  channel: Channel,
  input: Partial<RenderInput> = {},
  numbers: readonly string[] = NUMBERS,
  key = 'd1',
) {
  const { payload } = channel.render({ ...SAMPLE_INPUT, ...input })
  return sampleBatch(filledFields(payload), numbers, { key })
}

export function sendSample(
  channel: Channel,
  input: Partial<RenderInput> = {},
  numbers: readonly string[] = NUMBERS,
): Promise<readonly Outcome[]> {
  return channel.send(batchOf(channel, input, numbers), new AbortController().signal)
}
