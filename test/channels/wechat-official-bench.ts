/** What the tests of the official account share: a road to the simulator, closed after each test, and one
 *  call that sends the sample. */
import { afterEach } from 'vitest'
import type { Channel } from '../../channels/channel.ts'
import { wechatOfficial } from '../../channels/wechat-official.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { openWebClient } from '../../src/kit/http.ts'
import {
  type OfficialSimulator,
  type OfficialSimulatorOptions,
  startOfficialSimulator,
} from '../../src/simulator/wechat-official.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

export const APP_ID = 'wx5823bf96d3bd56c7'
export const COVER = 'material-of-the-account'
export const SECRETS = {
  'official-secret': 'app-secret-4f1c-not-to-be-said',
  'official-token': 'callback-token-77-not-to-be-said',
  'official-key': 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
} as const
export const ACCOUNT = { appId: APP_ID, secret: SECRETS['official-secret'] }
export const PREVIEW_TO = 'oR5Gjjl_eiZoUpGozMo7dbBJ362A'

export type Settings = Readonly<Record<string, unknown>>

export function settingsFor(base: string, more: Settings = {}): Settings {
  return {
    ...{ appId: APP_ID, secret: 'official-secret', base, coverMediaId: COVER },
    callback: { token: 'official-token', aesKey: 'official-key' },
    ...more,
  }
}

export function startSimulator(more: Partial<OfficialSimulatorOptions> = {}) {
  return startOfficialSimulator({ account: ACCOUNT, materials: [COVER], ...more })
}

const ends: (() => Promise<unknown>)[] = []

export function closeAfterEach(): void {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
}

export interface OpenAccount {
  readonly simulator: OfficialSimulator
  readonly channel: Channel
  /** every log line, to look for what must not be in one */
  readonly said: string[]
  readonly blobs: Map<string, Uint8Array>
  publish(more?: Partial<typeof SAMPLE_INPUT>, key?: string): Promise<Outcome>
  withdraw(reference?: string): Promise<Outcome>
  /** another process on the same account */
  again(more?: Settings): Channel
}

export async function openAccount(
  settings: Settings = {},
  options: Partial<OfficialSimulatorOptions> = {},
): Promise<OpenAccount> {
  const simulator = await startSimulator(options)
  ends.push(() => simulator.stop())
  const said: string[] = []
  const blobs = new Map<string, Uint8Array>()
  const none = () => Promise.reject(new Error('no pages here'))
  const again = (more: Settings = {}) => {
    const web = openWebClient()
    const channel = wechatOfficial.create(settingsFor(simulator.base, { ...settings, ...more }), {
      secret: (name) => secretOf(name),
      pages: { put: none, tombstone: none, look: none },
      blobs: { read: async (sha256) => blobs.get(sha256) ?? null },
      http: (request) => web.call(request),
      log: (event, facts) => void said.push(JSON.stringify([event, facts])),
    })
    ends.push(async () => {
      await channel.close()
      await web.close()
    })
    return channel
  }
  const channel = again()
  const publish = (more: Partial<typeof SAMPLE_INPUT> = {}, key = '1.7.1') =>
    publishOn(channel, more, key)
  const withdraw = async (reference?: string) => {
    const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
    const batch = sampleBatch(filledFields(payload), ['wechat-official'], {
      act: 'withdraw',
      ...(reference === undefined ? {} : { reference }),
    })
    return only((await channel.retract?.(batch, new AbortController().signal)) ?? [])
  }
  return { simulator, channel, said, blobs, publish, withdraw, again }
}

export async function publishOn(
  channel: Channel,
  more: Partial<typeof SAMPLE_INPUT> = {},
  key = '1.7.1',
): Promise<Outcome> {
  return only(await channel.send(batchOf(channel, more, key), new AbortController().signal))
}

export function batchOf(channel: Channel, more: Partial<typeof SAMPLE_INPUT> = {}, key = '1.7.1') {
  const { payload } = channel.render({ ...SAMPLE_INPUT, ...more })
  const { mode = SAMPLE_INPUT.mode, attachments = [] } = more
  return sampleBatch(filledFields(payload), ['wechat-official'], { key, mode, attachments })
}

function secretOf(name: string): string {
  const found = Object.entries(SECRETS).find(([known]) => known === name)
  if (!found) throw new Error(`no secret named ${name}`)
  return found[1]
}

export function only(outcomes: readonly Outcome[]): Outcome {
  const [outcome] = outcomes
  if (!outcome || outcomes.length !== 1) throw new Error('one recipient, one outcome')
  return outcome
}
