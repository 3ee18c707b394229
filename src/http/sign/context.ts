/** What each page asks of its request: who looks, what is open, and how a page is made for them. */
import type { Context } from 'hono'
import { Refused } from '../../domain/refusal.ts'
import { type Shown, show } from '../../hub/sign-off/shown.ts'
import { type Sheet, wholePage } from './frame.ts'
import type { SignOffEnv } from './guard.ts'
import type { SignOffSettings } from './settings.ts'

export type SignOffContext = Context<SignOffEnv>

export function pageFor(c: SignOffContext, settings: SignOffSettings, sheet: Sheet): Response {
  const identity = c.get('identity')
  const { practice } = settings
  if (!identity) return wholePage({ practice }, sheet)
  const person = { name: identity.person.name, csrf: c.get('csrf') }
  return wholePage({ practice, person }, sheet)
}

const ID = /^[1-9]\d{0,15}$/

/** @throws Refused `not-found` */
export function bulletinIdOf(c: SignOffContext): number {
  return readId(c.req.param('id') ?? '')
}

export function readId(text: string): number {
  const id = Number(text)
  if (!ID.test(text) || !Number.isSafeInteger(id))
    throw new Refused({ code: 'not-found', field: 'bulletin' })
  return id
}

export function actorOf(c: SignOffContext) {
  const { agencyId, person, login } = c.get('identity')
  return { agencyId, personId: person.id, login }
}

export function shownTo(c: SignOffContext, { hub, now }: SignOffSettings): Promise<Shown> {
  const { agencyId, personId } = actorOf(c)
  return show(hub, { agencyId, personId, bulletinId: bulletinIdOf(c), at: now() })
}
