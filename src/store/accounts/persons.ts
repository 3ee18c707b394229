/** Enters a person; refuses a name in office already and roles that may not be held together. */
import { whyNotTogether } from '../../domain/account.ts'
import { Refused } from '../../domain/refusal.ts'
import type { Role } from '../../domain/role.ts'
import { dayOf } from '../../domain/year.ts'
import type { By } from '../../hub/ports/accounts.ts'
import type { Database } from '../connect.ts'
import { audit } from './identities.ts'

const NAME_CHARACTERS_MAX = 60

export interface NewPerson {
  readonly agencyId: number
  readonly name: string
  readonly roles: readonly Role[]
  readonly at: Date
  readonly by?: By
}

/** Answers the new person's id; in office from the day of `at`.
 *  @throws Refused `missing-field`, `too-long`, `roles-incompatible`, `invalid-value` */
export async function addPerson(
  db: Database,
  { agencyId, name: written, roles, at, by }: NewPerson,
): Promise<number> {
  const name = written.trim()
  if (name === '' || /\p{Cc}/u.test(name))
    throw new Refused({ code: 'missing-field', field: 'person' })
  if ([...name].length > NAME_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'person', limit: NAME_CHARACTERS_MAX })
  if (roles.length === 0) throw new Refused({ code: 'missing-field', field: 'roles' })
  const apart = whyNotTogether(roles)
  if (apart) throw new Refused(apart)
  return db.transaction().execute(async (tx) => {
    const made = await tx
      .insertInto('person')
      .values({
        ...{ agency_id: agencyId, name, roles: [...new Set(roles)], in_office_from: dayOf(at) },
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made)
      throw new Refused({ code: 'invalid-value', field: 'person', detail: '已有同名在任人员' })
    await audit(tx, agencyId, {
      ...{ at, by, action: 'person-add', subject: `person/${made.id}` },
      facts: { roles: [...roles] },
    })
    return made.id
  })
}
