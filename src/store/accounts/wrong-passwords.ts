/** How often a login's password was wrong of late, in the database, so that every process knows and a
 *  restart forgets nothing. It treats a login nobody has like any other. */
import { sql } from 'kysely'
import { WRONG_PASSWORD_MINUTES, WRONG_PASSWORDS_MAX } from '../../domain/account.ts'
import { sha256 } from '../../kit/hash.ts'
import type { Database } from '../connect.ts'

/** Rows this old tell nobody anything. */
const KEPT_HOURS = 24

/** Takes one of the few tries before the password is looked at, so that a hundred guesses at once get
 *  no more of them than one after the other. False when there is none left. */
export function takeTry(db: Database, login: string): Promise<boolean> {
  const hash = sha256(login)
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`login:${login}`}, 0))`.execute(tx)
    await sql`
      delete from auth.wrong_password
      where at < clock_timestamp() - make_interval(hours => ${KEPT_HOURS})
    `.execute(tx)
    const { rows } = await sql<{ tries: number }>`
      select count(*) as tries from auth.wrong_password
      where login_hash = ${hash}
        and at > clock_timestamp() - make_interval(mins => ${WRONG_PASSWORD_MINUTES})
    `.execute(tx)
    if ((rows[0]?.tries ?? 0) >= WRONG_PASSWORDS_MAX) return false
    await sql`insert into auth.wrong_password (login_hash) values (${hash})`.execute(tx)
    return true
  })
}

/** The password was right, or an officer set a new one. */
export async function forgetTries(db: Database, login: string): Promise<void> {
  await sql`delete from auth.wrong_password where login_hash = ${sha256(login)}`.execute(db)
}
