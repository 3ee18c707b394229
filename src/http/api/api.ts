/** `/api/v1`: every request gets a trace id, passes the guard and the limits, and reaches its resource;
 *  whatever is thrown becomes a problem that names the trace id, which also stands in the log. */
import { randomUUID } from 'node:crypto'
import { Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { Refused } from '../../domain/refusal.ts'
import { problemResponse, RefusedFields } from '../errors.ts'
import { API_ROOT, type ApiEnv, guard, routeOf } from '../guard.ts'
import { signInRoutes } from '../sign-in.ts'
import { blobRoutes } from './blobs.ts'
import { bulletinVerbRoutes } from './bulletin-verbs.ts'
import { bulletinRoutes } from './bulletins.ts'
import { contactRoutes } from './contacts.ts'
import { type Api, newApi } from './describe.ts'
import { dispatchRoutes } from './dispatches.ts'
import { docsRoutes } from './docs.ts'
import { findingRoutes } from './findings.ts'
import { importRoutes } from './imports.ts'
import { keyRoutes } from './keys.ts'
import { once } from './once.ts'
import { previewRoutes } from './preview.ts'
import { progressRoutes } from './progress.ts'
import { readingRoutes } from './reading.ts'
import { scheduleRoutes } from './schedules.ts'
import type { ApiSettings } from './settings.ts'
import { taskRoutes } from './tasks.ts'

const BODY_BYTES_MAX = 1024 * 1024

export function createApi(settings: ApiSettings): Api {
  const api = newApi()
  api.use('*', traced(settings))
  api.onError((error, c) => {
    const traceId = c.get('traceId')
    const answer = problemResponse(seen(error), traceId)
    if (answer.status >= 500) settings.log.error({ err: error, trace_id: traceId }, 'api')
    return answer
  })
  api.use('*', guard(settings))
  api.use('*', limited())
  api.use('*', once(settings))
  signInRoutes(api, settings)
  bulletinRoutes(api, settings)
  bulletinVerbRoutes(api, settings)
  findingRoutes(api, settings)
  previewRoutes(api, settings)
  progressRoutes(api, settings)
  dispatchRoutes(api, settings)
  taskRoutes(api, settings)
  importRoutes(api, settings)
  contactRoutes(api, settings)
  scheduleRoutes(api, settings)
  readingRoutes(api, settings)
  blobRoutes(api, settings)
  keyRoutes(api, settings)
  docsRoutes(api)
  return api
}

/** The routes at their place. */
export function apiRoutes(settings: ApiSettings): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>()
  routes.route(API_ROOT, createApi(settings))
  return routes
}

function traced({ log, now }: ApiSettings): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const traceId = randomUUID()
    c.set('traceId', traceId)
    const begun = now().getTime()
    await next()
    c.header('x-trace-id', traceId)
    const { method } = c.req
    // The pattern, not the address: what was asked for may be about somebody.
    const facts = { method, route: routeOf(c)?.path ?? '', status: c.res.status }
    log.info({ ...facts, trace_id: traceId, ms: now().getTime() - begun }, 'api')
  }
}

/** JSON up to 1 MB; an attachment has its own route and limit. */
function limited(): MiddlewareHandler<ApiEnv> {
  const limit = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: () => {
      throw new Refused({ code: 'too-large', limit: BODY_BYTES_MAX })
    },
  })
  return async (c, next) => {
    if (c.req.path === `${API_ROOT}/blobs` || c.req.raw.body === null) return next()
    const type = c.req.header('content-type') ?? ''
    if (!/^application\/json\s*(?:;|$)/i.test(type)) {
      const empty = (await c.req.arrayBuffer()).byteLength === 0
      if (!empty) throw new Refused({ code: 'wrong-media-type' })
      return next()
    }
    return limit(c, next)
  }
}

/** A body that is no JSON is thrown by the framework in its own words. */
function seen(error: Error): unknown {
  if (error instanceof Refused || error instanceof RefusedFields) return error
  if (error instanceof HTTPException && error.status === 400)
    return new Refused({ code: 'malformed' })
  return error
}
