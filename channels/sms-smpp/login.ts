/** Binding to the carrier, and acknowledging what it delivered (SMPP 3.4 §4.1, §4.6.2). */
import { ANSWER, COMMAND, headOf, readPdu, writePdu } from './pdu.ts'
import type { SmppSettings } from './settings.ts'
import { mayLogInAgain, type StatusTable } from './status.ts'

const BINDS = {
  transceiver: COMMAND.bindTransceiver,
  transmitter: COMMAND.bindTransmitter,
  receiver: COMMAND.bindReceiver,
} as const
export type Bound = keyof typeof BINDS

/** "temporary failure of the receiver": the carrier keeps the message and says it again */
const ESME_RX_T_APPN = 0x64

export function bindFrame(
  sequence: number,
  { systemId, systemType, addressRange }: SmppSettings,
  password: string,
  as: Bound,
): Buffer {
  const head = { command: BINDS[as], status: 0, sequence }
  return writePdu(head, { kind: 'bind', systemId, password, systemType, addressRange })
}

/** Undefined when we are let in. */
export function bindRefusal(
  frame: Buffer,
  errors: StatusTable,
  as: Bound,
): { readonly code: string; readonly again: boolean } | undefined {
  const { command, status } = headOf(frame)
  const bound = command === (BINDS[as] | ANSWER) >>> 0
  if (bound && status === 0) return undefined
  // An answer that is none of the login's: another try may meet a better day.
  if (!bound && status === 0) return { code: 'unreadable-answer', again: true }
  const code = String(status)
  return { code, again: mayLogInAgain(code, errors) }
}

export function deliverAnswer(frame: Buffer, kept: boolean): Buffer | undefined {
  const pdu = readPdu(frame)
  if (!pdu) return undefined
  const command = (pdu.command | ANSWER) >>> 0
  const head = { command, status: kept ? 0 : ESME_RX_T_APPN, sequence: pdu.sequence }
  return writePdu(head, { kind: 'named', name: '' })
}
