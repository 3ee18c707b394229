/** What the register of clippings (刊播凭证) reads and writes. */
import type { Clipping } from '../../domain/clipping.ts'

/** The dispatch that carried a release to a place, and what is still open of it. */
export interface Release {
  readonly publicationId: number
  readonly dispatchId: number
  readonly addressId: number
  readonly sentAt: Date
  /** it counts already */
  readonly published: boolean
  readonly openTaskId?: number
  /** true when the letter left, or may have left; false as long as it waits or was refused */
  readonly mayHaveLeft: boolean
}

export interface ClippingRow extends Clipping {
  readonly id: number
  readonly bulletinId: number
  readonly title: string
  readonly channelId: string
  readonly channelName: string
  readonly line: string
  readonly enteredBy: string
  readonly enteredAt: Date
}

export interface ClippingPort {
  /** The newest publishing dispatch of a bulletin on a place, locked; undefined when there is none. */
  releaseOn(bulletinId: number, channelId: string): Promise<Release | undefined>
  /** undefined when the same outlet, time and place stand there already */
  addClipping(
    clipping: Clipping & {
      readonly publicationId: number
      readonly enteredBy: number
      readonly at: Date
    },
  ): Promise<number | undefined>
  /** The release appeared, whatever its letter was thought to have become: it counts from `occurredAt`. */
  proveRelease(release: Release, occurredAt: Date, url?: string): Promise<void>
  /** Of earnest releases that appeared in [from, to), by date of appearance. */
  clippings(filter: {
    readonly from: Date
    readonly to: Date
    readonly limit: number
  }): Promise<readonly ClippingRow[]>
}
