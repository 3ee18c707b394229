/** What is asked of the log and the papers to know what is not finished in its time. Each call reads only. */
import type { AttentionReason, OpenGroup, OpenState } from '../../domain/attention.ts'
import type { Lane } from '../../domain/bulletin.ts'

interface Place {
  readonly bulletinId: number
  readonly title: string
  readonly dispatchId: number
  readonly channelId: string
  readonly channelName: string
}

/** Open deliveries of one dispatch and road that share state and circumstances. */
export interface OpenDeliveries extends Place, Omit<OpenGroup, 'night' | 'state'> {
  readonly state: OpenState
  /** null: no batch stands behind them */
  readonly roadId: string | null
  readonly heldReason: string | null
  /** its batch waits for morning */
  readonly quietHold: boolean
  readonly count: number
  /** when the dispatch might leave first */
  readonly since: Date
}

/** A dispatch that is held, or not expanded in its time. */
export interface OpenDispatch extends Place {
  readonly state: 'held' | 'expanding'
  readonly heldReason: string | null
  readonly windowClosed: boolean
  /** addresses the leader saw; how many will be written is not known yet */
  readonly count: number
  readonly since: Date
}

export interface HeldRoad {
  readonly channelId: string
  readonly channelName: string
  readonly roadId: string
  readonly detail: string
  /** deliveries that wait on it */
  readonly count: number
  /** since when the first of them waits */
  readonly since: Date | null
}

/** What waits for a person among papers, schedules and receipts. */
export interface OpenPaper {
  readonly reason: AttentionReason
  readonly bulletinId: number | null
  readonly title: string | null
  readonly channelId: string | null
  readonly roadId: string | null
  readonly subjectId: number | null
  readonly state: string | null
  readonly detail: string | null
  readonly count: number
  readonly since: Date
}

export interface AttentionAsk {
  readonly agencyId: number
  readonly at: Date
  /** by lane: what might leave before this should be finished */
  readonly startedBy: Readonly<Record<Lane, Date>>
}

export interface AttentionPort {
  openDeliveries(ask: AttentionAsk): Promise<readonly OpenDeliveries[]>
  openDispatches(ask: AttentionAsk): Promise<readonly OpenDispatch[]>
  /** Taken by their platform, and past the moment until which it would tell. */
  overdueReceipts(ask: AttentionAsk): Promise<readonly OpenDeliveries[]>
  heldRoads(ask: AttentionAsk): Promise<readonly HeldRoad[]>
  openPapers(
    ask: AttentionAsk & {
      /** YYYY-MM-DD of the bureau */
      readonly today: string
      readonly graceUntil: Date
      readonly receiptsFrom: Date
    },
  ): Promise<readonly OpenPaper[]>
}
