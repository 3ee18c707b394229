/** Accounts of people: signing in, passwords, and who has one. It answers a wrong password and an
 *  unknown login alike, and writes neither down. */

import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import {
  normaliseLogin,
  WRONG_PASSWORD_MINUTES,
  WRONG_PASSWORDS_MAX,
  whyNotPassword,
} from '../../domain/account.ts'
import { Refused } from '../../domain/refusal.ts'
import type { AccountRow, Accounts, Identity, SignInAttempt } from '../../hub/ports/accounts.ts'
import type { Database } from '../connect.ts'
import {
  type AccountOnFile,
  accountByLogin,
  accountByUser,
  audit,
  identityOf,
  personInOffice,
} from './identities.ts'
import { type Library, openLibrary } from './library.ts'
import { forgetTries, takeTry } from './wrong-passwords.ts'

export interface AccountSettings {
  readonly secret: string
  /** asked late: the public address may be known only once the server listens */
  secure(): boolean
}

type NewAccount = Parameters<Accounts['add']>[0]

interface Parts {
  readonly db: Database
  readonly settings: AccountSettings
  library(): Library
}

export function openAccounts(db: Database, settings: AccountSettings): Accounts {
  const made = new Map<boolean, Library>()
  const library = () => {
    const secure = settings.secure()
    const known = made.get(secure) ?? openLibrary(db, { secret: settings.secret, secure })
    made.set(secure, known)
    return known
  }
  const parts: Parts = { db, settings, library }
  return {
    ...signing(parts),
    ...keeping(parts),
    list: (agencyId) => list(db, agencyId),
    async personOf(agencyId, login) {
      const found = await accountByLogin(db, normaliseLogin(login) ?? '')
      return found?.agencyId === agencyId ? found.personId : undefined
    },
  }
}

type Signing = Pick<Accounts, 'check' | 'signIn' | 'session' | 'signOut' | 'changePassword'>

function signing(parts: Parts): Signing {
  const { db, library } = parts
  return {
    async check(attempt) {
      const { identity, cookies } = await prove(parts, attempt)
      await library().signOut(pairOf(cookies))
      return identity
    },
    async signIn(attempt) {
      const proven = await prove(parts, attempt)
      await note(db, proven.identity, 'sign-in', attempt.at)
      return proven
    },
    async session(cookie, at) {
      const userId = await library().session(cookie)
      const account = userId === undefined ? undefined : await accountByUser(db, userId)
      return account && identityOf(db, account, at)
    },
    signOut: (cookie) => library().signOut(cookie),
    async changePassword({ identity, cookie, current, next, at }) {
      const { login, agencyId } = identity
      const weak = whyNotPassword(next, login)
      if (weak) throw new Refused(weak)
      await prove(parts, { login, password: current, at })
      const account = await accountByLogin(db, login)
      if (!account) throw new Refused({ code: 'not-signed-in' })
      await setPassword(parts, account, next)
      await library().signOut(cookie)
      await audit(db, agencyId, {
        ...{ at, by: identity.person.id, action: 'password-change' },
        ...{ subject: `account/${login}`, facts: {} },
      })
      return (await library().signIn(login, next)) ?? []
    },
  }
}

async function setPassword(
  { db, library }: Parts,
  account: AccountOnFile,
  next: string,
): Promise<void> {
  await library().setPassword(account.userId, next)
  await library().endSessions(account.userId)
  await db
    .updateTable('account')
    .set({ first_password: false })
    .where('agency_id', '=', account.agencyId)
    .where('person_id', '=', account.personId)
    .execute()
}

/** A refusal takes so long whatever its reason, so that its duration says nothing about the login. */
const REFUSAL_MS_MIN = 500

/** @throws Refused `locked-out`, `sign-in-refused` */
async function prove(
  parts: Parts,
  attempt: SignInAttempt,
): Promise<{ identity: Identity; cookies: readonly string[] }> {
  const begun = performance.now()
  try {
    return await look(parts, attempt)
  } catch (error) {
    const spent = performance.now() - begun
    if (error instanceof Refused) await sleep(Math.max(0, REFUSAL_MS_MIN - spent))
    throw error
  }
}

