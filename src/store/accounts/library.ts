/** The sign-in library, kept small: passwords and sessions of users in the schema `auth`. It is never
 *  given a request, so that none of its own routes exists; it reaches no network. */
import type { Auth } from 'better-auth'
import type { Queryable } from '../connect.ts'

export interface LibrarySettings {
  /** signs the session cookie; a token read from the database alone opens nothing */
  readonly secret: string
  /** the public address is https: the cookie never travels without it */
  readonly secure: boolean
}

/** A working day; whoever goes home signs in again tomorrow. */
const SESSION_SECONDS = 12 * 3_600
/** The library tells users apart by mailbox and the bureau by login: the domain is a reserved one. */
const DOMAIN = 'sign-in.invalid'

export interface Library {
  /** The Set-Cookie values; undefined for a wrong pair, after the same work as for a right one. */
  signIn(login: string, password: string): Promise<readonly string[] | undefined>
  /** The user of a session's cookie. */
  session(cookie: string): Promise<string | undefined>
  signOut(cookie: string): Promise<readonly string[]>
  /** Answers the new user's id. */
  addUser(login: string, password: string): Promise<string>
  setPassword(userId: string, password: string): Promise<void>
  endSessions(userId: string): Promise<void>
}

export function openLibrary(db: Queryable, settings: LibrarySettings): Library {
  let opened: Promise<Auth> | undefined
  const open = () => {
    opened ??= makeAuth(db, settings)
    return opened
  }
  return {
    async signIn(login, password) {
      const body = { email: mailboxOf(login), password }
      const { api } = await open()
      const answer = await api.signInEmail({ body, headers: new Headers(), asResponse: true })
      return answer.ok ? answer.headers.getSetCookie() : undefined
    },
    async session(cookie) {
      const { api } = await open()
      const found = await api.getSession({ headers: new Headers({ cookie }) })
      return found?.session.userId
    },
    async signOut(cookie) {
      const { api } = await open()
      const headers = new Headers({ cookie })
      return (await api.signOut({ headers, asResponse: true })).headers.getSetCookie()
    },
    ...users(open),
  }
}

async function makeAuth(db: Queryable, { secret, secure }: LibrarySettings): Promise<Auth> {
  // The library takes longer to load than most verbs take to run, and few of them sign anybody in.
  const { betterAuth } = await import('better-auth')
  return betterAuth({
    ...{ appName: 'duoling', baseURL: 'http://localhost', basePath: '/', secret },
    database: { db: db.withSchema('auth'), type: 'postgres' },
    // The policy of `src/domain/account.ts` is asked first; nobody signs up by themselves.
    emailAndPassword: {
      ...{ enabled: true, disableSignUp: true, minPasswordLength: 1, maxPasswordLength: 4_096 },
    },
    session: { expiresIn: SESSION_SECONDS, disableSessionRefresh: true },
    // Wrong passwords are counted in the database, where every process sees them.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: {
      ...{ cookiePrefix: 'duoling', useSecureCookies: secure },
      // The guard of the routes decides about foreign pages.
      ...{ disableCSRFCheck: true, disableOriginCheck: true },
    },
  }) as unknown as Auth
}

function users(
  open: () => Promise<Auth>,
): Pick<Library, 'addUser' | 'setPassword' | 'endSessions'> {
  return {
    async addUser(login, password) {
      const { internalAdapter, password: passwords } = await (await open()).$context
      const hash = await passwords.hash(password)
      const user = await internalAdapter.createUser(
        {
          ...{ email: mailboxOf(login), name: login, emailVerified: true },
        },
        { method: 'admin' },
      )
      await internalAdapter.linkAccount({
        ...{ userId: user.id, accountId: user.id, providerId: 'credential', password: hash },
      })
      return user.id
    },
    async setPassword(userId, password) {
      const { internalAdapter, password: passwords } = await (await open()).$context
      await internalAdapter.updatePassword(userId, await passwords.hash(password))
    },
    async endSessions(userId) {
      await (await (await open()).$context).internalAdapter.deleteUserSessions(userId)
    },
  }
}

function mailboxOf(login: string): string {
  return `${login}@${DOMAIN}`
}
