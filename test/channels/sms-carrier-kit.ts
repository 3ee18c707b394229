/** What the tests of both carrier lines share: a channel on a simulator, and what it was told. */
import type { Adapter, Channel, Heard } from '../../channels/channel.ts'
import { smsCmpp } from '../../channels/sms-cmpp.ts'
import { smsSmpp } from '../../channels/sms-smpp.ts'
import type { CarrierSimulator } from '../../src/simulator/carrier.ts'
import type { CarrierOptions } from '../../src/simulator/carrier-world.ts'
import { startCmppSimulator } from '../../src/simulator/cmpp.ts'
import { startSmppSimulator } from '../../src/simulator/smpp.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

export const SECRET = 'simul8'
const SHARED = {
  ...{ host: '127.0.0.1', passwordSecret: 'carrier', signature: '桐乡应急' },
  ...{ answerTimeoutMs: 300, reconnectMsMin: 20, reconnectMsMax: 100, slowerMs: 20 },
}
type Settings = Readonly<Record<string, unknown>>

export interface LineKind {
  readonly name: string
  readonly adapter: Adapter
  settings(port: number): Settings
  start(options?: CarrierOptions): Promise<CarrierSimulator>
}

const cmpp = (version: '2.0' | '3.0'): LineKind => ({
  ...{ name: `CMPP ${version}`, adapter: smsCmpp },
  settings: (port) => ({ ...SHARED, port, version, spId: '901234', from: '10690000' }),
  start: (options) =>
    startCmppSimulator(version, { account: { user: '901234', secret: SECRET }, ...options }),
})

export const LINES: readonly LineKind[] = [
  {
    ...{ name: 'SMPP', adapter: smsSmpp },
    settings: (port) => ({ ...SHARED, port, systemId: 'duoling', from: { address: '10690000' } }),
    start: (options) =>
      startSmppSimulator({ account: { user: 'duoling', secret: SECRET }, ...options }),
  },
  cmpp('2.0'),
  cmpp('3.0'),
]

export interface Opened {
  readonly channel: Channel
  readonly heard: Heard[]
  /** while true nothing can be kept */
  unkept: boolean
}

export function openChannel(adapter: Adapter, settings: Settings, listens = true): Opened {
  const none = () => Promise.reject(new Error('not for messages'))
  const channel = adapter.create(settings, {
    secret: (name) => (name === 'carrier' ? SECRET : 'wrong-pw'),
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: none },
    http: none,
    log: () => undefined,
  })
  const opened: Opened = { channel, heard: [], unkept: false }
  if (listens)
    channel.listen?.(async (heard) => {
      if (opened.unkept) throw new Error('the disk is full')
      opened.heard.push(...heard)
    })
  return opened
}

export async function sendTo(
  { channel }: Opened,
  numbers: readonly string[],
  text?: string,
  signal = new AbortController().signal,
) {
  const rendered = filledFields(channel.render(SAMPLE_INPUT).payload)
  const fields = text === undefined ? rendered : { text }
  const outcomes = await channel.send(sampleBatch(fields, numbers), signal)
  return { outcomes, text: fields['text'] ?? '' }
}

export async function until(look: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (look()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`waited in vain for ${what}`)
}