async function look(
  { db, library }: Parts,
  { login: written, password, at }: SignInAttempt,
): Promise<{ identity: Identity; cookies: readonly string[] }> {
  // What can be nobody's login is counted and hashed like one that could.
  const login = normaliseLogin(written) ?? written.trim().toLowerCase().slice(0, 40)
  const account = await accountByLogin(db, login)
  if (!(await takeTry(db, login))) {
    await refusedSignIn(db, account, 'locked-out', at)
    throw new Refused({
      ...{ code: 'locked-out', limit: WRONG_PASSWORDS_MAX },
      detail: `${WRONG_PASSWORD_MINUTES} 分钟内`,
    })
  }
  const cookies = await library().signIn(normaliseLogin(written) ?? 'nobody', password)
  const identity = cookies && account && (await identityOf(db, account, at))
  if (cookies && identity) {
    await forgetTries(db, login)
    return { identity, cookies }
  }
  if (cookies) await library().signOut(pairOf(cookies))
  await refusedSignIn(db, account, 'sign-in-refused', at)
  throw new Refused({ code: 'sign-in-refused' })
}

async function refusedSignIn(
  db: Database,
  account: AccountOnFile | undefined,
  action: 'locked-out' | 'sign-in-refused',
  at: Date,
): Promise<void> {
  if (account)
    await audit(db, account.agencyId, {
      ...{ at, action, subject: `account/${account.login}`, facts: {} },
    })
}

async function note(db: Database, identity: Identity, action: string, at: Date): Promise<void> {
  await audit(db, identity.agencyId, {
    ...{ at, by: identity.person.id, action },
    ...{ subject: `account/${identity.login}`, facts: {} },
  })
}

/** What a browser would send back of its Set-Cookie values. */
function pairOf(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(';', 1)[0] ?? '').join('; ')
}

function keeping(parts: Parts): Pick<Accounts, 'add' | 'reset'> {
  const { db } = parts
  return {
    add: (account) => add(parts, account),
    async reset({ agencyId, login: written, password, at, by }) {
      const account = await accountByLogin(db, normaliseLogin(written) ?? '')
      if (account?.agencyId !== agencyId) throw new Refused({ code: 'not-found', field: 'login' })
      const { login } = account
      const weak = whyNotPassword(password, login)
      if (weak) throw new Refused(weak)
      await setPassword(parts, account, password)
      await forgetTries(db, login)
      await audit(db, agencyId, {
        ...{ at, action: 'password-reset', subject: `account/${login}`, facts: {} },
        by,
      })
    },
  }
}

/** User and account are written together or not at all: half of one would keep its login for ever. */
async function add(
  { db, settings }: Parts,
  { agencyId, personId, login: written, password, firstPassword, at, by }: NewAccount,
): Promise<void> {
  const login = normaliseLogin(written)
  if (login === undefined) throw new Refused({ code: 'login-taken', field: 'login' })
  const weak = whyNotPassword(password, login)
  if (weak) throw new Refused(weak)
  if (!(await personInOffice(db, agencyId, personId, at)))
    throw new Refused({ code: 'out-of-office', detail: String(personId) })
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('account-add'))`.execute(tx)
    if (await accountByLogin(tx, login)) throw new Refused({ code: 'login-taken', field: 'login' })
    const secure = settings.secure()
    const userId = await openLibrary(tx, { secret: settings.secret, secure }).addUser(
      login,
      password,
    )
    const { numInsertedOrUpdatedRows: made = 0n } = await tx
      .insertInto('account')
      .values({
        ...{ agency_id: agencyId, person_id: personId, login, created_at: at },
        ...{ user_id: userId, first_password: firstPassword ?? false },
      })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (made === 0n) throw new Refused({ code: 'account-exists', field: 'person' })
    await audit(tx, agencyId, {
      ...{ at, action: 'account-add', subject: `account/${login}`, facts: { personId } },
      by,
    })
  })
}

async function list(db: Database, agencyId: number): Promise<readonly AccountRow[]> {
  const rows = await db
    .selectFrom('account as a')
    .innerJoin('person as p', (join) =>
      join.onRef('p.agency_id', '=', 'a.agency_id').onRef('p.id', '=', 'a.person_id'),
    )
    .select(['a.person_id as personId', 'p.name', 'p.roles', 'a.login'])
    .select(['a.first_password as firstPassword', 'a.disabled_at'])
    .where('a.agency_id', '=', agencyId)
    .orderBy('a.person_id')
    .execute()
  return rows.map(({ disabled_at, ...row }) => ({ ...row, disabled: disabled_at !== null }))
}
