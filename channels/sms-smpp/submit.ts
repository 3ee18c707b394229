/** The submit_sm frames of one text (SMPP 3.4 §4.4), and what an answer to one of them says. */

import type { Verdict } from '../../src/kit/carrier/send-parts.ts'
import { codedText } from '../../src/kit/carrier/short-text.ts'
import { ANSWER, COMMAND, type Message, readPdu, TAG, writePdu } from './pdu.ts'
import type { SmppSettings } from './settings.ts'

/** user data begins with a header (§5.2.12) */
const HEADER_BIT = 0x40
const WANTS_RECEIPT = 1

/** One text, ready for any number. */
export interface Script {
  /** parts that are billed */
  readonly units: number
  framesFor(number: string): readonly ((sequence: number) => Buffer)[]
}

/** `name` joins the parts on the phone. */
export function scriptOf(text: string, name: number, settings: SmppSettings): Script {
  const { parts, coding, joined } = codedText(text, name)
  const whole = settings.long === 'payload' && joined
  const pieces = whole ? [Buffer.concat(parts.map((part) => part.subarray(6)))] : parts
  const { from, to, serviceType, bind } = settings
  return {
    units: parts.length,
    framesFor: (number) =>
      pieces.map((octets, index) => (sequence) => {
        // One receipt a message: the end of its last part stands for it.
        const last = index === pieces.length - 1 && bind !== 'transmitter'
        const body: Message = {
          ...{ kind: 'message', serviceType, source: from, dataCoding: coding },
          destination: { ton: to.ton, npi: to.npi, address: `${to.prefix}${number}` },
          esmClass: joined && !whole ? HEADER_BIT : 0,
          registeredDelivery: last ? WANTS_RECEIPT : 0,
          octets: whole ? Buffer.alloc(0) : octets,
        }
        const head = { command: COMMAND.submit, status: 0, sequence }
        return writePdu(head, body, whole ? new Map([[TAG.messagePayload, octets]]) : undefined)
      }),
  }
}

export function judgeSubmit(frame: Buffer, isSlower: (code: string) => boolean): Verdict {
  const pdu = readPdu(frame)
  if (!pdu) return { kind: 'unreadable' }
  const answers = [(COMMAND.submit | ANSWER) >>> 0, COMMAND.genericNack]
  if (!answers.includes(pdu.command)) return { kind: 'unreadable' }
  if (pdu.status !== 0) {
    const code = String(pdu.status)
    return { kind: 'no', code, slower: isSlower(code) }
  }
  const { body } = pdu
  if (body.kind !== 'named' || body.name === '') return { kind: 'unreadable' }
  return { kind: 'taken', id: body.name }
}
