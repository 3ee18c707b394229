/** Tables of 0001-people: who and where. */
import type { Generated, JSONColumnType } from 'kysely'
import type { Role } from '../../domain/role.ts'
import type { Day, DayOrNull, Moment, MomentOrNull, Nullable } from './columns.ts'
import type { DefinitionOrNull } from './contacts.ts'

export interface PeopleTables {
  installation: { one: Generated<boolean>; kind: 'practice' | 'live'; founded_at: Moment }
  agency: {
    id: Generated<number>
    credit_code: string
    successor_id: Nullable<number>
  }
  index_counter: { agency_id: number; year: number; last: number }
  agency_name: { agency_id: number; from_on: Day; name: string; short_name: string }
  person: {
    agency_id: number
    id: Generated<number>
    name: string
    roles: Role[]
    in_office_from: Day
    in_office_to: DayOrNull
  }
  category: {
    agency_id: number
    id: string
    name: string
    measure_word: string
    required_fields: string[]
    line_categories: JSONColumnType<Record<string, string>>
  }
  channel: {
    agency_id: number
    id: string
    name: string
    line: string
    addressing: 'place' | 'group' | 'recipient'
    address_kind: string
    position: number
    retired_at: MomentOrNull
  }
  road: {
    agency_id: number
    channel_id: string
    id: string
    adapter: string
    settings: JSONColumnType<Record<string, unknown>>
    position: number
    enabled: boolean
    held_reason: Nullable<string>
  }
  contact: {
    agency_id: number
    id: Generated<number>
    name: string
    for_exercise: Generated<boolean>
    removed_at: MomentOrNull
    credit_code: Nullable<string>
    area: Nullable<string>
    tags: Generated<string[]>
    liaison: Nullable<string>
  }
  address_block: {
    agency_id: number
    id: Generated<number>
    kind: string
    key_id: string
    size: number
    cipher: Buffer
  }
  address: {
    agency_id: number
    id: Generated<number>
    kind: string
    block_id: number
    slot: number
    blind_index: Buffer
    keeper_id: Nullable<number>
    unsubscribed_at: MomentOrNull
    removed_at: MomentOrNull
  }
  contact_address: { agency_id: number; contact_id: number; address_id: number }
  audience: { agency_id: number; id: string; name: string; rule: DefinitionOrNull }
  audience_member: { agency_id: number; audience_id: string; contact_id: number }
}
