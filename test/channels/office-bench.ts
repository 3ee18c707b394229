/** A bench for the tests of office platforms: a toolbox over real sockets, a sample message, and a search
 *  for secrets in everything that was said. */
import { afterEach } from 'vitest'
import type { Adapter, Channel, Toolbox } from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { openWebClient } from '../../src/kit/http.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

export interface OfficeBench {
  open(adapter: Adapter, settings: unknown): Channel
  endWith(end: () => Promise<void>): void
  /** everything that was logged */
  readonly said: string[]
}

export function officeBench(secrets: Readonly<Record<string, string>>): OfficeBench {
  const ends: (() => Promise<void>)[] = []
  const said: string[] = []
  const nothing = () => Promise.reject(new Error('not for these channels'))
  const open: OfficeBench['open'] = (adapter, settings) => {
    const web = openWebClient()
    const tools: Toolbox = {
      secret: (name) => {
        const value = secrets[name]
        if (value === undefined) throw new Error(`no secret named ${name}`)
        return value
      },
      pages: { put: nothing, tombstone: nothing, look: nothing },
      blobs: { read: nothing },
      http: (request) => web.call(request),
      log: (event, facts) => void said.push(JSON.stringify([event, facts])),
    }
    const channel = adapter.create(settings, tools)
    ends.push(async () => {
      await channel.close()
      await web.close()
    })
    return channel
  }
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
    said.splice(0)
  })
  return { open, said, endWith: (end) => void ends.push(end) }
}

/** Renders a sample, fills its holes and sends it. */
export function sendSample(
  channel: Channel,
  addresses: readonly string[],
  more: Partial<typeof SAMPLE_INPUT> = {},
  batch: Parameters<typeof sampleBatch>[2] = {},
): Promise<readonly Outcome[]> {
  const { payload } = channel.render({ ...SAMPLE_INPUT, ...more })
  const given = sampleBatch(filledFields(payload), addresses, batch)
  return channel.send(given, new AbortController().signal)
}
