/** Who comes in: signing in and out, passwords, and keys of programs. Everything here names what it
 *  refuses without saying whether a login exists. */
import type { KeyKind, NewKey, Scope } from '../../domain/api-key.ts'
import type { Person } from '../../domain/role.ts'

/** Who ordered it: a person, or `local:<user of the machine>`. */
export type By = number | `local:${string}`

/** Somebody in office, known for who they are. */
export interface Identity {
  readonly agencyId: number
  /** their roles in force: an overseer has no other */
  readonly person: Person
  readonly login: string
  /** the password is still the one a practice bureau was founded with */
  readonly firstPassword: boolean
}

export interface SignInAttempt {
  readonly login: string
  readonly password: string
  readonly at: Date
}

export interface AccountRow {
  readonly personId: number
  readonly name: string
  readonly roles: Person['roles']
  readonly login: string
  readonly firstPassword: boolean
  readonly disabled: boolean
}

export interface KeyHolder {
  readonly agencyId: number
  readonly keyId: number
  readonly kind: KeyKind
  readonly scopes: readonly Scope[]
  /** whom the key acts as, or who answers for the machine */
  readonly person: Person
}

export interface KeyRow {
  readonly id: number
  readonly name: string
  readonly kind: KeyKind
  readonly scopes: readonly Scope[]
  readonly personId: number
  readonly personName: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

export interface Accounts {
  /** The password is checked and no session begins: for a command of this machine.
   *  @throws Refused `sign-in-refused`, `locked-out` */
  check(attempt: SignInAttempt): Promise<Identity>
  /** `cookies` are values of Set-Cookie.
   *  @throws Refused `sign-in-refused`, `locked-out` */
  signIn(attempt: SignInAttempt): Promise<{ identity: Identity; cookies: readonly string[] }>
  /** Undefined when the cookie is none of ours, too old, or of somebody no longer in office. */
  session(cookie: string, at: Date): Promise<Identity | undefined>
  signOut(cookie: string): Promise<readonly string[]>
  /** Every other session of the person ends.
   *  @throws Refused `sign-in-refused`, `locked-out`, `weak-password` */
  changePassword(change: {
    readonly identity: Identity
    readonly cookie: string
    readonly current: string
    readonly next: string
    readonly at: Date
  }): Promise<readonly string[]>
  /** @throws Refused `login-taken`, `account-exists`, `weak-password`, `out-of-office` */
  add(account: {
    readonly agencyId: number
    readonly personId: number
    readonly login: string
    readonly password: string
    readonly firstPassword?: boolean
    readonly at: Date
    readonly by?: By
  }): Promise<void>
  /** Sets a password, ends every session and lifts a lock.
   *  @throws Refused `not-found`, `weak-password` */
  reset(request: {
    readonly agencyId: number
    readonly login: string
    readonly password: string
    readonly at: Date
    readonly by?: By
  }): Promise<void>
  list(agencyId: number): Promise<readonly AccountRow[]>
  /** Whose account this is, in that agency. */
  personOf(agencyId: number, login: string): Promise<number | undefined>
}

export interface ApiKeys {
  /** Undefined for a key that is not ours, expired, revoked, or of somebody no longer in office. */
  holder(token: string, at: Date): Promise<KeyHolder | undefined>
  /** The token is told once and kept nowhere.
   *  @throws Refused on the first fault `whyNotKey` finds, `out-of-office` */
  add(
    key: NewKey & {
      readonly agencyId: number
      readonly personId: number
      readonly at: Date
      readonly by?: By
    },
  ): Promise<{ readonly id: number; readonly token: string }>
  list(agencyId: number): Promise<readonly KeyRow[]>
  /** False when there is no such key or it was revoked before. */
  revoke(request: {
    readonly agencyId: number
    readonly id: number
    readonly at: Date
    readonly by?: By
  }): Promise<boolean>
}
