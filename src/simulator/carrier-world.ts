/** What a carrier's simulator knows, whichever protocol it speaks: its faults, what it took, and what waits for
 *  its receipt. Its memory is bounded; the number of acceptances is not. */
import { textOfOctets, withoutHeader } from '../kit/carrier/short-text.ts'

/** `drop-before-body` closes at a submission without taking it; after the body (`drop-after-body`, `stall`,
 *  `garbage`, `nonsense`) it was taken. `slower-later` refuses second parts only, `slower-once` the first
 *  refusal only. `deaf` answers no ping, `login-…` concerns the login. */
export const CARRIER_FAULTS = [
  'none',
  'refuse-recipient',
  'refuse-message',
  'unknown-code',
  'account',
  'slower',
  'slower-once',
  'slower-later',
  'drop-before-body',
  'drop-after-body',
  'stall',
  'garbage',
  'nonsense',
  'deaf',
  'login-refused',
  'login-stalled',
] as const
export type CarrierFault = (typeof CARRIER_FAULTS)[number]

export interface Submitted {
  readonly number: string
  readonly from: string
  readonly octets: Buffer
  readonly coding: number
  readonly hasHeader: boolean
  readonly wantsReceipt: boolean
}

export interface CarrierPart extends Submitted {
  readonly id: bigint
  readonly place: number
  readonly of: number
  readonly text: string
}

/** A message as a phone shows it. */
export interface CarrierMessage {
  readonly number: string
  readonly text: string
  readonly parts: number
}

export interface CarrierOptions {
  /** 0 takes any free port */
  readonly port?: number
  readonly account?: { readonly user: string; readonly secret: string }
  readonly fault?: CarrierFault
  /** newest parts kept whole; 0 keeps nothing and is fastest */
  readonly keepMax?: number
}

export interface CarrierWorld {
  fault: CarrierFault
  only: (number: string) => boolean
  readonly account: { readonly user: string; readonly secret: string }
  readonly parts: CarrierPart[]
  /** taken, a receipt wanted, and nothing said of yet */
  readonly open: CarrierPart[]
  readonly counts: Map<string, number>
  submits: number
  take(submitted: Submitted): bigint
}

const COUNTS_MAX = 1_000_000
const KEEP_MAX = 2_000
const FIRST_ID = 0x1234_5678_0000_0000n

export function openCarrierWorld(options: CarrierOptions): CarrierWorld {
  const keepMax = options.keepMax ?? KEEP_MAX
  const world: CarrierWorld = {
    fault: options.fault ?? 'none',
    only: () => true,
    account: options.account ?? { user: 'duoling', secret: 'simul8' },
    parts: [],
    open: [],
    counts: new Map(),
    submits: 0,
    take(submitted) {
      world.submits += 1
      const id = FIRST_ID + BigInt(world.submits)
      if (keepMax === 0) return id
      const part = partOf(submitted, id)
      if (part.place === 1) count(world.counts, lineOf(part))
      const lists = part.wantsReceipt ? [world.parts, world.open] : [world.parts]
      for (const list of lists) {
        list.push(part)
        if (list.length > keepMax) list.shift()
      }
      return id
    },
  }
  return world
}

/** Messages whose parts are all there, in the order of their last parts. */
export function wholeMessages(parts: readonly CarrierPart[]): readonly CarrierMessage[] {
  const begun = new Map<string, CarrierPart[]>()
  const whole: CarrierMessage[] = []
  for (const part of parts) {
    const line = part.of === 1 ? `${part.id}` : `${part.number} ${part.octets[3]} ${part.of}`
    const some = [...(begun.get(line) ?? []), part]
    begun.set(line, some)
    if (some.length < part.of) continue
    begun.delete(line)
    const text = some
      .toSorted((one, other) => one.place - other.place)
      .map((one) => one.text)
      .join('')
    whole.push({ number: part.number, text, parts: part.of })
  }
  return whole
}

function partOf(submitted: Submitted, id: bigint): CarrierPart {
  const { octets, part } = submitted.hasHeader
    ? withoutHeader(submitted.octets)
    : { octets: submitted.octets, part: undefined }
  const text = textOfOctets(octets, submitted.coding) ?? ''
  return { ...submitted, id, text, place: part?.place ?? 1, of: part?.of ?? 1 }
}

/** The same message to the same number again is the same line. */
function lineOf({ number, octets }: CarrierPart): string {
  return `${number} ${octets.toString('base64')}`
}

function count(counts: Map<string, number>, line: string): void {
  counts.set(line, (counts.get(line) ?? 0) + 1)
  const [oldest] = counts.keys()
  if (counts.size > COUNTS_MAX && oldest !== undefined) counts.delete(oldest)
}
