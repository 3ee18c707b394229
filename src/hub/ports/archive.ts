/** What faces ask of months that left the log. */

export interface ArchivedMonth {
  /** first day, YYYY-MM-DD */
  readonly month: string
  readonly file: string
  /** SHA-256 of the file's lines before packing, lower-case hex */
  readonly sha256: string
  readonly deliveries: number
  readonly receipts: number
  readonly messageReferences: number
  readonly archivedAt: Date
}
