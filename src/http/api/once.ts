/** Idempotency-Key: a repeated POST is carried out once and answered alike, whatever the number of
 *  repetitions at once and whichever process dies. It refuses a key that stood on another request. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context, MiddlewareHandler } from 'hono'
import { Refused } from '../../domain/refusal.ts'
import type { AnswerClaim, Claimed, KeptAnswer } from '../../hub/ports/answers.ts'
import type { Hub } from '../../hub/ports.ts'
import { API_ROOT, type ApiActor, type ApiEnv } from '../guard.ts'
import type { ApiSettings } from './settings.ts'

const KEY = /^[\x21-\x7e]{1,200}$/
const KEY_CHARACTERS_MAX = 200
/** So long another request of the same key is waited for. */
const WAIT_MS_MAX = 30_000
const WAIT_STEP_MS = 25
const WAIT_STEP_MS_MAX = 400
/** A file is known by its hash: uploading it twice keeps it once. */
const WITHOUT = [`${API_ROOT}/blobs`, `${API_ROOT}/sign-in`, `${API_ROOT}/sign-out`]
const KEPT_HEADERS = ['content-type', 'location', 'etag']

export function once({ answers, hub }: ApiSettings): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const key = c.req.header('idempotency-key')
    if (key === undefined || c.req.method !== 'POST' || WITHOUT.includes(c.req.path)) return next()
    if (!KEY.test(key))
      throw new Refused({
        ...{ code: 'invalid-value', field: 'Idempotency-Key', limit: KEY_CHARACTERS_MAX },
      })
    const actor = c.get('actor')
    const body = new Uint8Array(await c.req.arrayBuffer())
    const route = `POST ${c.req.path}`
    const mark = { agencyId: actor.agencyId, actor: nameOf(actor), key, route, body }
    const claimed = await waitFor(() => answers.claim(mark))
    if (claimed.kind === 'answered') return answerAgain(claimed.answer)
    if (claimed.kind !== 'mine') throw new Refused({ code: REFUSALS[claimed.kind] })
    c.set('hub', marking(hub, claimed.claim))
    await next()
    await settle(c, answers, claimed.claim)
    return undefined
  }
}

const REFUSALS = {
  running: 'still-running',
  reused: 'key-reused',
  unknown: 'outcome-unknown',
} as const

function nameOf({ keyId, person }: ApiActor): string {
  return keyId === undefined ? `person/${person.id}` : `key/${keyId}`
}

async function waitFor(ask: () => Promise<Claimed>): Promise<Claimed> {
  const until = performance.now() + WAIT_MS_MAX
  let step = WAIT_STEP_MS
  for (;;) {
    const claimed = await ask()
    if (claimed.kind !== 'running' || performance.now() >= until) return claimed
    await sleep(step)
    step = Math.min(step * 2, WAIT_STEP_MS_MAX)
  }
}

/** Every transaction of the request also says that it was carried out, or commits nothing. */
function marking(hub: Hub, claim: AnswerClaim): Hub {
  const { store } = hub
  const transact: Hub['store']['transact'] = (agencyId, work) =>
    store.transact(agencyId, async (tx) => {
      const done = await work(tx)
      await tx.markCarriedOut(claim)
      return done
    })
  // A getter of the hub (the public address) must stay one.
  return Object.create(hub, { store: { value: { ...store, transact }, enumerable: true } })
}

async function settle(
  c: Context<ApiEnv>,
  answers: ApiSettings['answers'],
  claim: AnswerClaim,
): Promise<void> {
  const { status, headers } = c.res
  // A refusal that wrote nothing may be asked again after the fault was mended.
  if (status >= 400 && (await answers.release(claim))) return
  if (status >= 500) return
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  const body = await c.res.clone().text()
  await answers.keep(claim, { status, headers: Object.fromEntries(kept), body })
}

function answerAgain({ status, headers, body }: KeptAnswer): Response {
  const empty = status === 204 || body === ''
  return new Response(empty ? null : body, {
    status,
    headers: { ...headers, 'idempotency-replayed': 'true', 'cache-control': 'no-store' },
  })
}
