/** Tables of 0011-accounts and 0024-pins: accounts, keys, PINs and the answers to repeated requests. */
import type { Generated } from 'kysely'
import type { Scope } from '../../domain/api-key.ts'
import type { Moment, MomentOrNull, Nullable } from './columns.ts'

export interface AccountTables {
  account: {
    agency_id: number
    person_id: number
    login: string
    user_id: string
    first_password: Generated<boolean>
    created_at: Moment
    disabled_at: MomentOrNull
  }
  api_key: {
    agency_id: number
    id: Generated<number>
    name: string
    kind: 'person' | 'machine'
    person_id: number
    secret_hash: Buffer
    scopes: Scope[]
    created_at: Moment
    created_by: Nullable<number>
    expires_at: Moment
    last_used_at: MomentOrNull
    revoked_at: MomentOrNull
  }
  pin: {
    agency_id: number
    person_id: number
    salt: Buffer
    hash: Buffer
    wrong_tries: Generated<number>
    set_at: Moment
  }
  idempotency: {
    agency_id: number
    actor: string
    key: string
    route: string
    body_hash: Buffer
    token: string
    claimed_until: Moment
    carried_out: Generated<boolean>
    status: Nullable<number>
    answer: Nullable<Buffer>
    at: Generated<Date>
  }
}
