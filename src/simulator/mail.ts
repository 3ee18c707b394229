/** A mail server on the loopback, with faults to set: practice mode, the demo, the tests and the kills
 *  send to it. It counts acceptances, so that a message taken twice is seen; it delivers nothing. */
import { createWriteStream } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { type MailAccount, MailConversation, type MailWorld } from './mail-conversation.ts'

/** `…-450` and `…-550` answer with that code; `drop-…` closes the socket at that point;
 *  after the body (`drop-after-body`, `stall-after-body`) the message has been taken. */
export const MAIL_FAULTS = [
  'none',
  'garbage-greeting',
  'refused-greeting',
  'stall-greeting',
  'auth-535',
  'sender-450',
  'sender-550',
  'recipient-450',
  'recipient-550',
  'data-450',
  'drop-before-data',
  'drop-at-data',
  'drop-in-body',
  'drop-after-body',
  'stall-after-body',
  'dot-450',
  'dot-550',
  'garbage-dot',
] as const
export type MailFault = (typeof MAIL_FAULTS)[number]

export interface MailMessage {
  readonly messageId: string
  readonly sender: string
  readonly recipients: readonly string[]
  /** as it came over the wire, dots unstuffed */
  readonly text: string
}

export interface MailSimulatorOptions {
  /** 0 takes any free port */
  readonly port?: number
  /** the only account that may log in; without it every login is welcome */
  readonly account?: MailAccount
  readonly fault?: MailFault
  /** pause before the answer to each message */
  readonly delayMs?: number
  /** newest messages kept whole for `messages()`; 0 keeps none and is fastest */
  readonly keepMax?: number
  /** appends one line `messageId recipient` for each acceptance */
  readonly file?: string
}

export interface MailSimulator {
  readonly port: number
  /** `only` limits a fault about recipients or messages to some recipients */
  setFault(fault: MailFault, only?: (recipient: string) => boolean): void
  setDelay(delayMs: number): void
  /** who may log in from now on; who is in stays in */
  setAccounts(accounts: readonly MailAccount[]): void
  messages(): readonly MailMessage[]
  /** acceptances by `messageId recipient`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  /** acceptances since the start */
  accepted(): number
  /** acceptances that `counts` no longer holds, because its memory is bounded */
  forgotten(): number
  stop(): Promise<void>
}

const COUNTS_MAX = 1_000_000
const KEEP_MAX = 200

export async function startMailSimulator(
  options: MailSimulatorOptions = {},
): Promise<MailSimulator> {
  const ledger = openLedger(options)
  const world: MailWorld = {
    fault: options.fault ?? 'none',
    only: () => true,
    delayMs: options.delayMs ?? 0,
    accounts: options.account ? [options.account] : [],
    keeps: ledger.keepMax > 0,
    take: ledger.take,
  }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    new MailConversation(socket, world).open()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the mail port is unknown')
  return {
    port: address.port,
    setFault(fault, only = () => true) {
      world.fault = fault
      world.only = only
    },
    setDelay(delayMs) {
      world.delayMs = delayMs
    },
    setAccounts(accounts) {
      world.accounts = accounts
    },
    messages: () => ledger.messages,
    counts: () => ledger.counts,
    accepted: () => ledger.sum.accepted,
    forgotten: () => ledger.sum.forgotten,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
      await ledger.close()
    },
  }
}

/** What was taken, in bounded memory and, when asked, in a file. */
function openLedger(options: MailSimulatorOptions) {
  const keepMax = options.keepMax ?? KEEP_MAX
  const messages: MailMessage[] = []
  const counts = new Map<string, number>()
  const sum = { accepted: 0, forgotten: 0 }
  const file = options.file ? createWriteStream(options.file, { flags: 'a' }) : undefined
  return {
    keepMax,
    messages,
    counts,
    sum,
    take(message: MailMessage): void {
      for (const recipient of message.recipients) {
        const line = `${message.messageId} ${recipient}`
        sum.accepted += 1
        counts.set(line, (counts.get(line) ?? 0) + 1)
        file?.write(`${line}\n`)
      }
      while (counts.size > COUNTS_MAX) {
        const [oldest] = counts.keys()
        if (oldest === undefined) break
        sum.forgotten += counts.get(oldest) ?? 0
        counts.delete(oldest)
      }
      if (keepMax === 0) return
      messages.push(message)
      if (messages.length > keepMax) messages.shift()
    },
    close: () => new Promise<void>((resolve) => (file ? file.end(() => resolve()) : resolve())),
  }
}
