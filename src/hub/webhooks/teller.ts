/** Tells subscribers what happened, at least once: one event after the other to each, subscribers beside each
 *  other. After a failure the rest of its events waits a little, so that a dead receiver costs one time-out. */
import { afterWebhookAnswer, type WebhookAnswer } from '../../domain/webhook.ts'
import type { WebAnswer, WebClient } from '../../kit/http.ts'
import type { WebhookClaim, WebhookKey, WebhookQueue } from '../ports/webhooks.ts'
import { webhookBody, webhookSignature } from './signature.ts'

const TIMEOUT_MS = 10_000
/** A receiver has nothing to say but its status. */
const ANSWER_BYTES_MAX = 64 * 1024
const REST_PAUSE_MS = 10_000

export interface Teller {
  /** Starts a round that nothing waits for. */
  look(at: Date): void
  /** Answers how many attempts were made. */
  round(at: Date): Promise<number>
  /** Starts nothing more, ends the calls under way and waits for them. */
  close(): Promise<void>
}

export interface TellerTools {
  /** one that keeps out of our own network and follows no redirection */
  readonly web: Pick<WebClient, 'call'>
  newToken(): string
  onError(error: unknown): void
}

export function createTeller(queue: WebhookQueue, tools: TellerTools): Teller {
  const busy = new Set<WebhookKey>()
  const rounds = new Set<Promise<unknown>>()
  const ending = new AbortController()
  let claiming = false

  const tell = async (claim: WebhookClaim, at: Date): Promise<number> => {
    busy.add(claim)
    try {
      return await tellOne(queue, tools.web, claim, { at, signal: ending.signal })
    } finally {
      busy.delete(claim)
    }
  }
  const round = async (at: Date): Promise<number> => {
    // Two claims at once could take two parts of one subscriber's events.
    if (claiming || ending.signal.aborted) return 0
    claiming = true
    let told: readonly Promise<number>[]
    try {
      await queue.noteFinished(at)
      const token = tools.newToken()
      const claims = await queue.claim({ at, token, busy: [...busy] })
      told = claims.map((claim) => tell(claim, at))
    } finally {
      claiming = false
    }
    return (await Promise.all(told)).reduce((sum, one) => sum + one, 0)
  }
  return {
    round,
    look(at) {
      const going = round(at).catch(tools.onError)
      rounds.add(going)
      void going.finally(() => rounds.delete(going))
    },
    async close() {
      ending.abort()
      await Promise.all(rounds)
    },
  }
}

async function tellOne(
  queue: WebhookQueue,
  web: TellerTools['web'],
  claim: WebhookClaim,
  { at, signal }: { readonly at: Date; readonly signal: AbortSignal },
): Promise<number> {
  for (const [index, { event, attempts, firstAt }] of claim.deliveries.entries()) {
    const body = webhookBody(claim.agencyId, event)
    const answer = await web.call({
      ...{ method: 'POST', url: claim.url, body, signal },
      ...{ timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX },
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Duoling',
        'x-duoling-event': event.id,
        'x-duoling-kind': event.kind,
        'x-duoling-signature': webhookSignature(claim.secrets, body, at),
      },
    })
    const outcome = afterWebhookAnswer(answerOf(answer), { attempts, firstAt, at })
    await queue.settle(claim, event.id, outcome, at)
    if (outcome.kind === 'done') continue
    const rest = claim.deliveries.slice(index + 1).map((one) => one.event.id)
    await queue.putBack(claim, rest, new Date(at.getTime() + REST_PAUSE_MS))
    return index + 1
  }
  return claim.deliveries.length
}

function answerOf(answer: WebAnswer): WebhookAnswer {
  return answer.kind === 'answer' ? { status: answer.status } : { fault: answer.code }
}
