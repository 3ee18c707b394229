/** 外发通知: the security officer, or whoever sits at the machine, says which system is told of what. Each
 *  change is audited, with the receiver's host and never with a secret. */
import { Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { LIVE_KEYS_MAX, type NewWebhook, whyNotWebhook } from '../../domain/webhook.ts'
import { isLoopbackAddress, isPublicAddress } from '../../kit/links.ts'
import { actor } from '../people.ts'
import type { By } from '../ports/accounts.ts'
import type { AuditEntry } from '../ports/papers.ts'
import type { ReplayWanted } from '../ports/webhooks.ts'
import type { Hub, Tx } from '../ports.ts'

export interface WebhookActor {
  readonly agencyId: number
  readonly by: By
  readonly at: Date
}

/** The secret is told this once.
 *  @throws Refused on the first fault `whyNotWebhook` finds, `not-allowed` */
export function addWebhook(
  hub: Hub,
  who: WebhookActor,
  wanted: NewWebhook,
): Promise<{ readonly id: number; readonly secret: string }> {
  return byOfficer(hub, who, async (tx, audit) => {
    const [fault] = whyNotWebhook(wanted)
    if (fault) throw new Refused(fault)
    const { hostname } = new URL(wanted.url)
    const host = hostname.replace(/^\[|\]$/g, '')
    if (/^[\d.]+$|:/.test(host) && !isPublicAddress(host) && !isLoopbackAddress(host))
      throw new Refused({ code: 'invalid-value', field: 'url', detail: '不能是内网地址' })
    const added = await tx.addWebhook({ ...wanted, at: who.at })
    await audit('webhook-add', added.id, { host: hostname, kinds: [...wanted.kinds] })
    return added
  })
}

/** A second key begins to sign beside the first; the secret is told this once.
 *  @throws Refused `not-found`, `value-not-allowed` while two are live, `not-allowed` */
export function rotateWebhook(hub: Hub, who: WebhookActor, id: number): Promise<string> {
  return byOfficer(hub, who, async (tx, audit) => {
    const { liveKeys } = await locked(tx, id)
    if (liveKeys.length >= LIVE_KEYS_MAX)
      throw new Refused({
        ...{ code: 'value-not-allowed', field: 'webhook', limit: LIVE_KEYS_MAX },
        detail: '两把密钥都在用，请先停用旧的一把',
      })
    const secret = await tx.addWebhookKey(id, who.at)
    await audit('webhook-rotate', id, {})
    return secret
  })
}

/** @throws Refused `not-found`, `value-not-allowed` when only one is live, `not-allowed` */
export function dropOldWebhookKey(hub: Hub, who: WebhookActor, id: number): Promise<void> {
  return byOfficer(hub, who, async (tx, audit) => {
    const { liveKeys } = await locked(tx, id)
    const [old] = liveKeys
    if (old === undefined || liveKeys.length < LIVE_KEYS_MAX)
      throw new Refused({
        ...{ code: 'value-not-allowed', field: 'webhook' },
        detail: '只有一把密钥在用，请先换发新的一把',
      })
    await tx.dropWebhookKey(id, old, who.at)
    await audit('webhook-drop-old', id, {})
  })
}

/** @throws Refused `not-found`, `not-allowed` */
export function setWebhook(
  hub: Hub,
  who: WebhookActor,
  { id, to }: { readonly id: number; readonly to: 'paused' | 'on' | 'removed' },
): Promise<void> {
  return byOfficer(hub, who, async (tx, audit) => {
    await locked(tx, id)
    if (to === 'paused') await tx.pauseWebhook(id, who.at)
    else if (to === 'on') await tx.resumeWebhook(id)
    else await tx.removeWebhook(id, who.at)
    await audit(`webhook-${to}`, id, {})
  })
}

/** Answers how many events are due again.
 *  @throws Refused `not-found` also when no such event is of its kinds, `not-allowed` */
export function replayWebhook(
  hub: Hub,
  who: WebhookActor,
  { id, wanted }: { readonly id: number; readonly wanted: ReplayWanted },
): Promise<number> {
  return byOfficer(hub, who, async (tx, audit) => {
    await locked(tx, id)
    const events = await tx.replayWebhook(id, wanted)
    if (events === 0 && 'eventId' in wanted)
      throw new Refused({ code: 'not-found', field: 'event' })
    await audit('webhook-replay', id, {
      ...('since' in wanted ? { since: wanted.since.toISOString() } : wanted),
      events,
    })
    return events
  })
}

/** Answers the id of the event that is sent with the next round.
 *  @throws Refused `not-found`, `not-allowed` */
export function testWebhook(hub: Hub, who: WebhookActor, id: number): Promise<string> {
  return byOfficer(hub, who, async (tx, audit) => {
    await locked(tx, id)
    const eventId = await tx.pingWebhook(id, who.at)
    await audit('webhook-test', id, { eventId })
    return eventId
  })
}

async function locked(tx: Tx, id: number) {
  const found = await tx.lockWebhook(id)
  if (!found) throw new Refused({ code: 'not-found', field: 'webhook', detail: String(id) })
  return found
}

type Audit = (action: string, id: number, facts: AuditEntry['facts']) => Promise<void>

function byOfficer<T>(
  hub: Hub,
  { agencyId, by, at }: WebhookActor,
  work: (tx: Tx, audit: Audit) => Promise<T>,
): Promise<T> {
  return hub.store.transact(agencyId, async (tx) => {
    if (typeof by === 'number' && !may(await actor(tx, by, at), 'security-admin'))
      throw new Refused({ code: 'not-allowed', detail: '由安全管理员办理' })
    return work(tx, (action, id, facts) =>
      tx.audit({
        ...{ at, action, subject: `webhook/${id}` },
        ...(typeof by === 'number' ? { actorId: by, facts } : { facts: { ...facts, by } }),
      }),
    )
  })
}
