/** What the doors of 外发通知 and whoever sends them need from the database. */
import type { NewWebhook, WebhookKind, WebhookOutcome } from '../../domain/webhook.ts'

export interface WebhookRow {
  readonly id: number
  readonly name: string
  readonly url: string
  readonly kinds: readonly WebhookKind[]
  readonly createdAt: Date
  readonly pausedAt: Date | null
  /** `gone`: the receiver answered 410; `restored`: what it was told since the backup is not known */
  readonly pauseReason: 'person' | 'gone' | 'restored' | null
  readonly liveKeys: number
  readonly waiting: number
  readonly givenUp: number
  readonly lastDoneAt: Date | null
  /** of the deliveries that wait or were given up, the code of the latest that failed */
  readonly lastFault: string | null
}

export const WEBHOOK_STATES = ['waiting', 'done', 'given-up'] as const

export interface WebhookDeliveryRow {
  readonly eventId: string
  readonly kind: WebhookKind | 'ping'
  readonly at: Date
  readonly bulletinId: number | null
  readonly state: (typeof WEBHOOK_STATES)[number]
  readonly attempts: number
  readonly nextAt: Date
  readonly doneAt: Date | null
  readonly fault: string | null
}

/** `since` is compared with the moment an event was recorded. */
export type ReplayWanted = { readonly eventId: string } | { readonly since: Date }

/** Inside one transaction of one agency; what was removed is not found. */
export interface WebhookPort {
  /** The secret is told once and kept sealed. */
  addWebhook(
    webhook: NewWebhook & { readonly at: Date },
  ): Promise<{ readonly id: number; readonly secret: string }>
  webhooks(): Promise<readonly WebhookRow[]>
  /** newest first, at most 100 */
  webhookDeliveries(id: number): Promise<readonly WebhookDeliveryRow[]>
  /** Numbers of its live keys, oldest first; nobody else changes it until the transaction ends. */
  lockWebhook(id: number): Promise<{ readonly liveKeys: readonly number[] } | undefined>
  /** Answers the new secret. */
  addWebhookKey(id: number, at: Date): Promise<string>
  dropWebhookKey(id: number, number: number, at: Date): Promise<void>
  pauseWebhook(id: number, at: Date): Promise<void>
  /** What waited is due at once, with 24 hours of its own. */
  resumeWebhook(id: number): Promise<void>
  /** Nothing is sent any more and its keys are destroyed. */
  removeWebhook(id: number, at: Date): Promise<void>
  /** Makes events of its kinds due again, done or not; answers how many. */
  replayWebhook(id: number, wanted: ReplayWanted): Promise<number>
  /** Answers the id of an event that goes to this subscription alone. */
  pingWebhook(id: number, at: Date): Promise<string>
}

export interface WebhookEvent {
  readonly id: string
  readonly kind: WebhookKind | 'ping'
  readonly at: Date
  readonly mode: string | null
  readonly bulletinId: number | null
  readonly publicationId: number | null
  readonly dispatchId: number | null
  readonly channelId: string | null
  readonly facts: Readonly<Record<string, unknown>>
}

export interface WebhookClaim {
  readonly agencyId: number
  readonly webhookId: number
  readonly url: string
  /** of its live keys, oldest first */
  readonly secrets: readonly string[]
  readonly deliveries: readonly {
    readonly event: WebhookEvent
    /** with the one that begins now */
    readonly attempts: number
    readonly firstAt: Date
  }[]
  readonly token: string
}

export interface WebhookKey {
  readonly agencyId: number
  readonly webhookId: number
}

/** For whoever sends, over all agencies. */
export interface WebhookQueue {
  /** A few due events of each subscription that is on and not `busy`, under a lease. */
  claim(given: {
    readonly at: Date
    readonly token: string
    readonly busy: readonly WebhookKey[]
  }): Promise<readonly WebhookClaim[]>
  /** False when the lease had run out and another attempt may be under way. */
  settle(claim: WebhookClaim, eventId: string, outcome: WebhookOutcome, at: Date): Promise<boolean>
  /** Gives back what was not tried, due again at `nextAt`; no attempt is counted. */
  putBack(claim: WebhookClaim, eventIds: readonly string[], nextAt: Date): Promise<void>
  /** Writes the event of each dispatch that has come to its end; answers how many. */
  noteFinished(at: Date): Promise<number>
}
