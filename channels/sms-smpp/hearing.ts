/** What a deliver_sm tells: the end of a message (SMPP 3.4 §5.3.2 and appendix B), or what somebody wrote back.
 *  An intermediate state is no end, and a text that names no message is not heard. */
import { textOfOctets, withoutHeader } from '../../src/kit/carrier/short-text.ts'
import type { Heard } from '../channel.ts'
import { type Message, type Pdu, TAG } from './pdu.ts'

const KIND_BITS = 0x3c
const RECEIPT = 0x04
const HEADER_BIT = 0x40
const REPLY_CHARACTERS_MAX = 2_000

type End = 'delivered' | 'failed'
const ENDS: Readonly<Record<string, End>> = {
  DELIVRD: 'delivered',
  EXPIRED: 'failed',
  DELETED: 'failed',
  UNDELIV: 'failed',
  REJECTD: 'failed',
}
/** message_state of §5.2.28; ENROUTE, ACCEPTED and UNKNOWN are no ends. */
const STATE_NAMES: Readonly<Record<number, string>> = {
  2: 'DELIVRD',
  3: 'EXPIRED',
  4: 'DELETED',
  5: 'UNDELIV',
  8: 'REJECTD',
}

export interface HearingRules {
  readonly receiptIds: 'same' | 'decimal'
  mobileOf(written: string): string | undefined
}

export function heardOf(pdu: Pdu, rules: HearingRules): Heard | undefined {
  if (pdu.body.kind !== 'message') return undefined
  const kind = pdu.body.esmClass & KIND_BITS
  if (kind === RECEIPT) return receiptOf(pdu, pdu.body, rules)
  // 0x20 is an intermediate notification; 0x08 and 0x10 are acknowledgements of other networks.
  return kind === 0 ? replyOf(pdu, pdu.body, rules) : undefined
}

/** A message's name as it is kept, so that both ways of writing it meet. */
export function referenceOf(name: string, receiptIds: HearingRules['receiptIds']): string {
  return receiptIds === 'decimal' ? plainHex(name) : name
}

function plainHex(name: string): string {
  return /^[\da-f]{1,32}$/i.test(name) ? name.toLowerCase().replace(/^0+(?=.)/, '') : name
}

function receiptOf(pdu: Pdu, body: Message, { receiptIds }: HearingRules): Heard | undefined {
  const octets = pdu.options.get(TAG.messagePayload) ?? body.octets
  const text = octets.toString('latin1')
  const said = (name: string) => new RegExp(`\\b${name}:\\s*(\\S+)`, 'i').exec(text)?.[1]
  const tagged = cStringOf(pdu.options.get(TAG.receiptedMessageId))
  const written = said('id')
  const decimal = receiptIds === 'decimal' && written !== undefined && /^\d{1,30}$/.test(written)
  const fromText = decimal ? BigInt(written).toString(16) : written
  const reference = tagged ? referenceOf(tagged, receiptIds) : fromText
  const stateTag = pdu.options.get(TAG.messageState)?.[0]
  const name = stateTag === undefined ? said('stat')?.toUpperCase() : STATE_NAMES[stateTag]
  const state = name !== undefined && Object.hasOwn(ENDS, name) ? ENDS[name] : undefined
  if (!reference || !state || name === undefined) return undefined
  const error = said('err')
  const at = timeOf(/done date:\s*(\d{10,12})/i.exec(text)?.[1])
  return {
    ...{ kind: 'receipt', reference, state },
    code: error === undefined || /^0*$/.test(error) ? name : `${name}:${error.slice(0, 20)}`,
    ...(at ? { at } : {}),
  }
}

function cStringOf(value: Buffer | undefined): string | undefined {
  return value?.toString('latin1').split('\0')[0]
}

/** `YYMMDDhhmm` and perhaps seconds, by the clock of China. */
function timeOf(written: string | undefined): Date | undefined {
  const [, year, month, day, hour, minute, second = '00'] =
    /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/.exec(written ?? '') ?? []
  if (year === undefined) return undefined
  const at = new Date(`20${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

function replyOf(pdu: Pdu, body: Message, { mobileOf }: HearingRules): Heard | undefined {
  const from = mobileOf(body.source.address)
  if (from === undefined) return undefined
  const whole = pdu.options.get(TAG.messagePayload) ?? body.octets
  const { octets, part } =
    body.esmClass & HEADER_BIT ? withoutHeader(whole) : { octets: whole, part: undefined }
  const text = textOfOctets(octets, body.dataCoding)
  if (text === undefined) return undefined
  const said = part ? `（${part.place}/${part.of}）${text}` : text
  return { kind: 'reply', from, text: [...said].slice(0, REPLY_CHARACTERS_MAX).join('') }
}
