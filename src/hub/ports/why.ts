/** What is read to say why one address did or did not receive a bulletin. Addresses leave the store masked. */
import type { WhyDelivery, WhyFacts } from '../../domain/why.ts'

/** Whom somebody asks about: a contact, or a number or mailbox as it was typed. */
export type WhyWho =
  | { readonly contactId: number }
  | { readonly kind: 'phone' | 'mailbox'; readonly value: string }

export interface WhyRow extends Omit<WhyFacts, 'delivery' | 'beforeWindow'> {
  readonly dispatchId: number
  readonly channelId: string
  readonly channelName: string
  readonly act: string
  readonly notBefore: Date
  readonly heldReason: string | null
  /** masked; null: nobody asked about has an address of this channel's kind */
  readonly address: string | null
  readonly delivery?: Omit<WhyDelivery, 'night'> & {
    readonly quietHold: boolean
    readonly changedAt: Date
    readonly roadId: string | null
  }
  /** why it was skipped or stopped, as it was written down */
  readonly note: string | null
}

export interface WhyFound {
  /** undefined: no such bulletin */
  readonly bulletin: { readonly title: string } | undefined
  /** an address or a contact of that name is, or was, in the lists */
  readonly known: boolean
  readonly rows: readonly WhyRow[]
}

export interface WhyPort {
  /** One look at the key of the log for each address and dispatch. @throws nothing for what is not there */
  why(ask: {
    readonly agencyId: number
    readonly bulletinId: number
    readonly who: WhyWho
    readonly at: Date
  }): Promise<WhyFound>
}
