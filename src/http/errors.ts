/** The one place where a refusal becomes a status: answers in RFC 9457 `application/problem+json`, in
 *  Chinese, with every field's fault at once. Nothing of an unforeseen fault but its trace id leaves. */
import { describe, type Refusal, type RefusalCode, Refused } from '../domain/refusal.ts'

/** 400 cannot be read, 401 who are you, 403 not you, 404 not here, 409 not in this state, 422 not this
 *  text, 429 not now. */
export const STATUS: Readonly<Record<RefusalCode, number>> = {
  'missing-field': 422,
  'too-long': 422,
  'not-found': 404,
  'not-allowed': 403,
  'out-of-office': 403,
  'author-may-not-review': 403,
  'reviewer-may-not-sign': 403,
  'author-may-not-sign': 403,
  'returner-may-not-edit': 403,
  'not-latest-revision': 409,
  returned: 409,
  'edited-since-review': 409,
  'not-reviewed': 409,
  'not-public': 409,
  'already-signed': 409,
  'nothing-to-sign': 422,
  'payload-problem': 422,
  'payload-changed': 409,
  'audience-changed': 409,
  'audience-empty': 409,
  'window-invalid': 422,
  'window-closed': 409,
  'proof-invalid': 409,
  'paper-mismatch': 422,
  'confirmer-is-enterer': 403,
  'already-confirmed': 409,
  stopped: 409,
  'not-published': 409,
  'already-published': 409,
  'act-not-possible': 422,
  'already-withdrawn': 409,
  'exercise-audience': 422,
  'practice-only': 409,
  'reason-missing': 422,
  'not-a-task': 404,
  'clipping-needed': 409,
  'not-checked': 409,
  'findings-open': 409,
  'findings-unanswered': 409,
  'not-submitted': 409,
  'step-open': 409,
  referred: 409,
  'order-revoked': 409,
  'order-expired': 409,
  'order-used-up': 409,
  'value-not-allowed': 422,
  'source-unknown': 422,
  'road-not-signed': 409,
  'road-closed': 409,
  'dispatch-held': 409,
  'resend-open': 409,
  'nothing-failed': 409,
  'count-changed': 409,
  'quote-changed': 409,
  'approval-differs': 409,
  'occurrence-settled': 409,
  'calendar-uncovered': 409,
  'not-due': 409,
  'not-signed-in': 401,
  'sign-in-refused': 401,
  'locked-out': 429,
  'weak-password': 422,
  'login-taken': 409,
  'account-exists': 409,
  'roles-incompatible': 422,
  'key-refused': 401,
  'scope-missing': 403,
  malformed: 400,
  'invalid-value': 422,
  'too-large': 413,
  'wrong-media-type': 415,
  'cross-site': 403,
  'key-reused': 422,
  'still-running': 409,
  'outcome-unknown': 409,
  'month-open': 409,
  archived: 409,
  'changed-since-shown': 409,
  'reach-unconfirmed': 422,
  'weak-pin': 422,
  'pin-missing': 409,
  'pin-wrong': 403,
  'pin-locked': 429,
  unforeseen: 500,
}

export interface FieldFault {
  readonly code: RefusalCode
  readonly field: string
  readonly text: string
  readonly limit?: number
}

export interface ProblemBody {
  /** leads to the code's line on the documentation page */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: RefusalCode
  readonly detail: string
  readonly field?: string
  /** the next step */
  readonly hint: string
  readonly limit?: number
  readonly trace_id: string
  readonly errors: readonly FieldFault[]
}

/** Several fields are wrong; each is named. */
export class RefusedFields extends Error {
  readonly faults: readonly FieldFault[]
  constructor(faults: readonly FieldFault[]) {
    super('several fields are wrong')
    this.name = 'RefusedFields'
    this.faults = faults
  }
}

/** What is wrong, and what to do: the two halves of a code's sentence. */
export function halves(code: RefusalCode): { readonly title: string; readonly hint: string } {
  const [title = '', ...rest] = describe({ code }).split('，')
  return { title, hint: rest.join('，') }
}

export function faultOf(refusal: Refusal): FieldFault {
  const { code, field = '', limit } = refusal
  return { code, field, text: describe(refusal), ...(limit === undefined ? {} : { limit }) }
}

export function problemOf(error: unknown, traceId: string): ProblemBody {
  if (error instanceof RefusedFields) return severalFields(error.faults, traceId)
  const refusal: Refusal = error instanceof Refused ? error.refusal : { code: 'unforeseen' }
  const { code, field, limit } = refusal
  return {
    ...{ type: typeOf(code), ...halves(code), status: STATUS[code], code },
    ...{ detail: describe(refusal), trace_id: traceId },
    ...(field === undefined ? {} : { field }),
    ...(limit === undefined ? {} : { limit }),
    errors: field === undefined ? [] : [faultOf(refusal)],
  }
}

function severalFields(faults: readonly FieldFault[], traceId: string): ProblemBody {
  const [first] = faults
  const code = faults.length === 1 && first ? first.code : 'invalid-value'
  return {
    ...{ type: typeOf(code), ...halves(code), status: STATUS[code], code },
    ...{ detail: faults.map((one) => one.text).join('；'), trace_id: traceId },
    ...(first === undefined ? {} : { field: first.field }),
    ...(first?.limit === undefined ? {} : { limit: first.limit }),
    errors: faults,
  }
}

function typeOf(code: RefusalCode): string {
  return `/api/v1/docs#${code}`
}

const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'
/** A login is locked for a quarter of an hour, counted from each wrong password. */
const RETRY_AFTER_SECONDS: Partial<Record<RefusalCode, number>> = {
  ...{ 'locked-out': 900, 'still-running': 2 },
}

export function problemResponse(error: unknown, traceId: string): Response {
  const body = problemOf(error, traceId)
  const wait = RETRY_AFTER_SECONDS[body.code]
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: {
      ...{ 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store' },
      ...(body.status === 401 ? { 'www-authenticate': 'Bearer realm="duoling"' } : {}),
      ...(wait === undefined ? {} : { 'retry-after': String(wait) }),
    },
  })
}
