/** What the tests of `http-publish` share: the profiles, each with the simulated platform that speaks
 *  its way, and a toolbox that only reaches the loopback. */
import { afterEach } from 'vitest'
import type { Channel, Toolbox } from '../../channels/channel.ts'
import { httpPublish } from '../../channels/http-publish.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { openWebClient } from '../../src/kit/http.ts'
import {
  type PlatformKind,
  type PublishingPlatform,
  type PublishingPlatformOptions,
  startPublishingPlatform,
} from '../../src/simulator/publishing-platform.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

export type ProfileName =
  | 'service-network'
  | 'hanweb'
  | 'trs'
  | 'wordpress'
  | 'atompub'
  | 'micropub'

export const SECRET = 'key-9f3e-not-to-be-said'
export const SECRETS = { 'platform-key': SECRET } as const

const PLATFORMS: Readonly<
  Record<
    ProfileName,
    { kind: PlatformKind; user: string; alias?: string; constants: object; column: string }
  >
> = {
  'service-network': {
    ...{ kind: 'json', user: 'duoling', alias: 'appSecret' },
    ...{ constants: { appKey: 'duoling' }, column: 'zwgk-01' },
  },
  hanweb: {
    ...{ kind: 'form', user: 'app1', alias: 'appKey' },
    ...{ constants: { appId: 'app1', siteId: '12' }, column: '345' },
  },
  // Its callers are known by their address, without a secret.
  trs: {
    ...{ kind: 'trs', user: 'duoling' },
    ...{ constants: { user: 'duoling' }, column: '8848' },
  },
  wordpress: {
    ...{ kind: 'wordpress', user: 'editor', alias: 'applicationPassword' },
    ...{ constants: { user: 'editor' }, column: '7' },
  },
  atompub: {
    ...{ kind: 'atom', user: 'editor', alias: 'password' },
    ...{ constants: { user: 'editor' }, column: 'notice' },
  },
  micropub: {
    ...{ kind: 'micropub', user: 'editor', alias: 'token' },
    ...{ constants: {}, column: 'notice' },
  },
}
export const PROFILE_NAMES = Object.keys(PLATFORMS) as readonly ProfileName[]

export function settingsFor(
  profile: ProfileName,
  platform: Pick<PublishingPlatform, 'port' | 'base'>,
) {
  const { alias, constants, column } = PLATFORMS[profile]
  return {
    profile,
    base: platform.base,
    hosts: [{ host: '127.0.0.1', port: platform.port, plain: true, internal: true }],
    constants,
    secrets: alias === undefined ? {} : { [alias]: 'platform-key' },
    columns: { notice: column },
    timeoutMs: 20_000,
  }
}

export function platformFor(profile: ProfileName, more: Partial<PublishingPlatformOptions> = {}) {
  const { kind, user } = PLATFORMS[profile]
  return startPublishingPlatform({ kind, account: { user, secret: SECRET }, ...more })
}

const ends: (() => Promise<unknown>)[] = []

export interface OpenRoad {
  readonly channel: Channel
  readonly platform: PublishingPlatform
  /** events the adapter logged, as a person would read them */
  readonly logged: string[]
  publish(more?: Partial<typeof SAMPLE_INPUT>): Promise<Outcome>
  again(more?: object): Channel
}

/** Call at the top of a test file: everything that was opened is closed after each test. */
export function useRoads(): (
  profile: ProfileName,
  more?: { settings?: object; platform?: Partial<PublishingPlatformOptions>; blobs?: Blobs },
) => Promise<OpenRoad> {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  return async (profile, { settings = {}, platform: options, blobs = new Map() } = {}) => {
    const platform = await platformFor(profile, options)
    ends.push(() => platform.stop())
    const logged: string[] = []
    const again = (more: object = settings) => {
      const { tools, close } = toolbox(logged, blobs)
      ends.push(close)
      return httpPublish.create({ ...settingsFor(profile, platform), ...more }, tools)
    }
    const channel = again()
    const publish = async (more = {}) => {
      const { payload } = channel.render({ ...SAMPLE_INPUT, ...more })
      const batch = sampleBatch(filledFields(payload), ['place'], { ...more, key: '1.7.1' })
      return only(await channel.send(batch, new AbortController().signal))
    }
    return { channel, platform, logged, publish, again }
  }
}

export type Blobs = ReadonlyMap<string, Uint8Array>

function toolbox(logged: string[], blobs: Blobs): { tools: Toolbox; close(): Promise<void> } {
  const web = openWebClient()
  const none = () => Promise.reject(new Error('no pages here'))
  const tools: Toolbox = {
    secret: (name) => {
      if (name === 'platform-key') return SECRET
      throw new Error(`no secret named ${name}`)
    },
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async (sha256) => blobs.get(sha256) ?? null },
    http: (request) => web.call(request),
    log: (event, facts) => logged.push(JSON.stringify([event, facts])),
  }
  return { tools, close: () => web.close() }
}

export function only(outcomes: readonly Outcome[]): Outcome {
  const [outcome] = outcomes
  if (!outcome || outcomes.length !== 1) throw new Error('one recipient, one outcome')
  return outcome
}
