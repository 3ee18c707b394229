/** The roads the benches send over: the SMS adapter as it ships, on a gateway of the sink, and a place that
 *  one call publishes on. */
import type { Adapter } from '../../channels/channel.ts'
import type { GatewayData } from '../../channels/sms/gateway.ts'
import type { Rates } from '../../src/domain/rates.ts'
import type { NewChannel } from '../../src/store/founding.ts'

const SIGNATURE = '桐乡应急'

export interface SmsRoad {
  readonly url: string
  /** recipients one call names */
  readonly perCall: number
  /** calls open at once */
  readonly callsMax: number
  readonly answerTimeoutMs?: number
  readonly rates?: Rates
}

export function smsSettings({ url, perCall, callsMax, answerTimeoutMs, rates }: SmsRoad) {
  const gateway: GatewayData = {
    numbers: { array: true, max: perCall },
    send: {
      ...{ method: 'POST', url: '{{values.url}}', body: 'json' },
      fields: { numbers: '{{numbers}}', text: '{{text}}', clientId: '{{key}}' },
    },
    answer: { format: 'json', code: 'code', success: ['0'], reference: 'id' },
    errors: { 'http-503': { means: 'retry', text: '服务商暂时忙' } },
  }
  return {
    ...{ gateway, values: { url }, signature: SIGNATURE, callsMax },
    ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
    ...(rates ? { rates } : {}),
  }
}

export function smsChannel(id: string, road: SmsRoad): NewChannel {
  const roads = [{ id: 'main', adapter: 'sms', settings: smsSettings(road) }]
  const kinds = { addressing: 'recipient', addressKind: 'phone' } as const
  return { id, name: id, line: id, ...kinds, position: 1, roads }
}

const PLACE = 'bench-place'
const PLACE_TIMEOUT_MS = 30_000
const PLACE_BYTES_MAX = 10_000

export function placeChannel(id: string, url: string): NewChannel {
  const roads = [{ id: 'main', adapter: PLACE, settings: { url } }]
  return { id, name: id, line: id, addressing: 'place', addressKind: 'place', position: 1, roads }
}

/** One call a publication through the hub's own HTTP tool. */
export const place: Adapter = {
  adapter: PLACE,
  create: (settings, tools) => ({
    adapter: PLACE,
    runsOn: ['node'],
    capabilities: {
      ...{ addressing: 'place', batchMax: 1, perCall: 'one', limits: {} },
      ...{ idempotency: 'none', receipts: 'none', countsWhen: 'accepted' },
      ...{ retract: 'correction-only', concurrencyMax: 4 },
    },
    render: ({ title }) => ({ losses: [], payload: { form: 'text', fields: { text: [title] } } }),
    check: () => [],
    async send({ recipients, fields }, signal) {
      const answer = await tools.http({
        ...{ method: 'POST', url: (settings as { url: string }).url, signal },
        ...{ timeoutMs: PLACE_TIMEOUT_MS, bytesMax: PLACE_BYTES_MAX },
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ numbers: recipients.map((one) => one.key), text: fields['text'] }),
      })
      const taken = answer.kind === 'answer' && answer.status === 200
      return recipients.map(({ key }) =>
        taken
          ? ({ kind: 'accepted', reference: key } as const)
          : ({ kind: 'retry', code: answer.kind, detail: '' } as const),
      )
    },
    health: async () => ({ state: 'ok', detail: '' }),
    close: async () => {},
  }),
}
