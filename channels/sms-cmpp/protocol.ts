/** CMPP as the line sees it: heads, pings, farewells, and what the gateway gets without being heard. */
import type { Protocol } from '../../src/kit/carrier/session.ts'
import {
  ANSWER,
  type CmppVersion,
  COMMAND,
  FRAME_BYTES_MAX,
  HEAD_BYTES,
  headOf,
  readDeliver,
  writeActiveAnswer,
  writeBare,
} from './pdu.ts'

export function protocolOf(version: CmppVersion): Protocol {
  return {
    limits: { bytesMin: HEAD_BYTES, bytesMax: FRAME_BYTES_MAX },
    head(frame) {
      const { command, sequence } = headOf(frame)
      return { sequence, isAnswer: (command & ANSWER) !== 0 }
    },
    ping: (sequence) => writeBare({ command: COMMAND.activeTest, sequence }),
    bye: (sequence) => writeBare({ command: COMMAND.terminate, sequence }),
    reply(frame) {
      const { command, sequence } = headOf(frame)
      if (command === COMMAND.activeTest) return { frame: writeActiveAnswer(sequence) }
      if (command === COMMAND.terminate) {
        const answer = writeBare({ command: (command | ANSWER) >>> 0, sequence })
        return { frame: answer, ends: true }
      }
      // CMPP has no word for "I do not understand": what cannot be read is left unanswered.
      return command === COMMAND.deliver && readDeliver(frame, version) ? undefined : {}
    },
  }
}
