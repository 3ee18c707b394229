/** What the SMS simulator knows: its faults, its account, what it took and what waits to be said. Its memory
 *  is bounded; the number of acceptances is not. */

/** `drop-before-body` closes at the head of a request; after the body (`drop-after-body`, `stall`,
 *  `garbage`, `server-error`) the message has been taken. `partial` refuses every second number. */
export const SMS_FAULTS = [
  'none',
  'refuse-message',
  'refuse-recipient',
  'unknown-code',
  'account',
  'balance',
  'retry',
  'partial',
  'drop-before-body',
  'drop-after-body',
  'stall',
  'garbage',
  'server-error',
  'duplicate-receipts',
] as const
export type SmsFault = (typeof SMS_FAULTS)[number]

export interface SmsMessage {
  readonly id: string
  /** what the sender calls its call; the same again means the same message */
  readonly key: string
  readonly number: string
  readonly text: string
  /** everything else that came with it, by the vendor's names */
  readonly fields: Readonly<Record<string, unknown>>
  /** Kannel: where to say what became of it */
  readonly callback?: string
}

export interface SmsSimulatorOptions {
  /** 0 takes any free port */
  readonly port?: number
  readonly account?: { readonly user: string; readonly secret: string }
  readonly fault?: SmsFault
  /** a second call under the same key is answered as a duplicate */
  readonly dedupes?: boolean
  /** where the JSON dialect pushes receipts and replies; without it they wait to be fetched */
  readonly callback?: string
  /** says by itself what became of a message, so many milliseconds later */
  readonly receiptsAfterMs?: number
  readonly balance?: number
  /** newest messages kept whole */
  readonly keepMax?: number
}

/** What the dialects and the receipts work on. */
export interface SmsWorld {
  fault: SmsFault
  only: (number: string) => boolean
  balance: number
  readonly account: { readonly user: string; readonly secret: string }
  readonly dedupes: boolean
  callback: string | undefined
  readonly messages: SmsMessage[]
  /** taken, and nothing said of yet */
  readonly open: SmsMessage[]
  readonly counts: Map<string, number>
  /** records that wait to be fetched once */
  readonly reports: Readonly<Record<string, string>>[]
  readonly replies: Readonly<Record<string, string>>[]
  accepted: number
  take(message: Omit<SmsMessage, 'id'>): string
}

const COUNTS_MAX = 1_000_000
const KEEP_MAX = 1_000

export function openWorld(
  options: SmsSimulatorOptions,
  taken: (message: SmsMessage) => void,
): SmsWorld {
  const keepMax = options.keepMax ?? KEEP_MAX
  const world: SmsWorld = {
    fault: options.fault ?? 'none',
    only: () => true,
    balance: options.balance ?? 100_000,
    account: options.account ?? { user: 'duoling', secret: 'simulator' },
    dedupes: options.dedupes ?? false,
    callback: options.callback,
    messages: [],
    open: [],
    counts: new Map(),
    reports: [],
    replies: [],
    accepted: 0,
    take(given) {
      world.accepted += 1
      const message = { ...given, id: String(900_000_000_000_000_000n + BigInt(world.accepted)) }
      const line = `${message.key} ${message.number}`
      world.counts.set(line, (world.counts.get(line) ?? 0) + 1)
      const [oldest] = world.counts.keys()
      if (world.counts.size > COUNTS_MAX && oldest !== undefined) world.counts.delete(oldest)
      for (const list of [world.messages, world.open]) {
        list.push(message)
        if (list.length > keepMax) list.shift()
      }
      taken(message)
      return message.id
    },
  }
  return world
}
