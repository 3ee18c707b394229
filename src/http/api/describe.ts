/** How a route is written down once and both validates and documents itself: parameters, body, answer,
 *  pages of a list, and the problem every route may answer. */
import { createHash } from 'node:crypto'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { REFUSAL_CODES } from '../../domain/refusal.ts'
import { RefusedFields } from '../errors.ts'
import type { ApiEnv } from '../guard.ts'
import { faultsOf } from './faults.ts'

export type Api = OpenAPIHono<ApiEnv>

export function newApi(): Api {
  return new OpenAPIHono<ApiEnv>({
    defaultHook(result) {
      if (!result.success) throw new RefusedFields(faultsOf(result.error, result.target))
    },
  })
}

export const moment = z
  .date()
  .openapi({ type: 'string', format: 'date-time', example: '2026-11-25T02:00:00.000Z' })

/** A moment as it is written in a request. */
export const writtenMoment = z.iso
  .datetime({ offset: true, error: '应为带时区的时间，如 2026-11-25T10:00:00+08:00' })
  .transform((text) => new Date(text))

const ID = /^[1-9]\d{0,14}$/
export const id = z
  .string()
  .regex(ID, '应为编号')
  .transform(Number)
  .openapi({ type: 'string', pattern: ID.source, example: '12' })
export const idPath = z.object({ id })
export const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '应为 64 位十六进制校验值')
  .openapi({ example: 'a'.repeat(64) })

const code = z.enum(REFUSAL_CODES).openapi('RefusalCode')

const problem = z
  .object({
    ...{ type: z.string(), title: z.string(), status: z.int(), code },
    ...{ detail: z.string(), field: z.string().optional(), hint: z.string() },
    ...{ limit: z.number().optional(), trace_id: z.string() },
    errors: z.array(
      z.object({
        ...{ code, field: z.string(), text: z.string() },
        limit: z.number().optional(),
      }),
    ),
  })
  .openapi('Problem')

interface Response {
  description: string
  content?: Record<string, { schema: z.ZodType }>
}

/** What a route answers: its own body, and the problem. */
export function answers(
  description: string,
  schema?: z.ZodType,
  status = 200,
): Record<number | 'default', Response> {
  const own: Response =
    schema === undefined
      ? { description }
      : { description, content: { 'application/json': { schema } } }
  const content = { 'application/problem+json': { schema: problem } }
  return { [status]: own, default: { description: '没有办成：原因、字段和下一步', content } }
}

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } }
}

type ReadonlyDeep<T> = unknown extends T
  ? T
  : T extends Date | string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer E)[]
      ? readonly ReadonlyDeep<E>[]
      : { readonly [K in keyof T]: ReadonlyDeep<T[K]> }

/** The schema says what may be in the answer; the compiler holds the data against it. */
export function answer<S extends z.ZodType>(
  c: Context<ApiEnv>,
  _schema: S,
  data: ReadonlyDeep<z.input<S>>,
  status: 200 | 201 = 200,
): globalThis.Response {
  c.header('cache-control', 'no-store')
  return c.json(data as object, status)
}

/** One item: who has it unchanged is told so in a few bytes. */
export function answerOne<S extends z.ZodType>(
  c: Context<ApiEnv>,
  _schema: S,
  data: ReadonlyDeep<z.input<S>>,
): globalThis.Response {
  const text = JSON.stringify(data)
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const headers = { etag, 'cache-control': 'private, no-cache' }
  if (knows(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers)
  return c.body(text, 200, { ...headers, 'content-type': 'application/json' })
}

function knows(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

const LIMIT_MAX = 200
const LIMIT_DEFAULT = 50
const CURSOR = /^c1:([1-9]\d{0,14})$/

const limit = z
  .string()
  .regex(/^[1-9]\d{0,2}$/, `应为 1 到 ${LIMIT_MAX} 的整数`)
  .transform(Number)
  .pipe(z.number().max(LIMIT_MAX, `最多 ${LIMIT_MAX}`))
  .openapi({ type: 'string', example: '50' })
const cursor = z
  .string()
  .max(40, '不是本接口给出的游标')
  .transform((text, context) => {
    const [, after] = CURSOR.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
    if (after !== undefined) return Number(after)
    context.addIssue({ code: 'custom', message: '不是本接口给出的游标，请从第一页取起' })
    return z.NEVER
  })
  .openapi({ type: 'string' })

/** Query parameters every list takes. */
export const windowQuery = { limit: limit.optional(), cursor: cursor.optional() }

export function windowOf(query: {
  readonly limit?: number | undefined
  readonly cursor?: number | undefined
}) {
  const { limit: wanted = LIMIT_DEFAULT, cursor: after } = query
  return { limit: wanted, ...(after === undefined ? {} : { after }) }
}

/** A page of a list; `next` is null on the last one. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}

/** `rows` were asked for with one more than `limit`. */
export function page<T>(
  rows: readonly T[],
  limit: number,
  idOf: (row: T) => number,
): { readonly items: readonly T[]; readonly next: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? cursorOf(idOf(last)) : null }
}

/** What a list hands out to go on behind a row. */
export function cursorOf(id: number): string {
  return Buffer.from(`c1:${id}`).toString('base64url')
}

/** Leaves out what was not asked for: an absent value is not the value `undefined`. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const known = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
