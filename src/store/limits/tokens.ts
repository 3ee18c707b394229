/** Tokens of an account and of its targets: taken and answered under the lock of their rows. */
import { sql } from 'kysely'
import {
  type Ask,
  aged,
  answered,
  idleAt,
  kept,
  type LimitState,
  NOTHING_TAKEN,
  type Room,
  room,
  taken,
  takenOf,
} from '../../domain/limits.ts'
import { lookReturned, lookTaken } from '../../domain/look-limits.ts'
import type { RateLimit } from '../../domain/rates.ts'
import type {
  LimitedAccount,
  LookRequest,
  TokenRequest,
  Tokens,
  TokensAnswered,
} from '../../hub/ports/limits.ts'
import type { Database, Transacting } from '../connect.ts'

/** The account as a whole; a target is named by the id of its address. */
const WHOLE = ''
const IDLE_A_ROUND_MAX = 200

const limitsOf = ({ rates }: LimitedAccount, scope: RateLimit['scope']) =>
  rates.limits.filter((one) => one.scope === scope)

/** True when there is something to write about the account as a whole. */
const bounds = (account: LimitedAccount): boolean =>
  limitsOf(account, 'account').length > 0 || account.rates.forbidden !== undefined

export function takeTokens(db: Database, request: TokenRequest): Promise<Tokens> {
  return db.transaction().execute(async (tx) => {
    const states = await locked(tx, request, subjectsOf(request, request.addressIds))
    const now = await clock(tx)
    const targets = limitsOf(request, 'target')
    const one: Ask = { recipients: 1, perCall: request.perCall, urgent: true }
    const rested: number[] = []
    let restedMs = Number.POSITIVE_INFINITY
    const open = request.addressIds.filter((addressId) => {
      if (targets.length === 0) return true
      const { waitMs } = room(targets, aged(targets, stateOf(states, addressId), now), one, now)
      if (waitMs === 0) return true
      rested.push(addressId)
      restedMs = Math.min(restedMs, waitMs)
      return false
    })
    const urgent = request.lane === 'urgent'
    const ask: Ask = { recipients: open.length, perCall: request.perCall, urgent }
    const limits = limitsOf(request, 'account')
    const whole = aged(limits, states.get(WHOLE) ?? NOTHING_TAKEN, now)
    const fits: Room =
      open.length === 0
        ? { recipients: 0, waitMs: 0 }
        : room(limits, whole, ask, now, request.rates.forbidden)
    const granted = open.slice(0, fits.recipients)
    const until = now + request.holdMs
    const changed = new Map<string, LimitState>()
    const next = kept(whole, ask, fits, now)
    const own = takenOf(request.id, ask, granted.length, until)
    if (bounds(request)) changed.set(WHOLE, granted.length > 0 ? taken(next, own) : next)
    if (targets.length > 0)
      for (const addressId of granted) {
        const state = aged(targets, stateOf(states, addressId), now)
        const own = takenOf(request.id, one, 1, until)
        changed.set(String(addressId), taken(state, own))
      }
    await keep(tx, request, changed)
    return {
      ...{ granted, later: open.slice(fits.recipients), laterMs: fits.waitMs },
      ...{ rested, restedMs: rested.length > 0 ? restedMs : 0 },
    }
  })
}

export function answerTokens(db: Database, answer: TokensAnswered): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const { id, addressIds, unsent, limited, limit = { waitMs: 0 }, sinceMs = 0 } = answer
    const states = await locked(tx, answer, subjectsOf(answer, addressIds))
    const now = await clock(tx)
    const changed = new Map<string, LimitState>()
    for (const [subject, state] of states) {
      const whole = subject === WHOLE
      if (whole && !bounds(answer)) continue
      const limits = limitsOf(answer, whole ? 'account' : 'target')
      const told = whole ? limited.size > 0 : limited.has(Number(subject))
      const count = whole ? unsent.size : Number(unsent.has(Number(subject)))
      const facts = { id, unsent: count, sinceMs, ...(told ? { limited: limit } : {}) }
      changed.set(subject, answered(limits, aged(limits, state, now), facts, now))
    }
    await keep(tx, answer, changed)
  })
}

