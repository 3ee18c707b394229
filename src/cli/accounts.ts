/** The accounts of an installation: where sign-in takes its keys from, and the practice bureau's own
 *  accounts, whose first passwords are made from a key of the installation and kept nowhere. */

import { Refused } from '../domain/refusal.ts'
import { dayOf } from '../domain/year.ts'
import type { Accounts, ApiKeys } from '../hub/ports/accounts.ts'
import { hmacSha256 } from '../kit/hash.ts'
import { readablePassword } from '../kit/readable-password.ts'
import { PRACTICE_LOGINS } from '../simulator/logins.ts'
import { openAccounts } from '../store/accounts/accounts.ts'
import { openApiKeys } from '../store/accounts/api-keys.ts'
import { peopleInOffice } from '../store/registry.ts'
import type { Installation } from './installation.ts'

export function accountsOf({ app }: Installation): Accounts {
  const secret = hmacSha256(app.keys.item, 'session cookies').toString('base64url')
  return openAccounts(app.connection.db, {
    secret,
    secure: () => app.hub.publicUrl.startsWith('https:'),
  })
}

export function apiKeysOf({ app }: Installation): ApiKeys {
  return openApiKeys(app.connection.db)
}

/** Whoever holds the installation's keys can say it again; nobody else can. */
export function firstPassword({ app, agencyId }: Installation, login: string): string {
  return readablePassword(hmacSha256(app.keys.item, `first password:${agencyId}:${login}`))
}

/** Everybody of the practice bureau can sign in. Safe to run again, and in several processes at once. */
export async function ensurePracticeAccounts(installation: Installation): Promise<void> {
  const { app, agencyId, config, now } = installation
  if (config.mode !== 'practice') return
  const accounts = accountsOf(installation)
  const known = new Set((await accounts.list(agencyId)).map((one) => one.personId))
  for (const { id: personId, name } of await peopleInOffice(
    app.connection.db,
    agencyId,
    dayOf(now()),
  )) {
    const login = PRACTICE_LOGINS[name]
    if (login === undefined || known.has(personId)) continue
    const password = firstPassword(installation, login)
    try {
      await accounts.add({ agencyId, personId, login, password, firstPassword: true, at: now() })
    } catch (error) {
      // Another process was quicker.
      if (!(error instanceof Refused)) throw error
    }
  }
}
