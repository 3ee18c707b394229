/** What the doors need from outside the hub, in one place: the database, the channels and the proof. */
import type { Channel } from '../../channels/channel.ts'
import type { CountPort } from './ports-count.ts'
import type { DispatchPort } from './ports-dispatches.ts'
import type { EnginePort } from './ports-engine.ts'
import type { HandPort } from './ports-hand.ts'
import type { PaperPort } from './ports-papers.ts'
import type { PeoplePort } from './ports-people.ts'
import type { PostingPort } from './ports-postings.ts'

/** Everything a door may do inside one transaction of one agency. */
export interface Tx extends PeoplePort, PaperPort, DispatchPort, HandPort, PostingPort {
  readonly agencyId: number
}

export interface Store {
  /** All or nothing; whatever `work` throws leaves no row behind. */
  transact<T>(agencyId: number, work: (tx: Tx) => Promise<T>): Promise<T>
  readonly engine: EnginePort
  readonly counts: CountPort
}

/** One way a channel reaches outside, with its adapter's object. */
export interface Road {
  readonly channelId: string
  readonly roadId: string
  readonly channel: Channel
}

/** A road as it is on file. */
export interface RoadRow {
  readonly channelId: string
  readonly roadId: string
  readonly adapter: string
  readonly settings: unknown
}

export interface Outside {
  /** Enabled roads in their order; every one of them is rendered and signed. */
  roads(agencyId: number, channelId: string): Promise<readonly Road[]>
  road(agencyId: number, channelId: string, roadId: string): Promise<Road | undefined>
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
  /** An unforeseeable lease token. */
  newToken(): string
}
