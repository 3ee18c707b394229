/** PINs in the database as slow hashes under a key that is not in it: six digits alone would be guessed in a
 *  second by whoever reads the table. Every process counts the same tries. */
import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { sql } from 'kysely'
import { WRONG_PINS_MAX, whyNotPin } from '../../domain/account.ts'
import { Refused } from '../../domain/refusal.ts'
import type { PinHolder, Pins } from '../../hub/ports/pins.ts'
import { hmacSha256, sameDigest } from '../../kit/hash.ts'
import type { Database } from '../connect.ts'
import { audit } from './identities.ts'

const SALT_BYTES = 16
const HASH_BYTES = 32
/** As the sign-in library hashes passwords; 128·N·r bytes of memory for the time of one hash. */
const COST: ScryptOptions = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 }

export function openPins(db: Database, key: Uint8Array): Pins {
  const pepper = hmacSha256(key, 'sign-off pins')
  return {
    async state(agencyId, personId) {
      const row = await db
        .selectFrom('pin')
        .select('wrong_tries')
        .where('agency_id', '=', agencyId)
        .where('person_id', '=', personId)
        .executeTakeFirst()
      if (!row) return 'none'
      return row.wrong_tries >= WRONG_PINS_MAX ? 'locked' : 'ready'
    },
    async prove(holder) {
      const taken = await takeTry(db, holder)
      const { salt, hash, tries } = taken
      if (sameDigest(await slowHash(pepper, holder, salt), hash)) {
        await giveBack(db, holder)
        return
      }
      const left = WRONG_PINS_MAX - tries
      await note(db, holder, 'pin-wrong', { left })
      throw left > 0
        ? new Refused({ code: 'pin-wrong', detail: `还可以试 ${left} 次` })
        : new Refused({ code: 'pin-locked' })
    },
    async set(holder) {
      const weak = whyNotPin(holder.pin)
      if (weak) throw new Refused(weak)
      const salt = randomBytes(SALT_BYTES)
      const hash = await slowHash(pepper, holder, salt)
      const values = { salt, hash, wrong_tries: 0, set_at: holder.at }
      await db
        .insertInto('pin')
        .values({ agency_id: holder.agencyId, person_id: holder.personId, ...values })
        .onConflict((conflict) => conflict.columns(['agency_id', 'person_id']).doUpdateSet(values))
        .execute()
      await note(db, holder, 'pin-set', {})
    },
    async unlock(holder) {
      if (await giveBack(db, holder)) await note(db, holder, 'pin-unlock', {})
    },
  }
}

/** The try is taken before the PIN is looked at: a hundred guesses at once get no more of them. */
async function takeTry(db: Database, holder: PinHolder) {
  const { agencyId, personId } = holder
  const { rows } = await sql<{ salt: Buffer; hash: Buffer; tries: number }>`
    update pin set wrong_tries = wrong_tries + 1
    where agency_id = ${agencyId} and person_id = ${personId} and wrong_tries < ${WRONG_PINS_MAX}
    returning salt, hash, wrong_tries as tries
  `.execute(db)
  const [taken] = rows
  if (taken) return taken
  const known = await db
    .selectFrom('pin')
    .select('person_id')
    .where('agency_id', '=', agencyId)
    .where('person_id', '=', personId)
    .executeTakeFirst()
  if (!known) throw new Refused({ code: 'pin-missing' })
  await note(db, holder, 'pin-locked', {})
  throw new Refused({ code: 'pin-locked' })
}

/** True when tries had been taken. */
async function giveBack(db: Database, { agencyId, personId }: PinHolder): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('pin')
    .set({ wrong_tries: 0 })
    .where('agency_id', '=', agencyId)
    .where('person_id', '=', personId)
    .where('wrong_tries', '>', 0)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Under the key first, so that the table alone says nothing, and bound to its person. */
function slowHash(
  pepper: Uint8Array,
  { agencyId, personId, pin }: PinHolder & { readonly pin: string },
  salt: Uint8Array,
): Promise<Buffer> {
  const keyed = hmacSha256(pepper, `${agencyId}.${personId}.${pin}`)
  return new Promise((resolve, reject) => {
    scrypt(keyed, salt, HASH_BYTES, COST, (error, hash) => (error ? reject(error) : resolve(hash)))
  })
}

function note(
  db: Database,
  { agencyId, personId, at }: PinHolder,
  action: 'pin-set' | 'pin-wrong' | 'pin-locked' | 'pin-unlock',
  facts: Readonly<Record<string, number>>,
): Promise<void> {
  const subject = `person/${personId}`
  return audit(db, agencyId, { at, by: personId, action, subject, facts })
}
