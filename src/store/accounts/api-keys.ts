/** Keys of programs: `duoling_<agency>.<number>_<secret>`. Only a hash of the secret is kept; it is 32
 *  random bytes, so that no slow hash is needed. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { whyNotKey } from '../../domain/api-key.ts'
import { Refused } from '../../domain/refusal.ts'
import type { ApiKeys, KeyHolder, KeyRow } from '../../hub/ports/accounts.ts'
import { sameDigest, sha256 } from '../../kit/hash.ts'
import type { Database } from '../connect.ts'
import { audit, personInOffice } from './identities.ts'

const TOKEN = /^duoling_([1-9]\d{0,8})\.([1-9]\d{0,14})_([A-Za-z0-9_-]{43})$/
const SECRET_BYTES = 32
/** A key that is used a thousand times a second is noted once a minute. */
const NOTED_SECONDS = 60

export function openApiKeys(db: Database): ApiKeys {
  return {
    holder: (token, at) => holder(db, token, at),
    add: (key) => add(db, key),
    list: (agencyId) => list(db, agencyId),
    async revoke({ agencyId, id, at, by }) {
      const { numUpdatedRows } = await db
        .updateTable('api_key')
        .set({ revoked_at: at })
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) return false
      await audit(db, agencyId, {
        ...{ at, action: 'key-revoke', subject: `api-key/${id}`, facts: {} },
        by,
      })
      return true
    },
  }
}

async function holder(db: Database, token: string, at: Date): Promise<KeyHolder | undefined> {
  const [, agency = '', number = '', secret = ''] = TOKEN.exec(token) ?? []
  if (secret === '') return undefined
  const agencyId = Number(agency)
  const row = await db
    .selectFrom('api_key')
    .select(['id', 'kind', 'person_id', 'secret_hash', 'scopes', 'expires_at', 'revoked_at'])
    .where('agency_id', '=', agencyId)
    .where('id', '=', Number(number))
    .executeTakeFirst()
  if (!row || !sameDigest(row.secret_hash, sha256(secret))) return undefined
  if (row.revoked_at !== null || row.expires_at <= at) return undefined
  const person = await personInOffice(db, agencyId, row.person_id, at)
  if (!person) return undefined
  await sql`
    update api_key set last_used_at = ${at}
    where agency_id = ${agencyId} and id = ${row.id} and (last_used_at is null
      or last_used_at < ${at}::timestamptz - make_interval(secs => ${NOTED_SECONDS}))
  `.execute(db)
  return { agencyId, keyId: row.id, kind: row.kind, scopes: row.scopes, person }
}

async function add(db: Database, key: Parameters<ApiKeys['add']>[0]) {
  const { agencyId, personId, name, kind, scopes, expiresAt, at, by } = key
  const [fault] = whyNotKey(key, at)
  if (fault) throw new Refused(fault)
  if (!(await personInOffice(db, agencyId, personId, at)))
    throw new Refused({ code: 'out-of-office', detail: String(personId) })
  const secret = randomBytes(SECRET_BYTES).toString('base64url')
  const { id } = await db
    .insertInto('api_key')
    .values({
      ...{ agency_id: agencyId, name: name.trim(), kind, person_id: personId },
      ...{ secret_hash: sha256(secret), scopes: [...new Set(scopes)], created_at: at },
      ...{ created_by: typeof by === 'number' ? by : null, expires_at: expiresAt },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await audit(db, agencyId, {
    ...{ at, action: 'key-add', subject: `api-key/${id}` },
    facts: { kind, personId, scopes: [...scopes], expiresAt: expiresAt.toISOString() },
    by,
  })
  return { id, token: `duoling_${agencyId}.${id}_${secret}` }
}

function list(db: Database, agencyId: number): Promise<readonly KeyRow[]> {
  return db
    .selectFrom('api_key as k')
    .innerJoin('person as p', (join) =>
      join.onRef('p.agency_id', '=', 'k.agency_id').onRef('p.id', '=', 'k.person_id'),
    )
    .select(['k.id', 'k.name', 'k.kind', 'k.scopes', 'k.person_id as personId'])
    .select(['p.name as personName', 'k.created_at as createdAt', 'k.expires_at as expiresAt'])
    .select(['k.last_used_at as lastUsedAt', 'k.revoked_at as revokedAt'])
    .where('k.agency_id', '=', agencyId)
    .orderBy('k.id', 'desc')
    .execute()
}
