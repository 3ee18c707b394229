/** Door 5's look behind a filled text: the template, the opinion on it, the grant, the source and the
 *  values, each under its own proof. It refuses a text that is not exactly what they make when filled. */
import { type RevisionContent, revisionSubject } from '../../domain/bulletin.ts'
import { canonical } from '../../domain/canonical.ts'
import type { Authority, FilledValues } from '../../domain/clearance/authority.ts'
import { whyNotValues } from '../../domain/clearance/blanks.ts'
import { whyNotUsable } from '../../domain/clearance/prepared-text.ts'
import { relayContent } from '../../domain/clearance/relay.ts'
import {
  isNamed,
  type OrderText,
  whyNotWithinChannels,
  whyNotWithinLimits,
} from '../../domain/clearance/standing-order.ts'
import { fillTemplate, type Template } from '../../domain/clearance/template.ts'
import type { RefusalCode } from '../../domain/refusal.ts'
import type { Manifest } from '../../domain/signature.ts'
import { sha256Hex } from '../../kit/hash.ts'
import type { AuthorityPapers, MessageRow } from '../ports/clearances.ts'
import type { DispatchPapers } from '../ports/engine.ts'
import type { Hub } from '../ports.ts'
import { isMessageProven, isReviewProven, isSourceProven, provenOrder } from './statements.ts'

/** The manifest's own proof was verified before; undefined when its authority holds. */
export async function whyNotAuthorised(
  hub: Hub,
  papers: DispatchPapers,
  manifest: Manifest,
): Promise<RefusalCode | undefined> {
  const { clearance, authority } = manifest
  const own = clearance === 'reviewed' || clearance === 'paper'
  if (own || !authority) return own && !authority ? undefined : 'proof-invalid'
  const on = await hub.store.clearances.authority(papers.agencyId, papers.bulletinId)
  const { review, use } = on
  if (use?.clearance !== clearance || !isReviewProven(hub, papers.agencyId, review))
    return 'proof-invalid'
  const usable = whyNotUsable(review, authority.templateHash)
  if (usable) return usable.code
  const template =
    clearance === 'prepared-text'
      ? preparedTemplate(on, authority, manifest)
      : grantedTemplate(hub, on, authority, papers, manifest)
  if (typeof template === 'string') return template
  const content = contentOf(hub, on, authority, manifest, template)
  return content && isFilled(papers, manifest, template, content) ? undefined : 'proof-invalid'
}

function preparedTemplate(
  { preparedText, review }: AuthorityPapers,
  authority: Authority,
  manifest: Manifest,
): Template | RefusalCode {
  // The hash stands in the manifest, so the text needs no proof of its own.
  if (!preparedText || sha256Hex(preparedText.text) !== authority.templateHash)
    return 'proof-invalid'
  const kept: { authorId: number; template: Template } = JSON.parse(preparedText.text)
  const hands = [kept.authorId, review?.reviewerId]
  if (hands.includes(manifest.signerId) || kept.authorId === review?.reviewerId)
    return 'proof-invalid'
  const outside = whyNotWithinChannels(kept.template.channels, manifest.dispatches)
  return outside ? outside.code : kept.template
}

function grantedTemplate(
  hub: Hub,
  { standingOrder }: AuthorityPapers,
  authority: Authority,
  { level }: DispatchPapers,
  manifest: Manifest,
): Template | RefusalCode {
  const order = standingOrder && provenOrder(hub, manifest.agencyId, standingOrder)
  if (!order || standingOrder.hash !== authority.standingOrderHash || !isNamed(order, authority))
    return 'proof-invalid'
  if (standingOrder.revoked) return 'order-revoked'
  if (!order.limits.levels.includes(level)) return 'value-not-allowed'
  return whyNotInOrder(order, manifest) ?? order.template
}

function whyNotInOrder(order: OrderText, manifest: Manifest): RefusalCode | undefined {
  const { authorId, reviewerId, signerId, limits } = order
  const three = new Set([authorId, reviewerId, signerId]).size === 3
  if (!three || signerId !== manifest.signerId) return 'proof-invalid'
  const signedAt = new Date(manifest.signedAt)
  if (signedAt < new Date(limits.validFrom) || signedAt >= new Date(limits.validUntil))
    return 'order-expired'
  if (!limits.modes.includes(manifest.mode)) return 'value-not-allowed'
  return whyNotWithinLimits(limits, manifest.dispatches, signedAt)?.code
}

/** The text as it must be; undefined when a part of it is not what the manifest names. */
function contentOf(
  hub: Hub,
  on: AuthorityPapers,
  authority: Authority,
  manifest: Manifest,
  template: Template,
): RevisionContent | undefined {
  if (on.values === undefined || sha256Hex(on.values) !== authority.valuesHash) return undefined
  const { values, reminder }: FilledValues = JSON.parse(on.values)
  if (whyNotValues(template.blanks, values, new Date(authority.filledAt))) return undefined
  if (manifest.clearance !== 'relay') return fillTemplate(template, values)
  const { source, message } = on
  if (!source || !message || !isQuoted(hub, manifest.agencyId, message, authority)) return undefined
  if (!isSourceProven(hub, manifest.agencyId, source) || source.id !== message.sourceId)
    return undefined
  if (reminder === undefined || template.reminders?.[reminder] === undefined) return undefined
  const received = { sourceName: source.name, text: message.text, issuedAt: message.issuedAt }
  return relayContent(template, values, reminder, received)
}

function isQuoted(hub: Hub, agencyId: number, message: MessageRow, authority: Authority): boolean {
  const isNamedHere = message.id === authority.messageId && message.hash === authority.quoteHash
  return isNamedHere && isMessageProven(hub, agencyId, message)
}

function isFilled(
  papers: DispatchPapers,
  manifest: Manifest,
  template: Template,
  content: RevisionContent,
): boolean {
  const { agencyId, bulletinId, revision, mode } = manifest
  const { level } = papers
  if (!template.levels.includes(level) || !template.modes.includes(mode)) return false
  const { categoryId } = template
  const place = { agencyId, bulletinId, revision, categoryId, mode, level }
  return sha256Hex(canonical(revisionSubject(place, content))) === manifest.revisionHash
}
