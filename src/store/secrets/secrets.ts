/** Secrets on file: each setting a version of its own, sealed at its own place. Whoever seals holds a lock against
 *  whoever turns the key, so that nothing is sealed under a key that is about to go. */
import { sql } from 'kysely'
import type { SecretPort } from '../../hub/ports/secrets.ts'
import { EnvironmentFault } from '../../kit/environment-fault.ts'
import type { Key } from '../../kit/keyring.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { SecretKeys } from '../../kit/secret-keys.ts'
import type { Database, Transacting } from '../connect.ts'

export interface SecretPlace {
  readonly agencyId: number
  readonly name: string
  readonly version: number
}

export function sealSecretValue(key: Key, place: SecretPlace, value: string): Buffer {
  return seal(key.bytes, Buffer.from(value), labelOf(place))
}

/** @throws Error when it was sealed elsewhere or under another key */
export function openSecretValue(key: Key, place: SecretPlace, cipher: Uint8Array): string {
  return unseal(key.bytes, cipher, labelOf(place)).toString()
}

function labelOf({ agencyId, name, version }: SecretPlace): string {
  return `secret:${agencyId}:${name}:${version}`
}

/** Alone, or beside others who only seal; until the transaction ends. */
export async function lockSealing(tx: Transacting, alone: boolean): Promise<void> {
  await (alone
    ? sql`select pg_advisory_xact_lock(hashtext('secret-key'))`.execute(tx)
    : sql`select pg_advisory_xact_lock_shared(hashtext('secret-key'))`.execute(tx))
}

export function secretPort(tx: Transacting, agencyId: number, keys: SecretKeys): SecretPort {
  const live = () =>
    tx.updateTable('secret').where('agency_id', '=', agencyId).where('dropped_at', 'is', null)
  return {
    async secrets() {
      return tx
        .selectFrom('secret as s')
        .innerJoin('person as p', (join) =>
          join.onRef('p.agency_id', '=', 's.agency_id').onRef('p.id', '=', 's.set_by'),
        )
        .select(['s.name', 's.version', 's.key_id as keyId', 's.set_at as setAt'])
        .select('p.name as setBy')
        .where('s.agency_id', '=', agencyId)
        .where('s.dropped_at', 'is', null)
        .where('s.ends_at', 'is', null)
        .orderBy('s.name')
        .execute()
    },
    async putSecret({ name, value, by, at, formerUntil }) {
      const key = await sealingKey(tx, keys)
      // Two who set the same name at once follow one another.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`secret/${agencyId}/${name}`}, 0))`.execute(
        tx,
      )
      const { last } = await tx
        .selectFrom('secret')
        .select(({ fn }) => fn.max('version').as('last'))
        .where('agency_id', '=', agencyId)
        .where('name', '=', name)
        .executeTakeFirstOrThrow()
      const version = (last ?? 0) + 1
      await live()
        .set({ cipher: null, dropped_at: at })
        .where('name', '=', name)
        .where('ends_at', 'is not', null)
        .execute()
      await live().set({ ends_at: formerUntil }).where('name', '=', name).execute()
      await tx
        .insertInto('secret')
        .values({
          ...{ agency_id: agencyId, name, version, key_id: key.id, set_by: by, set_at: at },
          cipher: sealSecretValue(key, { agencyId, name, version }, value),
        })
        .execute()
      return version
    },
    async dropSecret(name, at) {
      const { numUpdatedRows } = await live()
        .set({ cipher: null, dropped_at: at })
        .where('name', '=', name)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    roadsInUse: () =>
      tx
        .selectFrom('road as r')
        .innerJoin('channel as c', (join) =>
          join.onRef('c.agency_id', '=', 'r.agency_id').onRef('c.id', '=', 'r.channel_id'),
        )
        .select(['r.channel_id as channelId', 'r.id as roadId', 'r.adapter', 'r.settings'])
        .where('r.agency_id', '=', agencyId)
        .where('r.enabled', '=', true)
        .where('c.retired_at', 'is', null)
        .orderBy('c.position')
        .orderBy('r.position')
        .execute(),
  }
}

/** A key file of an earlier version gets its key of secrets here, once. */
async function sealingKey(tx: Transacting, keys: SecretKeys): Promise<Key> {
  // Whoever takes the lock of one turns into one of many would wait for itself.
  const alone = (await keys.current()) === undefined
  await lockSealing(tx, alone)
  if (alone) await keys.turn('first')
  const key = await keys.current()
  if (key) return key
  throw new EnvironmentFault({
    what: '密钥文件 keys.json 里没有封存机密的密钥',
    next: '确认没有别的程序在改这个文件，再运行一次',
  })
}

/** Empties the values whose time beside their successor is over. */
export async function dropEndedSecrets(db: Database, at: Date): Promise<void> {
  await db
    .updateTable('secret')
    .set({ cipher: null, dropped_at: at })
    .where('ends_at', '<=', at)
    .where('dropped_at', 'is', null)
    .execute()
}
