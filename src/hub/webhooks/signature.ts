/** What a receiver is sent: the event as text, alike at every attempt, and a signature by each live key. */
import { hmacSha256 } from '../../kit/hash.ts'
import type { WebhookEvent } from '../ports/webhooks.ts'

/** Only numbers, names of kinds and moments: neither a text nor an address. */
export function webhookBody(agencyId: number, event: WebhookEvent): string {
  const { id, kind, at, mode, bulletinId, publicationId, dispatchId, channelId, facts } = event
  const subject = Object.entries({ bulletinId, publicationId, dispatchId, channelId })
  return JSON.stringify({
    ...{ id, kind, agencyId, at: at.toISOString(), ...(mode === null ? {} : { mode }) },
    subject: Object.fromEntries(subject.filter(([, value]) => value !== null)),
    facts,
  })
}

/** `t=<unix seconds>,v1=<hex>[,v1=<hex>]`: HMAC-SHA-256 over `t.body` under the secret's UTF-8 bytes. */
export function webhookSignature(secrets: readonly string[], body: string, at: Date): string {
  const t = Math.floor(at.getTime() / 1_000)
  const macs = secrets.map((secret) =>
    hmacSha256(Buffer.from(secret), `${t}.${body}`).toString('hex'),
  )
  return [`t=${t}`, ...macs.map((mac) => `v1=${mac}`)].join(',')
}
