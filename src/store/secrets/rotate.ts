/** The sealing key of secrets gives way to a new one while everything goes on: the new key stands beside the old,
 *  every value is sealed anew in small transactions, and the old key goes when nothing is left under it. Killed
 *  at any point, it is taken up where it stood. */
import { sql } from 'kysely'
import type { Key } from '../../kit/keyring.ts'
import type { SecretKeys } from '../../kit/secret-keys.ts'
import type { Database, Transacting } from '../connect.ts'
import { lockSealing, openSecretValue, sealSecretValue } from './secrets.ts'

const SECRETS_A_TRANSACTION_MAX = 20

export interface Rotated {
  /** sealed anew now */
  readonly resealed: number
  /** under a key that is not in the file: `agency/name`, each once */
  readonly unreadable: readonly string[]
  readonly keyId: string
  /** an earlier turn had been left half done */
  readonly takenUp: boolean
  /** false while something is still sealed under the old key, which then stays */
  readonly retired: boolean
}

/** @throws EnvironmentFault when the key file cannot be read or written */
export async function rotateSecretKey(db: Database, keys: SecretKeys): Promise<Rotated> {
  const takenUp = await alone(db, async () => {
    const before = await keys.former()
    if (!before) await keys.turn('next')
    return before !== undefined
  })
  const key = await keys.current()
  if (!key) throw new Error('the key file lost its key while it was turned')
  const unreadable = new Set<string>()
  let resealed = 0
  let after: Place | undefined = { agencyId: 0, name: '', version: 0 }
  while (after) {
    const from: Place = after
    const round: Round = await db.transaction().execute((tx) => resealSome(tx, keys, key, from))
    resealed += round.resealed
    for (const one of round.unreadable) unreadable.add(one)
    after = round.last
  }
  const retired = await alone(db, (tx) => retire(tx, keys))
  return { resealed, unreadable: [...unreadable].sort(), keyId: key.id, takenUp, retired }
}

/** The old key stays as long as anything is sealed under it. */
async function retire(tx: Transacting, keys: SecretKeys): Promise<boolean> {
  const former = await keys.former()
  if (!former) return true
  const left = await tx
    .selectFrom('secret')
    .select('key_id')
    .where('key_id', '=', former.id)
    .where('cipher', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  if (left === undefined) await keys.turn('last')
  return left === undefined
}

function alone<T>(db: Database, work: (tx: Transacting) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await lockSealing(tx, true)
    return work(tx)
  })
}

interface Place {
  readonly agencyId: number
  readonly name: string
  readonly version: number
}

interface Round {
  readonly resealed: number
  readonly unreadable: readonly string[]
  /** undefined when none are left */
  readonly last: Place | undefined
}

async function resealSome(
  tx: Transacting,
  keys: SecretKeys,
  key: Key,
  after: Place,
): Promise<Round> {
  const { rows } = await sql<Place & { keyId: string; cipher: Buffer }>`
    select agency_id as "agencyId", name, version, key_id as "keyId", cipher from secret
    where cipher is not null and key_id <> ${key.id}
      and (agency_id, name, version) > (${after.agencyId}::int, ${after.name}::text, ${after.version}::int)
    order by agency_id, name, version limit ${SECRETS_A_TRANSACTION_MAX} for update
  `.execute(tx)
  const unreadable: string[] = []
  for (const row of rows) {
    const { agencyId, name, version } = row
    const value = await openedUnder(keys, row)
    if (value === undefined) {
      unreadable.push(`${agencyId}/${name}`)
      continue
    }
    await tx
      .updateTable('secret')
      .set({ key_id: key.id, cipher: sealSecretValue(key, { agencyId, name, version }, value) })
      .where('agency_id', '=', agencyId)
      .where('name', '=', name)
      .where('version', '=', version)
      .execute()
  }
  return { resealed: rows.length - unreadable.length, unreadable, last: rows.at(-1) }
}

async function openedUnder(
  keys: SecretKeys,
  row: Place & { readonly keyId: string; readonly cipher: Buffer },
): Promise<string | undefined> {
  const key = await keys.find(row.keyId)
  if (!key) return undefined
  try {
    return openSecretValue(key, row, row.cipher)
  } catch {
    return undefined
  }
}
