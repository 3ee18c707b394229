/** Logging in to the gateway: the digest over enterprise code, secret and time of CMPP_CONNECT. */
import { createHash } from 'node:crypto'
import { type CmppVersion, headOf, readConnectAnswer, writeConnect } from './pdu.ts'

const CHINA_MS = 8 * 3_600_000
const ZEROS = Buffer.alloc(9)

/** MMDDHHMMSS by the clock of China, which gateways compare with theirs. */
export function timestampOf(at: Date): string {
  const [, digits = ''] =
    /^\d{4}(\d{10})/.exec(
      new Date(at.getTime() + CHINA_MS).toISOString().replaceAll(/[-T:]/g, ''),
    ) ?? []
  return digits
}

export function connectFrame(
  sequence: number,
  account: { readonly spId: string; readonly secret: string; readonly version: CmppVersion },
  at: Date,
): Buffer {
  const { spId, secret, version } = account
  const timestamp = timestampOf(at)
  // The protocol demands MD5; it guards nothing but the login on a closed net.
  const authenticator = createHash('md5')
    .update(spId, 'latin1')
    .update(ZEROS)
    .update(secret, 'latin1')
    .update(timestamp)
    .digest()
  return writeConnect(sequence, { spId, authenticator, timestamp: Number(timestamp) }, version)
}

/** Undefined when we are let in. */
export function connectRefusal(
  frame: Buffer,
): { readonly code: string; readonly again: boolean } | undefined {
  const status = readConnectAnswer(frame)
  if (status === 0) return undefined
  // An answer that is none of the login's: another try may meet a better day.
  if (status === undefined)
    return { code: `unreadable-${headOf(frame).command.toString(16)}`, again: true }
  return { code: String(status), again: false }
}
