/** Who acts at the command line: a person who proves it, or whoever sits at this machine. The latter may
 *  import, read and verify, and never reviews, signs or stops. */
import { userInfo } from 'node:os'
import { Refused } from '../domain/refusal.ts'
import type { Role } from '../domain/role.ts'
import { accountsOf, apiKeysOf, ensurePracticeAccounts } from './accounts.ts'
import { UsageFault, type VerbRequest } from './command.ts'
import type { Installation } from './installation.ts'

export type Actor =
  | {
      readonly kind: 'person'
      readonly personId: number
      readonly name: string
      readonly roles: readonly Role[]
    }
  | { readonly kind: 'local'; readonly osUser: string }

export type PersonActor = Extract<Actor, { kind: 'person' }>

/** To be spread into the options of every verb that acts. */
export const AS_OPTION = { as: 'value' } as const
export const AS_USAGE = '[--as 登录名]'

/** `--as LOGIN` with `DUOLING_PASSWORD` or `DUOLING_API_KEY`; without it the user of this machine.
 *  @throws UsageFault when neither is set, Refused when they do not prove who it is */
export async function actorOf(request: VerbRequest, installation: Installation): Promise<Actor> {
  const login = request.values['as']
  if (login === undefined) return { kind: 'local', osUser: osUser() }
  const password = process.env['DUOLING_PASSWORD']
  const token = process.env['DUOLING_API_KEY']
  if (password !== undefined && password !== '') return byPassword(installation, login, password)
  if (token !== undefined && token !== '') return byKey(installation, login, token)
  throw new UsageFault('--as 需要环境变量 DUOLING_PASSWORD 或 DUOLING_API_KEY，请先设置再运行')
}

async function byPassword(
  installation: Installation,
  login: string,
  password: string,
): Promise<PersonActor> {
  await ensurePracticeAccounts(installation)
  const { agencyId, now } = installation
  const identity = await accountsOf(installation).check({ login, password, at: now() })
  if (identity.agencyId !== agencyId) throw new Refused({ code: 'sign-in-refused' })
  const { id: personId, name, roles } = identity.person
  return { kind: 'person', personId, name, roles }
}

async function byKey(
  installation: Installation,
  login: string,
  token: string,
): Promise<PersonActor> {
  const { agencyId, now } = installation
  const holder = await apiKeysOf(installation).holder(token, now())
  const owner = await accountsOf(installation).personOf(agencyId, login)
  // A machine's key stands for nobody, and a person's key only for that person.
  if (holder?.agencyId !== agencyId || holder.kind !== 'person' || holder.person.id !== owner)
    throw new Refused({ code: 'key-refused' })
  const { id: personId, name, roles } = holder.person
  return { kind: 'person', personId, name, roles }
}

/** @throws Refused `not-allowed` for the user of this machine, with the way to go on */
export function personOnly(actor: Actor): PersonActor {
  if (actor.kind === 'person') return actor
  throw new Refused({
    code: 'not-allowed',
    detail: '请加 --as 登录名，并把密码放在环境变量 DUOLING_PASSWORD',
  })
}

/** How the audit calls whoever acts. */
export function byOf(actor: Actor): number | `local:${string}` {
  return actor.kind === 'person' ? actor.personId : `local:${actor.osUser}`
}

function osUser(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run as a number without a name.
    return String(process.getuid?.() ?? 'unknown')
  }
}
