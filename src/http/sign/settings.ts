/** What the pages of sign-off are made with. */
import type { Accounts } from '../../hub/ports/accounts.ts'
import type { BlobStore } from '../../hub/ports/blobs.ts'
import type { Pins } from '../../hub/ports/pins.ts'
import type { Hub } from '../../hub/ports.ts'

export interface SignOffSettings {
  readonly hub: Hub
  readonly accounts: Pick<Accounts, 'check' | 'session' | 'signIn' | 'signOut'>
  readonly pins: Pins
  blobs(agencyId: number): BlobStore
  now(): Date
  readonly log: { error(facts: object, event: string): void }
  /** 【练习模式】 on every page */
  readonly practice: boolean
  /** of the installation, outside the database: marks of forms and links are made under it */
  readonly key: Uint8Array
  /** where phones find these pages, without a slash at the end; asked late, because a port may be free */
  url(): string
}
