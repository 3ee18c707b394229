/** 代理: from one day to another somebody acts in an absent person's role. It refuses a role the absent
 *  person does not hold, and lending the offices that keep watch over the others. */
import { Refused } from '../domain/refusal.ts'
import { may, type Role } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'

const DAYS_MAX = 366
const DAY = /^\d{4}-\d\d-\d\d$/
const DAY_MS = 86_400_000
const REASON_CHARACTERS_MAX = 500
/** 三员 answer for themselves: nobody lends out the watch over the others. */
const NEVER_LENT: readonly Role[] = ['system-admin', 'security-admin', 'auditor']

export interface Appointment {
  readonly agencyId: number
  readonly by: number
  readonly at: Date
  readonly personId: number
  readonly deputyId: number
  readonly role: Role
  /** YYYY-MM-DD, both days included */
  readonly fromOn: string
  readonly toOn: string
  readonly reason: string
}

export function appointDeputy(hub: Hub, appointment: Appointment): Promise<number> {
  return hub.store.transact(appointment.agencyId, async (tx) => {
    const { at, personId, deputyId, role, fromOn, toOn } = appointment
    const person = await actor(tx, appointment.by, at)
    const away = await actor(tx, personId, at)
    const acting = await actor(tx, deputyId, at)
    // Whoever goes away names their own deputy; otherwise a leader or the security administrator does.
    if (person.id !== away.id && !may(person, 'leader', 'security-admin'))
      throw new Refused({ code: 'not-allowed' })
    if (acting.id === away.id) throw new Refused({ code: 'value-not-allowed', field: 'deputy' })
    const own = away.roles.includes(role) && !away.deputises?.some((one) => one.role === role)
    if (!own || NEVER_LENT.includes(role))
      throw new Refused({ code: 'value-not-allowed', field: 'role', detail: role })
    checkDays(fromOn, toOn, dayOf(at))
    const reason = appointment.reason.trim()
    if (reason === '') throw new Refused({ code: 'reason-missing' })
    if ([...reason].length > REASON_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
    const id = await tx.appointDeputy({
      ...{ personId: away.id, deputyId: acting.id, role, fromOn, toOn, reason, at },
      appointedBy: person.id,
    })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'appoint-deputy', subject: `person/${away.id}` },
      facts: { deputyId: acting.id, role, fromOn, toOn },
    })
    return id
  })
}

function checkDays(fromOn: string, toOn: string, today: string): void {
  // Other ways of writing a day are read differently by whoever reads them next.
  const from = DAY.test(fromOn) ? Date.parse(fromOn) : Number.NaN
  const to = DAY.test(toOn) ? Date.parse(toOn) : Number.NaN
  if (!(from <= to) || to - from > DAYS_MAX * DAY_MS || toOn < today)
    throw new Refused({ code: 'window-invalid', field: 'days', limit: DAYS_MAX })
}

export function revokeDeputy(
  hub: Hub,
  request: {
    readonly agencyId: number
    readonly deputyId: number
    readonly by: number
    readonly at: Date
  },
): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { at, deputyId } = request
    const person = await actor(tx, request.by, at)
    const found = (await tx.deputies(dayOf(at))).find((one) => one.id === deputyId)
    if (!found) throw new Refused({ code: 'not-found', field: 'deputy', detail: String(deputyId) })
    if (person.id !== found.personId && !may(person, 'leader', 'security-admin'))
      throw new Refused({ code: 'not-allowed' })
    await tx.revokeDeputy(deputyId, person.id, at)
    await tx.audit({
      ...{ at, actorId: person.id, action: 'revoke-deputy', subject: `person/${found.personId}` },
      facts: { deputyId: found.deputyId, role: found.role },
    })
  })
}
