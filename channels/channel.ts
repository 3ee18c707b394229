/** The contract between the hub and the outside world. An adapter is an object from a factory:
 *  no base class, no environment, no clock and no database of its own. */

import type { Attachment, Block, Entry, Level, Metadata, Mode } from '../src/domain/bulletin.ts'
import type { Bundling } from '../src/domain/bundle.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { FilledFields, Payload } from '../src/domain/payload.ts'
import type { Rates } from '../src/domain/rates.ts'
import type { Act } from '../src/domain/signature.ts'

export interface Capabilities {
  /** place: one visible spot; group: one call a group; recipient: addresses of ours */
  readonly addressing: 'place' | 'group' | 'recipient'
  /** recipients one `send` may carry */
  readonly batchMax: number
  /** recipients one outside call serves; 1 makes the hub begin attempts in small groups, so that
   *  a crash leaves only that group unsure */
  readonly perCall: 'one' | 'batch'
  readonly limits: {
    readonly titleCharactersMax?: number
    readonly textCharactersMax?: number
    readonly bytesMax?: number
  }
  /** what the platform does with the same message twice */
  readonly idempotency: 'key' | 'content' | 'query' | 'replace' | 'none'
  readonly receipts: 'push' | 'poll' | 'pull-once' | 'none'
  /** how long a receipt may take; 72 hours when absent */
  readonly receiptsWithinMs?: number
  /** when a publication or delivery counts */
  readonly countsWhen: 'accepted' | 'receipt' | 'confirmed'
  /** a place whose publications are confirmed by an entered clipping (刊播凭证) only; absent: by the word of
   *  whoever posted it */
  readonly evidence?: 'clipping'
  readonly retract: 'delete' | 'recall' | 'update' | 'correction-only' | 'none'
  /** the platform takes back what is not older than this; whatever its age when absent */
  readonly retractWithinMs?: number
  /** calls the hub may have open at once on one account */
  readonly concurrencyMax: number
  /** windows of the platform that hold at once, for the account and for each target; the hub takes tokens
   *  before a call. Absent: none, and nothing is asked */
  readonly rates?: Rates
  /** publications of different bulletins leave together in one `sendBundle`; absent: each by itself */
  readonly bundle?: Bundling
}

/** What an adapter renders from: one revision as it will be read. */
export interface RenderInput {
  readonly agency: { readonly id: number; readonly name: string; readonly shortName: string }
  readonly bulletinId: number
  readonly category: { readonly id: string; readonly name: string }
  readonly mode: Mode
  readonly level: Level
  readonly title: string
  readonly blocks: readonly Block[]
  readonly attachments: readonly Attachment[]
  readonly metadata: Metadata
  readonly entries: readonly Entry[]
  readonly act: Act
  /** why it is corrected or withdrawn; shown where the channel can show it */
  readonly reason?: string
}

export interface Rendered {
  readonly payload: Payload
  /** what this channel cannot show, in words for the preview */
  readonly losses: readonly string[]
}

/** A fault the preview shows before anybody signs. */
export interface Problem {
  readonly field: string
  readonly text: string
  readonly limit?: number
}

export interface Recipient {
  /** stable across retries: agency.dispatch.address */
  readonly key: string
  /** phone, mailbox, group id; for a place its own id. Never logged. */
  readonly address: string
  readonly name?: string
  /** of a withdrawal only: what the platform called the messages this recipient had and that may still be taken
   *  back; empty: they are already; absent: none is known, or it is too late */
  readonly recall?: readonly string[]
  /** filled fields of this recipient; absent when all share `SendBatch.fields` */
  readonly fields?: FilledFields
}

export interface SendBatch {
  readonly key: string
  readonly agencyId: number
  readonly bulletinId: number
  readonly categoryId: string
  readonly act: Act
  readonly mode: Mode
  readonly fields: FilledFields
  readonly recipients: readonly Recipient[]
  /** business time of this attempt */
  readonly at: Date
  /** what the platform called the publication when it was first posted (amend, withdraw) */
  readonly reference?: string
  readonly attachments: readonly Attachment[]
}

/** What a platform told us later, by a callback or when asked. */
export type Heard =
  /** 回执: what became of one message. `address` is needed where one reference serves a whole call. */
  | {
      readonly kind: 'receipt'
      readonly reference: string
      readonly address?: string
      readonly state: 'delivered' | 'failed'
      readonly code?: string
      readonly at?: Date
    }
  /** 回复: what a recipient wrote back; the hub finds the broadcast it answers. */
  | {
      readonly kind: 'reply'
      readonly from: string
      readonly text: string
      readonly reference?: string
      /** the platform's own id of the reply, so that a repeated callback adds nothing */
      readonly id?: string
      readonly at?: Date
    }

