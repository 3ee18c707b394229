/** One row a request that named an Idempotency-Key: claimed before it is carried out, marked in the
 *  transaction that carries it out, answered afterwards. A claim whose process died is taken over. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type {
  AnswerClaim,
  AnswerPort,
  Answers,
  Claimed,
  KeptAnswer,
} from '../../hub/ports/answers.ts'
import { hmacSha256, sha256 } from '../../kit/hash.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { Database, Transacting } from '../connect.ts'

const KEPT_HOURS = 24
/** Longer than any request takes; too short only means that one of two is refused its commit. */
const CLAIM_SECONDS = 60

interface Row {
  route: string
  body_hash: Buffer
  carried_out: boolean
  status: number | null
  answer: Buffer | null
}

/** `key` is one of the installation's; an answer may hold what the database must not know. */
export function openAnswers(db: Database, key: Uint8Array): Answers {
  const sealing = hmacSha256(key, 'kept answers')
  return {
    claim: (request) => claim(db, sealing, request),
    async keep(held, { status, headers, body }) {
      const plain = Buffer.from(JSON.stringify({ headers, body }))
      await mine(db, held)
        .set({ status, answer: seal(sealing, plain, labelOf(held)) })
        .execute()
    },
    async release(held) {
      const { numDeletedRows } = await db
        .deleteFrom('idempotency')
        .where('agency_id', '=', held.agencyId)
        .where('actor', '=', held.actor)
        .where('key', '=', held.key)
        .where('token', '=', held.token)
        .where('carried_out', '=', false)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}

export function answerPort(tx: Transacting): AnswerPort {
  return {
    async markCarriedOut(held) {
      const { numUpdatedRows } = await mine(tx, held)
        .set({ carried_out: true })
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new Error('the request was taken over by another process')
    },
  }
}

function mine(db: Database | Transacting, held: AnswerClaim) {
  return db
    .updateTable('idempotency')
    .where('agency_id', '=', held.agencyId)
    .where('actor', '=', held.actor)
    .where('key', '=', held.key)
    .where('token', '=', held.token)
}

async function claim(
  db: Database,
  sealing: Uint8Array,
  request: Parameters<Answers['claim']>[0],
): Promise<Claimed> {
  const { agencyId, actor, key, route } = request
  const token = randomUUID()
  const bodyHash = sha256(request.body)
  await sql`
    delete from idempotency where agency_id = ${agencyId}
      and at < clock_timestamp() - make_interval(hours => ${KEPT_HOURS})
  `.execute(db)
  // A claim that ran out is taken over, unless what was asked for is written already.
  const { rows: taken } = await sql<{ token: string }>`
    insert into idempotency (agency_id, actor, key, route, body_hash, token, claimed_until)
    values (${agencyId}, ${actor}, ${key}, ${route}, ${bodyHash}, ${token}::uuid,
      clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS}))
    on conflict (agency_id, actor, key) do update
      set token = excluded.token, claimed_until = excluded.claimed_until
      where idempotency.claimed_until < clock_timestamp() and not idempotency.carried_out
        and idempotency.status is null and idempotency.route = excluded.route
        and idempotency.body_hash = excluded.body_hash
    returning token
  `.execute(db)
  if (taken.length > 0) return { kind: 'mine', claim: { agencyId, actor, key, token } }
  const { rows } = await sql<Row & { over: boolean }>`
    select route, body_hash, carried_out, status, answer, claimed_until < clock_timestamp() as over
    from idempotency where agency_id = ${agencyId} and actor = ${actor} and key = ${key}
  `.execute(db)
  const [row] = rows
  // Released a moment ago: whoever asks again gets it.
  if (!row) return { kind: 'running' }
  if (row.route !== route || !row.body_hash.equals(bodyHash)) return { kind: 'reused' }
  if (row.status !== null && row.answer !== null)
    return { kind: 'answered', answer: openAnswer(sealing, request, row.status, row.answer) }
  return row.over && row.carried_out ? { kind: 'unknown' } : { kind: 'running' }
}

function openAnswer(
  sealing: Uint8Array,
  mark: Parameters<typeof labelOf>[0],
  status: number,
  answer: Buffer,
): KeptAnswer {
  const kept: Omit<KeptAnswer, 'status'> = JSON.parse(
    unseal(sealing, answer, labelOf(mark)).toString('utf8'),
  )
  return { status, ...kept }
}

function labelOf({ agencyId, actor, key }: Pick<AnswerClaim, 'agencyId' | 'actor' | 'key'>) {
  return `answer:${agencyId}:${actor}:${key}`
}
