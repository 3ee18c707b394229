/** Lets in whom the table of permissions names. It knows people by their session cookie and programs by
 *  their key, and refuses a browser that was sent here by another site. */
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { Refused } from '../domain/refusal.ts'
import { may, type Person } from '../domain/role.ts'
import type { Accounts, ApiKeys } from '../hub/ports/accounts.ts'
import type { Hub } from '../hub/ports.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'

export interface ApiActor {
  readonly agencyId: number
  /** whom a machine's key answers to; the machine itself holds no role */
  readonly person: Person
  readonly via: 'session' | 'key' | 'machine'
  readonly login?: string
  readonly keyId?: number
}

export interface ApiEnv {
  Variables: {
    readonly actor: ApiActor
    readonly traceId: string
    /** the hub for this request: its transactions know what the request named */
    readonly hub: Hub
  }
}

export interface GuardSettings {
  readonly accounts: Accounts
  readonly keys: ApiKeys
  readonly hub: Hub
  now(): Date
}

export const API_ROOT = '/api/v1'

export function guard(settings: GuardSettings): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const route = routeOf(c)
    const permission = route && PERMISSIONS[`${route.method} ${route.path.slice(API_ROOT.length)}`]
    if (!permission) throw new Refused({ code: 'not-found', field: 'route' })
    const { method } = c.req
    const headers = c.req.raw.headers
    c.set('hub', settings.hub)
    if (permission.who === 'anyone') {
      if (isUnsafe(method) && isForeign(headers, settings.hub.publicUrl))
        throw new Refused({ code: 'cross-site' })
      return next()
    }
    const actor = await actorOf(settings, headers, permission)
    if (actor.via === 'session' && isUnsafe(method) && !isOurs(headers, settings.hub.publicUrl))
      throw new Refused({ code: 'cross-site' })
    checkRole(actor, permission)
    c.set('actor', actor)
    return next()
  }
}

/** The route of ours that answers; another one that takes every address may stand behind it. */
export function routeOf(c: Context<ApiEnv>) {
  const ours = (path: string) => path.startsWith(`${API_ROOT}/`)
  return matchedRoutes(c).findLast(({ method, path }) => method !== 'ALL' && ours(path))
}

async function actorOf(
  settings: GuardSettings,
  headers: Headers,
  permission: Permission,
): Promise<ApiActor> {
  const authorization = headers.get('authorization')
  if (authorization !== null) return holderOf(settings, authorization, permission)
  const cookie = headers.get('cookie')
  const known =
    cookie === null ? undefined : await settings.accounts.session(cookie, settings.now())
  if (!known) throw new Refused({ code: 'not-signed-in' })
  const { agencyId, person, login } = known
  return { agencyId, person, login, via: 'session' }
}

async function holderOf(
  settings: GuardSettings,
  authorization: string,
  { scope, machine }: Permission,
): Promise<ApiActor> {
  const [, token = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  const holder = await settings.keys.holder(token, settings.now())
  if (!holder) throw new Refused({ code: 'key-refused' })
  if (scope === undefined || !holder.scopes.includes(scope))
    throw new Refused({ code: 'scope-missing', ...(scope === undefined ? {} : { detail: scope }) })
  if (holder.kind === 'machine' && machine !== true) throw new Refused({ code: 'not-allowed' })
  const { agencyId, keyId, person } = holder
  return { agencyId, keyId, person, via: holder.kind === 'machine' ? 'machine' : 'key' }
}

/** A machine was let in by its scope; the doors ask whoever answers for it. */
function checkRole(actor: ApiActor, { who }: Permission): void {
  if (who === 'anyone' || who === 'signed-in' || actor.via === 'machine') return
  if (!may(actor.person, ...who)) throw new Refused({ code: 'not-allowed' })
}

function isUnsafe(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method)
}

/** A cookie travels by itself: only a page of ours may have sent the request that carries it. */
function isOurs(headers: Headers, publicUrl: string): boolean {
  const site = headers.get('sec-fetch-site')
  return site === 'same-origin' || headers.get('origin') === originOf(publicUrl)
}

function isForeign(headers: Headers, publicUrl: string): boolean {
  const tells = headers.has('sec-fetch-site') || headers.has('origin')
  return tells && !isOurs(headers, publicUrl)
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? ''
}