/** Something the platform took whose end is not known yet. */
export interface Pending {
  readonly reference: string
  readonly address: string
  readonly url?: string
  /** what readers should find there */
  readonly title: string
  readonly act: Act
  readonly sentAt: Date
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly timeoutMs: number
  /** a longer answer is cut off and called lost */
  readonly bytesMax: number
  readonly signal?: AbortSignal
}

/** Never thrown. `unreachable` means certainly not sent: no connection stood; `lost` means the request
 *  may have arrived. Redirections are answers: nobody is led to another host. */
export type HttpAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** names in lower case; a repeated header is joined by a comma */
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
    }
  | { readonly kind: 'unreachable'; readonly code: string }
  | { readonly kind: 'lost'; readonly code: string }

export interface Health {
  readonly state: 'ok' | 'degraded' | 'down'
  readonly detail: string
}

/** Pages the hub's own portal serves; the adapter never sees how they are kept. */
export interface Pages {
  put(page: {
    agencyId: number
    path: string
    title: string
    categoryId: string
    bulletinId: number
    /** the article as signed and filled */
    html: string
    state: 'current' | 'corrected'
    at: Date
  }): Promise<{ etag: string; url: string }>
  /** keeps the address alive and says that and why the item was withdrawn */
  tombstone(page: {
    agencyId: number
    path: string
    html: string
    at: Date
  }): Promise<{ url: string }>
  /** null when nothing stands at the path */
  look(page: { agencyId: number; path: string }): Promise<{ etag: string; url: string } | null>
}

/** Attachments by their hash; the adapter never sees where they lie. */
export interface Blobs {
  /** null when nothing is kept under this hash, for example because its key was destroyed.
   *  Whoever publishes the bytes hashes them again: what leaves is what was signed. */
  read(sha256: string): Promise<Uint8Array | null>
}

/** Everything an adapter may touch. */
export interface Toolbox {
  /** the secret a setting refers to by name
   *  @throws Error naming the missing secret, never its value */
  secret(name: string): string
  /** the value before, while a platform may still sign with it; undefined when there is none */
  formerSecret?(name: string): string | undefined
  readonly pages: Pages
  readonly blobs: Blobs
  /** the one way to call a web interface; connections are pooled by host */
  http(request: HttpRequest): Promise<HttpAnswer>
  /** false for a host, or an address after its name was resolved, this installation may not open a connection of
   *  its own to; everywhere when absent */
  mayReach?(host: string, port: number): boolean
  log(event: string, facts: Readonly<Record<string, string | number | boolean>>): void
}

export interface Channel {
  readonly adapter: string
  readonly runsOn: readonly ('node' | 'worker')[]
  readonly capabilities: Capabilities
  /** pure: same input, same bytes */
  render(input: RenderInput): Rendered
  /** pure: length, segments, signature, links */
  check(payload: Payload): readonly Problem[]
  /** one outcome per recipient, in order; never throws on purpose */
  send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]>
  /** first publications of different bulletins, one recipient each, in one call; one outcome a batch, in
   *  order; never throws on purpose. With `capabilities.bundle` only */
  sendBundle?(batches: readonly SendBatch[], signal: AbortSignal): Promise<readonly Outcome[]>
  /** turns `unsure` into a fact; answers `unsure` again when it cannot know */
  reconcile?(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]>
  update?(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]>
  retract?(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]>
  /** verified callbacks; what was heard is stored before `response` is given */
  receipts?(request: Request): Promise<{ heard: readonly Heard[]; response: Response }>
  /** asks what became of messages that were taken; nothing is heard of what is still open */
  poll?(pending: readonly Pending[], signal: AbortSignal): Promise<readonly Heard[]>
  /** given once, after the road was opened: what comes over a connection of the channel's own is told to
   *  `hear`, and acknowledged outside only when that resolves, because it is kept then */
  listen?(hear: (heard: readonly Heard[]) => Promise<void>): void
  /** pure: true for what the platform takes from no window of `rates`: a preview, a deletion */
  uncounted?(batch: Pick<SendBatch, 'act' | 'mode'>): boolean
  health(): Promise<Health>
  /** releases sockets and pools */
  close(): Promise<void>
}

/** A setting that cannot work, named field by field. */
export class SettingsFault extends Error {
  readonly problems: readonly Problem[]
  constructor(adapter: string, problems: readonly Problem[]) {
    super(
      `${adapter}: ${problems.map((problem) => `${problem.field}: ${problem.text}`).join('; ')}`,
    )
    this.name = 'SettingsFault'
    this.problems = problems
  }
}

export interface Adapter {
  readonly adapter: string
  /** @throws SettingsFault naming every wrong field at once */
  create(settings: unknown, tools: Toolbox): Channel
}