/** False when nothing may be asked now. */
export function takeLook(db: Database, request: LookRequest): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const states = await locked(tx, request, [WHOLE])
    const now = await clock(tx)
    const limits = limitsOf(request, 'account')
    const whole = aged(limits, states.get(WHOLE) ?? NOTHING_TAKEN, now)
    const look = { id: request.id, now, until: now + request.holdMs }
    const next = lookTaken(limits, whole, look, request.rates.forbidden)
    if (next) await keep(tx, request, new Map([[WHOLE, next]]))
    return next !== undefined
  })
}

export function answerLook(db: Database, request: LookRequest, asked: boolean): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const states = await locked(tx, request, [WHOLE])
    const now = await clock(tx)
    const limits = limitsOf(request, 'account')
    const whole = aged(limits, states.get(WHOLE) ?? NOTHING_TAKEN, now)
    const { id } = request
    const next = asked ? answered(limits, whole, { id, unsent: 0 }, now) : lookReturned(whole, id)
    await keep(tx, request, new Map([[WHOLE, next]]))
  })
}

/** The account's row comes first in every transaction, whatever is limited: nobody waits in a circle. */
function subjectsOf(account: LimitedAccount, addressIds: readonly number[]): readonly string[] {
  return [WHOLE, ...(limitsOf(account, 'target').length > 0 ? addressIds.map(String) : [])]
}

const stateOf = (states: ReadonlyMap<string, LimitState>, addressId: number): LimitState =>
  states.get(String(addressId)) ?? NOTHING_TAKEN

async function locked(
  tx: Transacting,
  { agencyId, account }: LimitedAccount,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, LimitState>> {
  for (;;) {
    const { rows } = await sql<{ subject: string; state: LimitState }>`
      select subject, state from limit_state
      where agency_id = ${agencyId} and account = ${account} and subject = any(${[...subjects]}::text[])
      order by subject collate "C" for update
    `.execute(tx)
    if (rows.length === subjects.length)
      return new Map(rows.map(({ subject, state }) => [subject, state]))
    const whole = rows.some(({ subject }) => subject === WHOLE)
    if (whole) await removeIdle(tx, agencyId, account)
    // Who has not locked the account yet may hold nothing else.
    const missing = whole ? subjects : [WHOLE]
    await sql`
      insert into limit_state (agency_id, account, subject, state, idle_at)
      select ${agencyId}::int, ${account}::text, subject, ${JSON.stringify(NOTHING_TAKEN)}::jsonb,
        clock_timestamp() + interval '1 hour'
      from unnest(${[...missing]}::text[]) as t (subject)
      on conflict do nothing
    `.execute(tx)
  }
}

async function removeIdle(tx: Transacting, agencyId: number, account: string): Promise<void> {
  await sql`
    delete from limit_state where agency_id = ${agencyId} and account = ${account}
      and subject in (
        select subject from limit_state
        where agency_id = ${agencyId} and account = ${account} and subject <> ${WHOLE}
          and idle_at < clock_timestamp()
        limit ${IDLE_A_ROUND_MAX} for update skip locked)
  `.execute(tx)
}

/** Read after the locks: a moment from before them would let two processes share one token. */
async function clock(tx: Transacting): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as now
  `.execute(tx)
  const [row] = rows
  if (!row) throw new Error('the database told no time')
  return row.now
}

async function keep(
  tx: Transacting,
  account: LimitedAccount,
  states: ReadonlyMap<string, LimitState>,
): Promise<void> {
  if (states.size === 0) return
  const idle = [...states].map(([subject, state]) => {
    const scope = subject === WHOLE ? 'account' : 'target'
    return new Date(idleAt(limitsOf(account, scope), state))
  })
  await sql`
    update limit_state l set state = t.state, idle_at = t.idle_at
    from unnest(${[...states.keys()]}::text[],
      ${[...states.values()].map((state) => JSON.stringify(state))}::jsonb[],
      ${idle}::timestamptz[]) as t (subject, state, idle_at)
    where l.agency_id = ${account.agencyId} and l.account = ${account.account}
      and l.subject = t.subject
  `.execute(tx)
}
