/** A bureau with its API: everybody of the nine roles signed in, and a second bureau beside it. */
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { sql } from 'kysely'
import type { Adapter } from '../../../channels/channel.ts'
import { STANDING_BROADCASTS } from '../../../schedules/all.ts'
import { readOfficeText } from '../../../src/cli/office-text.ts'
import type { Role } from '../../../src/domain/role.ts'
import { apiRoutes } from '../../../src/http/api/api.ts'
import type { ApiSettings } from '../../../src/http/api/settings.ts'
import type { ApiEnv } from '../../../src/http/guard.ts'
import type { Book } from '../../../src/hub/schedule/occurrence-case.ts'
import { openAccounts } from '../../../src/store/accounts/accounts.ts'
import { openAnswers } from '../../../src/store/accounts/answers.ts'
import { openApiKeys } from '../../../src/store/accounts/api-keys.ts'
import { folderBlobs } from '../../../src/store/blobs.ts'
import type { NewChannel } from '../../../src/store/founding.ts'
import { type Bureau, CHANNELS, foundBureau, MORNING, openTestHub } from '../../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

export const ORIGIN = 'http://hub.test'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what is read here is what the test asserts
  readonly body: any
}

export interface Call {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Desk {
  readonly bureau: Bureau
  readonly database: TestDatabase
  readonly settings: ApiSettings
  readonly routes: Hono<ApiEnv>
  /** what the log was given, as text */
  readonly logged: string[]
  /** Adds a person with an account and a session, without the seconds a hash takes on a busy machine;
   *  answers the person's id. */
  enter(login: string, roles: readonly Role[], agencyId?: number): Promise<number>
  /** adds a person with the account and password of `PASSWORD`, not signed in */
  enterByPassword(login: string, roles: readonly Role[]): Promise<number>
  call(method: string, path: string, call?: Call): Promise<Answer>
  cookieOf(login: string): string
  close(): Promise<void>
}

export const SECRET = 's'.repeat(43)
export const PASSWORD = '松柏Abc-12345'

export interface DeskParts {
  /** besides those of the sink */
  readonly adapters?: readonly Adapter[]
  readonly channels?: readonly NewChannel[]
  /** in place of the standing broadcasts of the product */
  readonly book?: Book
}

export async function openDesk(parts: DeskParts = {}): Promise<Desk> {
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'duoling-api-'))
  const opened = openTestHub(database.hubUrl, { adapters: parts.adapters ?? [] })
  const blobs = (agencyId: number) => folderBlobs(opened.connection.db, folder, agencyId)
  const test = { ...opened, hub: { ...opened.hub, blobs } }
  const bureau = await foundBureau(test, [...CHANNELS, ...(parts.channels ?? [])])
  const { db } = test.connection
  const logged: string[] = []
  const note = (facts: object, event: string) => {
    logged.push(JSON.stringify({ ...facts, event }))
  }
  const settings: ApiSettings = {
    ...{ hub: test.hub, keys: openApiKeys(db), answers: openAnswers(db, test.keys.item) },
    accounts: openAccounts(db, { secret: SECRET, secure: () => false }),
    ...{ blobs, now: () => MORNING },
    officeText: readOfficeText,
    ...{ book: parts.book ?? STANDING_BROADCASTS, log: { info: note, error: note } },
  }
  // As in the server, something that takes every address stands behind the API.
  const routes = new Hono<ApiEnv>().route('/', apiRoutes(settings))
  routes.get('*', (c) => c.text('portal', 418))
  const cookies = new Map<string, string>()
  const call = async (method: string, path: string, { as, body, headers }: Call = {}) => {
    const cookie = as === undefined ? undefined : cookies.get(as)
    const answer = await routes.request(`${ORIGIN}/api/v1${path}`, {
      method,
      headers: {
        ...(cookie === undefined ? {} : { cookie, origin: ORIGIN }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const json = /json/.test(answer.headers.get('content-type') ?? '')
    return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text }
  }
  return {
    ...{ bureau, database, settings, routes, logged, call },
    cookieOf: (login) => cookies.get(login) ?? '',
    async enter(login, roles, agencyId = bureau.agencyId) {
      const personId = await addPerson(bureau, login, roles, agencyId)
      const { rows } = await sql<{ user: string; token: string }>`
        with made as (
          insert into auth."user" (id, name, email, "emailVerified")
          values (${randomUUID()}, ${login}, ${`${login}@sign-in.invalid`}, true) returning id)
        insert into auth."session" (id, token, "userId", "expiresAt", "updatedAt")
        select ${randomUUID()}, ${randomUUID()}, id, now() + interval '1 hour', now() from made
        returning "userId" as user, token`.execute(db)
      const [{ user, token } = { user: '', token: '' }] = rows
      const account = { agency_id: agencyId, person_id: personId, login, user_id: user }
      await db
        .insertInto('account')
        .values({ ...account, created_at: MORNING })
        .execute()
      const mac = createHmac('sha256', SECRET).update(token).digest('base64')
      cookies.set(login, `duoling.session_token=${encodeURIComponent(`${token}.${mac}`)}`)
      return personId
    },
    async enterByPassword(login, roles) {
      const personId = await addPerson(bureau, login, roles, bureau.agencyId)
      const account = { agencyId: bureau.agencyId, personId, login, password: PASSWORD }
      await settings.accounts.add({ ...account, at: MORNING })
      return personId
    },
    async close() {
      await test.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function draft(title = '关于开展安全检查的通知') {
  return {
    categoryId: 'notice',
    content: { title, blocks: [{ kind: 'paragraph', text: `${title}的正文。` }] },
  }
}

async function addPerson(
  { test }: Bureau,
  login: string,
  roles: readonly Role[],
  agencyId: number,
): Promise<number> {
  const { id } = await test.connection.db
    .insertInto('person')
    .values({
      ...{ agency_id: agencyId, name: `${login}同志`, roles: [...roles] },
      in_office_from: '2018-01-01',
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}
