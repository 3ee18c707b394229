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
import { afterReviewRoutes } from './after-reviews.ts'
import { attentionRoutes } from './attention.ts'
import { blobRoutes } from './blobs.ts'
import { bulletinVerbRoutes } from './bulletin-verbs.ts'
import { bulletinRoutes } from './bulletins.ts'
import { chainRoutes } from './chains.ts'
import { contactListRoutes } from './contact-lists.ts'
import { contactRoutes } from './contacts.ts'
import { decisionRoutes } from './decisions.ts'
import { deputyRoutes } from './deputies.ts'
import { type Api, newApi } from './describe.ts'
import { dictionaryRoutes } from './dictionary.ts'
import { dispatchRoutes } from './dispatches.ts'
import { docsRoutes } from './docs.ts'
import { duplicateRoutes } from './duplicates.ts'
import { findingRoutes } from './findings.ts'
import { heardRoutes } from './heard.ts'
import { importRoutes } from './imports.ts'
import { keyRoutes } from './keys.ts'
import { officeRoutes } from './office.ts'
import { once } from './once.ts'
import { paperSheetRoutes } from './paper-sheets.ts'
import { preparedTextRoutes } from './prepared-texts.ts'
import { previewRoutes } from './preview.ts'
import { progressRoutes } from './progress.ts'
import { readingRoutes } from './reading.ts'
import { referralRoutes } from './referrals.ts'
import { relayRoutes } from './relays.ts'
import { roadRoutes } from './roads.ts'
import { scheduleRoutes } from './schedules.ts'
import type { ApiSettings } from './settings.ts'
import { standingOrderRoutes } from './standing-orders.ts'
import { taskRoutes } from './tasks.ts'
import { walkRoutes } from './walk.ts'
import { warningRoutes } from './warnings.ts'
import { webhookRoutes } from './webhooks.ts'
import { whyRoutes } from './why.ts'

const BODY_BYTES_MAX = 1024 * 1024
/** PostgreSQL: character_not_in_repertoire, untranslatable_character */
const UNKEPT = ['22021', '22P05']

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
  walkRoutes(api, settings)
  referralRoutes(api, settings)
  paperSheetRoutes(api, settings)
  officeRoutes(api, settings)
  afterReviewRoutes(api, settings)
  preparedTextRoutes(api, settings)
  standingOrderRoutes(api, settings)
  relayRoutes(api, settings)
  dispatchRoutes(api, settings)
  attentionRoutes(api, settings)
  decisionRoutes(api, settings)
  whyRoutes(api, settings)
  duplicateRoutes(api, settings)
  heardRoutes(api, settings)
  roadRoutes(api, settings)
  taskRoutes(api, settings)
  importRoutes(api, settings)
  contactRoutes(api, settings)
  contactListRoutes(api, settings)
  dictionaryRoutes(api, settings)
  scheduleRoutes(api, settings)
  warningRoutes(api, settings)
  deputyRoutes(api, settings)
  chainRoutes(api, settings)
  readingRoutes(api, settings)
  blobRoutes(api, settings)
  keyRoutes(api, settings)
  webhookRoutes(api, settings)
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
  // A character of value zero, which the database keeps in no text: only a request can bring one.
  if ('code' in error && UNKEPT.includes(String(error.code)))
    return new Refused({ code: 'invalid-value', detail: '含有不可用的字符' })
  return error
}
