/** What the import of hand postings writes. */

export interface NewManualPublication {
  readonly bulletinId: number
  readonly channelId: string
  readonly categoryId: string
  readonly place: boolean
  readonly occurredAt: Date
  readonly url?: string
  readonly enteredBy: number
  readonly at: Date
}

export interface PostingPort {
  newImport(record: {
    readonly fileName: string
    readonly fileHash: string
    readonly enteredBy: number
    readonly at: Date
    readonly atOnce: boolean
  }): Promise<number>
  /** One import at a time in an agency, until the transaction ends: two would enter a row twice. */
  lockImports(): Promise<void>
  /** Which of the natural keys (hex) are in the log already. */
  knownPostings(keys: readonly string[]): Promise<ReadonlySet<string>>
  /** Message keys (hex) already in the log, with the bulletin each belongs to. */
  knownMessages(keys: readonly string[]): Promise<ReadonlyMap<string, number>>
  addPostings(
    importId: number,
    postings: readonly {
      readonly rowNumber: number
      readonly naturalKey: string
      readonly messageKey: string
      readonly bulletinId: number
      readonly channelId: string
      readonly evidence?: string
      readonly evidenceHash?: string
      readonly reviewReference?: string
      readonly signedBy?: string
      readonly signedOn?: string
    }[],
  ): Promise<void>
  /** A publication on a place, or the broadcast elsewhere; nothing when it stands already. */
  addManualPublication(publication: NewManualPublication): Promise<void>
  /** Appends units to revision 1 of a hand-posted list. */
  addManualEntries(
    importId: number,
    bulletinId: number,
    entries: readonly { readonly unit: string; readonly level?: string }[],
  ): Promise<void>
  /** Who entered an import and whether it is confirmed; undefined when there is none. */
  importFacts(
    importId: number,
  ): Promise<{ enteredBy: number; confirmed: boolean; rows: number } | undefined>
  /** Bulletins the import brought or added to. */
  importedBulletins(importId: number): Promise<readonly number[]>
  unconfirmedImports(): Promise<readonly { id: number; fileName: string; rows: number }[]>
  /** Counts everything the import brought. */
  confirmImport(importId: number, by: number, at: Date): Promise<void>
}
