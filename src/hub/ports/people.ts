/** What the doors read about people, categories, channels and audiences. */
import type { AudienceRule } from '../../domain/audience.ts'
import type { Mode } from '../../domain/bulletin.ts'
import type { Category } from '../../domain/category.ts'
import type { Person } from '../../domain/role.ts'

export interface ChannelFacts {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: 'place' | 'group' | 'recipient'
  readonly addressKind: string
}

/** A road as it is on file. */
export interface RoadRow {
  readonly channelId: string
  readonly roadId: string
  readonly adapter: string
  readonly settings: unknown
}

export interface AgencyFacts {
  readonly id: number
  readonly name: string
  readonly shortName: string
}

export interface PeoplePort {
  /** Names as they were on `day` (YYYY-MM-DD). */
  agency(day: string): Promise<AgencyFacts>
  /** Undefined when there is no such person here or the person is not in office on `day`. */
  person(id: number, day: string): Promise<Person | undefined>
  category(id: string): Promise<Category | undefined>
  categories(): Promise<readonly Category[]>
  /** Retired channels are left out. */
  channel(id: string): Promise<ChannelFacts | undefined>
  channels(): Promise<readonly ChannelFacts[]>
  /** Enabled roads of a channel in their order. */
  roads(channelId: string): Promise<readonly RoadRow[]>
  /** Addresses the rule reaches on a channel now; a place is one. */
  reach(channel: ChannelFacts, rule: AudienceRule, mode: Mode): Promise<number>
  /** Highest address id in existence: what a frozen audience may hold. */
  addressIdMax(): Promise<number>
  /** True when an address was there and was not unsubscribed before. */
  unsubscribe(addressId: number, at: Date): Promise<boolean>
}
