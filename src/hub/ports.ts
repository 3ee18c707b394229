/** What the doors need from outside the hub, in one place: the database, the channels and the proof. */
import type { Blobs, Channel } from '../../channels/channel.ts'
import type { Calendar } from '../domain/calendar/calendar.ts'
import type { AnswerPort } from './ports/answers.ts'
import type { AttentionPort } from './ports/attention.ts'
import type { BreakerPort } from './ports/breakers.ts'
import type { ChainPort } from './ports/chains.ts'
import type { CheckPort, DocumentsPort, LinksPort } from './ports/checks.ts'
import type { AuthorityPort, ClearancePort } from './ports/clearances.ts'
import type { ClippingPort } from './ports/clippings.ts'
import type { ContactPort } from './ports/contacts.ts'
import type { CountPort } from './ports/count.ts'
import type { DecisionPort } from './ports/decisions.ts'
import type { DispatchPort } from './ports/dispatches.ts'
import type { EnginePort } from './ports/engine.ts'
import type { FallbackPort, StrandedPort } from './ports/fallback.ts'
import type { HandPort } from './ports/hand.ts'
import type { LimitPort } from './ports/limits.ts'
import type { Lists } from './ports/lists.ts'
import type { OfficePort } from './ports/office.ts'
import type { PaperPort } from './ports/papers.ts'
import type { PeoplePort, RoadRow } from './ports/people.ts'
import type { PostingPort } from './ports/postings.ts'
import type { ReceiptPort, ReplyPort } from './ports/receipts.ts'
import type { RoadPort } from './ports/roads.ts'
import type { SchedulePort, ScheduleSweepPort } from './ports/schedules.ts'
import type { SecretPort } from './ports/secrets.ts'
import type { SignOffPort } from './ports/sign-off.ts'
import type { Watch } from './ports/watch.ts'
import type { WebhookPort, WebhookQueue } from './ports/webhooks.ts'
import type { WhyPort } from './ports/why.ts'

/** Everything a door may do inside one transaction of one agency. */
export interface Tx
  extends AnswerPort,
    ChainPort,
    CheckPort,
    ClearancePort,
    ClippingPort,
    ContactPort,
    DecisionPort,
    PeoplePort,
    PaperPort,
    DispatchPort,
    HandPort,
    PostingPort,
    FallbackPort,
    RoadPort,
    ReplyPort,
    OfficePort,
    SchedulePort,
    SignOffPort,
    SecretPort,
    WebhookPort {
  readonly agencyId: number
}

export interface Store {
  /** All or nothing; whatever `work` throws leaves no row behind. */
  transact<T>(agencyId: number, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Makes room for a month's deliveries in a transaction of its own, once; a month that was archived does
   *  not come back. */
  prepareMonth(month: string): Promise<void>
  readonly engine: EnginePort
  readonly attention: AttentionPort
  readonly why: WhyPort
  readonly receipts: ReceiptPort
  readonly fallback: StrandedPort
  readonly webhooks: WebhookQueue
  /** what door 5 reads of the papers a filled text stands on */
  readonly clearances: AuthorityPort
  readonly counts: CountPort
  readonly schedules: ScheduleSweepPort
  readonly limits: LimitPort
  readonly breakers: BreakerPort
  readonly lists: Lists
}

/** One way a channel reaches outside, with its adapter's object. */
export interface Road {
  readonly channelId: string
  readonly roadId: string
  readonly channel: Channel
}

export interface Outside {
  /** Opens roads that were read already. A door reads them in its own transaction: asking for a second
   *  connection while holding one would leave many doors at once waiting for each other for ever. */
  open(agencyId: number, rows: readonly RoadRow[]): Promise<readonly Road[]>
  /** Enabled roads in their order; every one of them is rendered and signed. */
  roads(agencyId: number, channelId: string): Promise<readonly Road[]>
  road(agencyId: number, channelId: string, roadId: string): Promise<Road | undefined>
  /** In words why an enabled road cannot be opened; undefined when it can, or is another entry's. */
  whyNotOpen(agencyId: number, channelId: string, roadId: string): Promise<string | undefined>
  /** Opens a road that need not be on file or in use, and closes it: whom it addresses and what it can, or
   *  in words what is wrong. `previews` when a test goes to one reader of our own, place or not. */
  tryRoad(
    agencyId: number,
    row: RoadRow,
    /** a secret as it would be */
    given?: { readonly name: string; readonly value: string },
  ): Promise<
    | {
        readonly addressing: Channel['capabilities']['addressing']
        readonly capabilities: Channel['capabilities']
        readonly previews: boolean
      }
    | { readonly problem: string }
  >
  /** Names of the secrets a road asks for, whether they are set or not. */
  secretNames(agencyId: number, row: RoadRow): readonly string[]
  /** Releases sockets and pools. */
  close(): Promise<void>
}

/** The proof of a signature, under a key that is not in the database. */
export interface Prover {
  readonly keyId: string
  prove(text: string): Uint8Array
  /** false as well when the key is not one of ours */
  holds(text: string, keyId: string, proof: Uint8Array): boolean
}

/** The tool chest every door is given. */
export interface Hub {
  readonly store: Store
  readonly outside: Outside
  readonly prover: Prover
  /** public address of our own pages, without a slash at the end */
  readonly publicUrl: string
  /** Makes and checks the token in a recipient's unsubscribe link. */
  unsubscribeToken(agencyId: number, addressId: number): string
  /** working days, holidays, lunar dates */
  readonly calendar: Calendar
  /** what a file says */
  readonly documents: DocumentsPort
  /** whether somebody is at an address */
  readonly links: LinksPort
  /** attachments and pictures of one agency */
  blobs(agencyId: number): Blobs
  /** An unforeseeable lease token. */
  newToken(): string
  /** whoever counts and logs what the doors do */
  readonly watch: Watch
}
