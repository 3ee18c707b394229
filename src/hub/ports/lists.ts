/** What staff and programs look through: lists newest first, each row within one agency, and single
 *  items. No body and no full address is in any of them. */
import type { Lane, Level, Mode } from '../../domain/bulletin.ts'
import type { Step } from '../../domain/chain.ts'
import type { DeliveryState } from '../../domain/delivery.ts'
import type { Opinion } from '../../domain/review.ts'
import type { Act, Clearance } from '../../domain/signature.ts'
import type { LinkKind } from './papers.ts'

/** One page of a list: what comes after `after`, at most `limit` rows. */
export interface Window {
  readonly after?: number
  readonly limit: number
}

export interface BulletinRow {
  readonly id: number
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
  readonly origin: 'hub' | 'manual'
  readonly title: string
  readonly authorId: number
  readonly author: string
  readonly createdAt: Date
  readonly indexNumber: string | null
  readonly stoppedAt: Date | null
  readonly linkedTo: number | null
  readonly linkKind: LinkKind | null
  /** the latest one */
  readonly revision: number
  readonly hash: string
}

export interface BulletinPapers extends BulletinRow {
  readonly stopReason: string | null
  /** the key was destroyed: the text is gone everywhere, hash and reasons stay */
  readonly erased: boolean
  readonly reviews: readonly {
    readonly revision: number
    readonly hash: string
    readonly step: Step
    readonly opinion: Opinion
    readonly reviewerId: number
    readonly reviewer: string
    readonly note: string
    readonly at: Date
  }[]
  readonly returns: readonly {
    readonly revision: number
    readonly returnedBy: number
    readonly reason: string
    readonly at: Date
  }[]
  readonly signatures: readonly {
    readonly id: number
    readonly revision: number
    readonly hash: string
    readonly signerId: number
    readonly signer: string
    readonly clearance: Clearance
    readonly at: Date
  }[]
}

export interface PublicationRow {
  readonly id: number
  readonly bulletinId: number
  readonly channelId: string
  readonly categoryId: string
  readonly title: string
  readonly origin: 'hub' | 'manual'
  readonly mode: Mode
  readonly url: string | null
  readonly occurredAt: Date | null
  readonly withdrawnAt: Date | null
  readonly duplicateOf: number | null
  readonly confirmedAt: Date | null
}

export interface DispatchRow {
  readonly id: number
  readonly bulletinId: number
  readonly channelId: string
  readonly act: Act
  readonly revision: number
  readonly categoryId: string
  readonly mode: Mode
  readonly lane: Lane
  readonly reach: number
  readonly tolerance: number
  readonly notBefore: Date
  readonly notAfter: Date
  readonly state: 'held' | 'expanding' | 'fanned-out' | 'stopped'
  readonly heldReason: string | null
  readonly reason: string | null
  readonly signatureId: number
  readonly createdAt: Date
}

export interface DeliveryRow {
  readonly addressId: number
  readonly kind: string
  /** masked; null when the sealed address does not open */
  readonly address: string | null
  readonly state: DeliveryState
  readonly code: string | null
  readonly units: number
  readonly changedAt: Date
  readonly acknowledgedAt: Date | null
}

export interface ImportRow {
  readonly id: number
  readonly fileName: string
  readonly fileHash: string
  readonly rows: number
  readonly enteredBy: number
  readonly enteredByName: string
  readonly enteredAt: Date
  readonly confirmedBy: number | null
  readonly confirmedAt: Date | null
  readonly atOnce: boolean
}

export interface ChannelRow {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: 'place' | 'group' | 'recipient'
  readonly addressKind: string
  readonly retiredAt: Date | null
  readonly roads: readonly {
    readonly id: string
    readonly adapter: string
    readonly enabled: boolean
    readonly heldReason: string | null
  }[]
}

/** A road that its own platform refused: nothing leaves on it before somebody releases it. */
export interface HeldRoadRow {
  readonly channelId: string
  readonly channelName: string
  readonly roadId: string
  readonly adapter: string
  readonly heldReason: string
  /** batches that wait on it */
  readonly batches: number
}

export interface PreparedTextListRow {
  readonly id: number
  readonly title: string
  readonly hash: string
  readonly authorId: number
  readonly author: string
  readonly at: Date
  /** the newest one; null before anybody gave one */
  readonly opinion: Opinion | null
  readonly reviewerId: number | null
  readonly reviewer: string | null
  readonly reviewedAt: Date | null
}

export interface RelayedMessageRow {
  readonly id: number
  readonly sourceId: number
  readonly sourceName: string
  readonly text: string
  readonly hash: string
  readonly issuedAt: Date
  readonly receivedAt: Date
  readonly via: 'hand' | 'api'
  readonly enteredBy: number | null
}

export interface PaperSheetRow {
  readonly id: number
  readonly bulletinId: number
  readonly title: string
  readonly revisionHash: string
  readonly signerId: number
  readonly signer: string
  readonly sheetHash: string
  readonly enteredBy: number
  readonly enteredByName: string
  readonly at: Date
  /** null while it waits for the second person */
  readonly signatureId: number | null
}

export interface AuditRow {
  readonly id: number
  readonly at: Date
  readonly recordedAt: Date
  readonly actorId: number | null
  readonly actor: string | null
  readonly action: string
  readonly subject: string
  readonly facts: Readonly<Record<string, unknown>>
}

export interface ChannelStanding {
  readonly channel: string
  readonly name: string
  readonly state: string
  readonly url: string | null
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>
}

export interface BulletinStanding {
  readonly bulletinId: number
  readonly title: string
  readonly publications: readonly ChannelStanding[]
}

export interface Lists {
  bulletins(
    agencyId: number,
    query: Window & {
      readonly categoryId?: string
      readonly mode?: Mode
      readonly level?: Level
      readonly authorId?: number
    },
  ): Promise<readonly BulletinRow[]>
  bulletin(agencyId: number, id: number): Promise<BulletinPapers | undefined>
  publications(
    agencyId: number,
    query: Window & { readonly bulletinId?: number; readonly channelId?: string },
  ): Promise<readonly PublicationRow[]>
  publication(agencyId: number, id: number): Promise<PublicationRow | undefined>
  dispatches(
    agencyId: number,
    query: Window & { readonly bulletinId?: number; readonly channelId?: string },
  ): Promise<readonly DispatchRow[]>
  dispatch(agencyId: number, id: number): Promise<DispatchRow | undefined>
  /** By address, ascending; undefined when there is no such dispatch. */
  deliveries(
    agencyId: number,
    dispatchId: number,
    query: Window & { readonly state?: DeliveryState },
  ): Promise<readonly DeliveryRow[] | undefined>
  imports(agencyId: number, query: Window): Promise<readonly ImportRow[]>
  channels(agencyId: number): Promise<readonly ChannelRow[]>
  heldRoads(agencyId: number): Promise<readonly HeldRoadRow[]>
  preparedTexts(agencyId: number, query: Window): Promise<readonly PreparedTextListRow[]>
  relayedMessages(
    agencyId: number,
    query: Window & { readonly sourceId?: number },
  ): Promise<readonly RelayedMessageRow[]>
  paperSheets(
    agencyId: number,
    query: Window & { readonly bulletinId?: number; readonly waiting?: boolean },
  ): Promise<readonly PaperSheetRow[]>
  audit(
    agencyId: number,
    query: Window & { readonly action?: string; readonly subject?: string },
  ): Promise<readonly AuditRow[]>
  /** Undefined when there is no such bulletin. */
  progress(agencyId: number, bulletinId: number): Promise<BulletinStanding | undefined>
}
