/** Lets in whom the table names, by their session cookie. A form must come from a page of ours and carry the
 *  mark of the very session; whoever is not signed in is led to the sign-in page and nowhere else. */
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import type { Identity } from '../../hub/ports/accounts.ts'
import { hmacSha256, sameDigest } from '../../kit/hash.ts'
import { SIGN_OFF_ROUTES } from './routes.ts'
import type { SignOffSettings } from './settings.ts'

export interface SignOffEnv {
  Variables: {
    /** set behind every route that is not for anyone */
    readonly identity: Identity
    /** mark of the session, for its forms */
    readonly csrf: string
    /** what a form brought */
    readonly form: URLSearchParams
  }
}

const FORM_BYTES_MAX = 64 * 1024
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

export function guard(settings: SignOffSettings): MiddlewareHandler<SignOffEnv> {
  return async (c, next) => {
    const { method } = c.req
    const who = SIGN_OFF_ROUTES[routeOf(c)]
    if (who === undefined) throw new Refused({ code: 'not-found', field: 'page' })
    const posted = method === 'POST'
    if (posted) {
      if (isForeign(c, settings)) throw new Refused({ code: 'cross-site' })
      c.set('form', await readForm(c))
    }
    if (who === 'anyone') return next()
    const cookie = c.req.header('cookie') ?? ''
    const identity = await settings.accounts.session(cookie, settings.now())
    if (!identity) {
      if (posted) throw new Refused({ code: 'not-signed-in' })
      return c.redirect(`/sign/sign-in?next=${encodeURIComponent(pathOf(c))}`, 303)
    }
    const csrf = csrfOf(settings.key, cookie)
    if (posted && !isMark(csrf, c.get('form').get('csrf') ?? ''))
      throw new Refused({ code: 'cross-site' })
    c.set('identity', identity)
    c.set('csrf', csrf)
    if (!may(identity.person, ...who)) throw new Refused({ code: 'not-allowed' })
    return next()
  }
}

/** The pattern of ours that answers; another one that takes every address may stand behind it. */
function routeOf(c: Context<SignOffEnv>): string {
  const ours = (path: string) => path === '/sign' || path.startsWith('/sign/')
  const found = matchedRoutes(c).findLast(({ method, path }) => method !== 'ALL' && ours(path))
  return found ? `${found.method} ${found.path.replaceAll('{[0-9]+}', '')}` : ''
}

function pathOf(c: Context<SignOffEnv>): string {
  const { pathname, search } = new URL(c.req.url)
  return `${pathname}${search}`
}

const SESSION = /(?:^|;\s*)((?:__Secure-)?duoling\.session_token=[^;]+)/

/** Each session has its own: a form of yesterday's session, or of somebody else's, is none of today's. */
function csrfOf(key: Uint8Array, cookie: string): string {
  const [, session = ''] = SESSION.exec(cookie) ?? []
  return hmacSha256(key, `sign-off form:${session}`).toString('base64url')
}

function isMark(expected: string, given: string): boolean {
  return sameDigest(Buffer.from(expected), Buffer.from(given))
}

async function readForm(c: Context<SignOffEnv>): Promise<URLSearchParams> {
  if (!FORM_TYPE.test(c.req.header('content-type') ?? ''))
    throw new Refused({ code: 'wrong-media-type' })
  const tooLarge = () => new Refused({ code: 'too-large', limit: FORM_BYTES_MAX })
  if (Number(c.req.header('content-length') ?? 0) > FORM_BYTES_MAX) throw tooLarge()
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of c.req.raw.body ?? []) {
    bytes += part.byteLength
    if (bytes > FORM_BYTES_MAX) throw tooLarge()
    parts.push(part)
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'))
}

/** Old browsers say nothing of where a request comes from; those that do are believed. */
function isForeign(c: Context<SignOffEnv>, settings: SignOffSettings): boolean {
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin')
  if (site !== undefined) return site !== 'same-origin'
  if (origin === undefined) return false
  const from = URL.parse(origin)
  const known = [settings.url(), settings.hub.publicUrl].map((url) => URL.parse(url)?.origin)
  // Whatever name the browser used for us is the name its page came from.
  return !(from && (known.includes(from.origin) || from.host === c.req.header('host')))
}
