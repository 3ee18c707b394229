/** What the doors read and write of contacts, audiences and areas. No address leaves here in the clear
 *  except through `addressInClear`, which one audited door calls. */
import type { AudienceDefinition, AudienceRule } from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import type { Sheets } from '../../domain/checks/file-text.ts'
import type { ContactRow } from '../../domain/contact-row.ts'
import type { ContactReach } from '../../domain/contact-why.ts'
import type { ChannelFacts } from './people.ts'

export interface AudienceFacts {
  readonly id: string
  readonly name: string
  /** absent: a list */
  readonly definition?: AudienceDefinition
}

/** How far a rule goes on a channel, and who is left out of it for which reason. */
export interface Reach {
  /** addresses that will be written to: the number the leader signs */
  readonly reach: number
  /** different addresses found, those that took themselves off included */
  readonly addresses: number
  /** contacts that are meant, whatever keeps them out */
  readonly contacts: number
  readonly excluded: {
    /** contacts no longer kept */
    readonly removed: number
    /** contacts not marked for exercises, in an exercise or a test */
    readonly 'not-for-exercise': number
    /** contacts without an address of the channel's kind */
    readonly 'no-address-for-channel': number
    /** second and further contacts of one address */
    readonly 'duplicate-address': number
    /** addresses that took themselves off */
    readonly unsubscribed: number
  }
  /** of `reach`: sealed addresses that do not open with the key at hand; they will fail */
  readonly unreadable: number
}

export interface AudiencePort {
  audiences(): Promise<readonly AudienceFacts[]>
  /** Waits for whoever else is changing audiences, areas or contacts of this agency. */
  lockContacts(): Promise<void>
  /** New or renamed, or with a new definition; a list stays a list and a rule a rule. */
  keepAudience(audience: AudienceFacts): Promise<void>
  /** The rule with the definitions of this moment, its ids sorted.
   *  @throws Refused when definitions take one another away in a ring or a long chain. */
  resolveAudiences(audiences: readonly string[]): Promise<AudienceRule>
  reachOf(channel: ChannelFacts, rule: AudienceRule, mode: Mode): Promise<Reach>
  /** Addresses only one of two rules reaches. */
  reachDifference(
    channel: ChannelFacts,
    mode: Mode,
    one: AudienceRule,
    other: AudienceRule,
  ): Promise<number>
  /** What decides whether a rule reaches one contact; undefined when there is no such contact. */
  contactReach(
    contactId: number,
    channel: ChannelFacts,
    rule: AudienceRule,
    mode: Mode,
  ): Promise<ContactReach | undefined>
  /** 乡镇街道 in their order; retired ones are left out. */
  areas(): Promise<readonly string[]>
  /** Behind those there are; one that was retired is back. */
  addAreas(names: readonly string[]): Promise<void>
  retireArea(name: string, at: Date): Promise<boolean>
}

/** What a row of a list means for the contacts on file. */
export type RowFate =
  | { readonly kind: 'new' }
  | { readonly kind: 'unchanged'; readonly contactId: number }
  | {
      readonly kind: 'changed'
      readonly contactId: number
      /** names of what differs, never what it was */
      readonly fields: readonly string[]
    }
  /** several contacts on file are called so */
  | { readonly kind: 'ambiguous'; readonly contacts: number }

export interface Leaving {
  /** contacts that would leave an audience or be removed */
  readonly contacts: number
}

export interface ImportOptions {
  /** the list is complete: what it leaves out goes, an empty cell clears */
  readonly replaces: boolean
}

export interface ContactImportFacts {
  readonly id: number
  readonly fileName: string
  readonly fileHash: string
  readonly enteredBy: number
  readonly at: Date
  readonly replaces: boolean
  readonly rows: number
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly removed: number
}

export interface ShownAddress {
  readonly id: number
  readonly kind: string
  /** 138****1234; as it is where it was asked for in the clear */
  readonly shown: string
  readonly unsubscribed: boolean
}

export interface ContactFacts {
  readonly id: number
  readonly name: string
  readonly creditCode?: string
  readonly area?: string
  /** 联系人: the first character only */
  readonly liaison?: string
  readonly tags: readonly string[]
  readonly audiences: readonly string[]
  readonly forExercise: boolean
  readonly addresses: readonly ShownAddress[]
}

export interface ContactFilter {
  readonly audience?: string
  readonly area?: string
  readonly tag?: string
  /** part of the name */
  readonly name?: string
  /** an exact address, found by its blind index */
  readonly address?: { readonly kind: string; readonly value: string }
}

export interface ContactPort extends AudiencePort {
  /** One fate a row, in order. */
  compareContacts(rows: readonly ContactRow[], options: ImportOptions): Promise<readonly RowFate[]>
  /** Who leaves when the list is complete: its audiences, or everybody where it names none. */
  leaving(rows: readonly ContactRow[], fates: readonly RowFate[]): Promise<Leaving>
  /** Numbers on file that belong to other contacts than the row says: row by row, how many others. */
  sharedPhones(
    rows: readonly ContactRow[],
    fates: readonly RowFate[],
  ): Promise<ReadonlyMap<number, number>>
  writeContacts(
    rows: readonly ContactRow[],
    fates: readonly RowFate[],
    options: ImportOptions & { readonly at: Date },
  ): Promise<void>
  addContactImport(facts: Omit<ContactImportFacts, 'id'>): Promise<number>
  contactImports(limit: number): Promise<readonly ContactImportFacts[]>
  /** By id, after the given one; addresses masked. */
  contacts(
    filter: ContactFilter,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly ContactFacts[]>
  /** With addresses and names of people as they are; only for doors that audit it. */
  contactsInClear(
    filter: ContactFilter,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly ContactFacts[]>
  addressInClear(
    addressId: number,
  ): Promise<
    { readonly kind: string; readonly value: string; readonly removed: boolean } | undefined
  >
}

export interface SheetLimits {
  readonly rowsMax: number
  readonly columnsMax: number
  readonly cellsMax: number
}

/** Reads an xlsx file; composed in from outside, because the hub reads no file formats. */
export interface SheetReader {
  read(bytes: Uint8Array, limits: SheetLimits): Promise<Sheets>
}
