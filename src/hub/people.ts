/** Finds who acts at a door; refuses whoever is unknown here or not in office on that day. */
import { Refused } from '../domain/refusal.ts'
import type { Person } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import type { Tx } from './ports.ts'

export async function actor(tx: Tx, personId: number, at: Date): Promise<Person> {
  const person = await tx.person(personId, dayOf(at))
  if (!person) throw new Refused({ code: 'out-of-office', detail: String(personId) })
  return person
}
