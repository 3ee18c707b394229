/** What the tests of the roads over approved templates share: templates, one opened channel with its log, and
 *  the sample sent over it. */
import { afterEach } from 'vitest'
import type { Adapter, Channel, RenderInput } from '../../channels/channel.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { FilledFields } from '../../src/domain/payload.ts'
import { openWebClient } from '../../src/kit/http.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

export const NUMBERS = ['13800138001', '13800138002', '13800138003'] as const
export const SECRET = 'not-to-be-said-9f3'
export const CALLBACK_SECRET = 'nor-this-17c'
/** The time of the sample: simulators take it for now. */
export const SAMPLE_TIME = () => new Date('2026-07-01T01:07:00Z')

const title = { name: 'title', from: 'title', charactersMax: 130 }
const reason = { name: 'reason', from: 'reason', charactersMax: 200 }

export const TEMPLATES = {
  publish: {
    code: 'SMS_1001',
    wording: '通知：{{title}}。{{text}} 请查收。',
    variables: [title, { name: 'text', from: 'text', charactersMax: 400 }],
  },
  amend: {
    code: 'SMS_1002',
    wording: '更正：{{title}}，{{reason}}。{{text}}',
    variables: [title, reason, { name: 'text', from: 'text', charactersMax: 400 }],
  },
  withdraw: {
    code: 'SMS_1003',
    wording: '撤下：{{title}}，{{reason}}，请停止使用。',
    variables: [title, reason],
  },
}

/** Greets by name, so that each number gets words of its own. */
export const NAMED_TEMPLATES = {
  publish: {
    code: 'SMS_2001',
    wording: '{{name}}您好：{{title}}。{{text}}',
    variables: [
      { name: 'name', from: 'recipient-name', charactersMax: 20 },
      ...TEMPLATES.publish.variables,
    ],
  },
}

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

/** `said` gets every log line, to look for what must not be in one. */
export function openChannel(adapter: Adapter, settings: unknown, said: string[] = []): Channel {
  const web = openWebClient()
  const none = () => Promise.reject(new Error('not for messages'))
  const channel = adapter.create(settings, {
    secret: (name) => (name === 'callback' ? CALLBACK_SECRET : SECRET),
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: none },
    http: (request) => web.call(request),
    log: (event, facts) => void said.push(JSON.stringify([event, facts])),
  })
  endWith(async () => {
    await channel.close()
    await web.close()
  })
  return channel
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

/** The sample with a name of each number's own. */
export function namedBatch(channel: Channel, numbers: readonly string[] = NUMBERS) {
  const { payload } = channel.render(SAMPLE_INPUT)
  const batch = sampleBatch({}, numbers, { key: 'd1' })
  const fieldsOf = (index: number): FilledFields =>
    filledFields(payload, { 'recipient-name': `第${index + 1}位` })
  const recipients = batch.recipients.map((one, index) => ({ ...one, fields: fieldsOf(index) }))
  return { ...batch, recipients }
}
