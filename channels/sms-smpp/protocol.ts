/** SMPP as the line sees it: heads, pings, farewells, and what the other side gets without being heard. */
import type { Protocol } from '../../src/kit/carrier/session.ts'
import { ANSWER, COMMAND, FRAME_BYTES_MAX, HEAD_BYTES, headOf, readPdu, writePdu } from './pdu.ts'

const ESME_RINVCMDLEN = 2
const ESME_RINVCMDID = 3
/** outbind and alert_notification are told and not answered (4.1.7, 4.12.1). */
const UNANSWERED: readonly number[] = [0x0000_000b, 0x0000_0102]

export const SMPP: Protocol = {
  limits: { bytesMin: HEAD_BYTES, bytesMax: FRAME_BYTES_MAX },
  head(frame) {
    const { command, sequence } = headOf(frame)
    return { sequence, isAnswer: (command & ANSWER) !== 0 }
  },
  ping: (sequence) => writePdu({ command: COMMAND.enquireLink, status: 0, sequence }),
  bye: (sequence) => writePdu({ command: COMMAND.unbind, status: 0, sequence }),
  reply(frame) {
    const { command, sequence } = headOf(frame)
    const answer = (answering: number, status: number) =>
      writePdu({ command: answering >>> 0, status, sequence })
    if (command === COMMAND.enquireLink) return { frame: answer(command | ANSWER, 0) }
    if (command === COMMAND.unbind) return { frame: answer(command | ANSWER, 0), ends: true }
    if (command === COMMAND.deliver)
      return readPdu(frame) ? undefined : { frame: answer(COMMAND.genericNack, ESME_RINVCMDLEN) }
    if (UNANSWERED.includes(command)) return {}
    return { frame: answer(COMMAND.genericNack, ESME_RINVCMDID) }
  },
}
