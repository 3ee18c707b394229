/** From an account to the person in office it belongs to, with the roles in force today. */
import { rolesInForce } from '../../domain/account.ts'
import type { Person } from '../../domain/role.ts'
import { dayOf } from '../../domain/year.ts'
import type { By, Identity } from '../../hub/ports/accounts.ts'
import type { AuditEntry } from '../../hub/ports/papers.ts'
import type { Database, Queryable } from '../connect.ts'
import { peoplePort } from '../people.ts'

export interface AccountOnFile {
  readonly agencyId: number
  readonly personId: number
  readonly login: string
  readonly userId: string
  readonly firstPassword: boolean
  readonly disabled: boolean
}

function accounts(db: Queryable) {
  return db
    .selectFrom('account')
    .select(['agency_id as agencyId', 'person_id as personId', 'login', 'user_id as userId'])
    .select((eb) => [
      'first_password as firstPassword',
      eb('disabled_at', 'is not', null).$castTo<boolean>().as('disabled'),
    ])
}

/** The account says which agency somebody belongs to; until then nobody knows. */
export function accountByLogin(db: Queryable, login: string): Promise<AccountOnFile | undefined> {
  return accounts(db).where('login', '=', login).executeTakeFirst()
}

export function accountByUser(db: Queryable, userId: string): Promise<AccountOnFile | undefined> {
  return accounts(db).where('user_id', '=', userId).executeTakeFirst()
}

export function personInOffice(
  db: Database,
  agencyId: number,
  personId: number,
  at: Date,
): Promise<Person | undefined> {
  return db.transaction().execute(async (tx) => {
    const person = await peoplePort(tx, agencyId).person(personId, dayOf(at))
    return person && { ...person, roles: rolesInForce(person.roles) }
  })
}

export async function identityOf(
  db: Database,
  account: AccountOnFile,
  at: Date,
): Promise<Identity | undefined> {
  if (account.disabled) return undefined
  const { agencyId, login, firstPassword } = account
  const person = await personInOffice(db, agencyId, account.personId, at)
  return person && { agencyId, person, login, firstPassword }
}

export async function audit(
  db: Queryable,
  agencyId: number,
  entry: Omit<AuditEntry, 'actorId'> & { readonly by?: By | undefined },
): Promise<void> {
  const { at, by, action, subject } = entry
  // Whoever sits at the machine has no person's number; the name stands among the facts.
  const facts = typeof by === 'string' ? { ...entry.facts, by } : entry.facts
  await db
    .insertInto('audit')
    .values({
      ...{ agency_id: agencyId, at, action, subject, facts: JSON.stringify(facts) },
      actor_id: typeof by === 'number' ? by : null,
    })
    .execute()
}
