/** 预案文本: a template drafted by one and reviewed by another in quiet hours; in an emergency the duty
 *  officer fills its blanks and a leader signs at once. It refuses anybody in two of these places, and it
 *  opens the full review that is owed within a day. */
import type { Level, Mode } from '../../domain/bulletin.ts'
import { afterReviewDue } from '../../domain/clearance/after-review.ts'
import type { Authority } from '../../domain/clearance/authority.ts'
import {
  type BlankValues,
  whyNotValues,
  withoutFreeWords,
  wrong,
} from '../../domain/clearance/blanks.ts'
import {
  hands,
  type SecrecyOpinion,
  whyNotPreparedSignable,
  whyNotTemplateReviewable,
  whyNotUsable,
} from '../../domain/clearance/prepared-text.ts'
import { whyNotWithinChannels } from '../../domain/clearance/standing-order.ts'
import { fillTemplate, type Template, whyNotTemplate } from '../../domain/clearance/template.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import { isPublic } from '../../domain/review.ts'
import { may } from '../../domain/role.ts'
import { monthOf } from '../../domain/year.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { check, whyFindingsOpen } from '../checks/check.ts'
import type { Composed, ComposedAndChecked } from '../compose.ts'
import type { DispatchOrder } from '../manifest.ts'
import { actor } from '../people.ts'
import type { ClearanceUse, PreparedTextReviewRow, PreparedTextRow } from '../ports/clearances.ts'
import type { Hub, Tx } from '../ports.ts'
import { isReturned } from '../review.ts'
import { isSignedAlready } from '../sign.ts'
import { type Signed, writeSignature } from '../write-signature.ts'
import { fillBulletin, presetOrders } from './fill.ts'
import { whyFreeWordsLead } from './free-words.ts'
import {
  isReviewProven,
  preparedTextText,
  prove,
  readPreparedText,
  reviewText,
} from './statements.ts'

const NOTE_CHARACTERS_MAX = 2_000

export interface Proposal {
  readonly agencyId: number
  readonly authorId: number
  readonly at: Date
  readonly template: Template
}

export function proposePreparedText(
  hub: Hub,
  proposal: Proposal,
): Promise<{ readonly preparedTextId: number; readonly hash: string }> {
  return hub.store.transact(proposal.agencyId, async (tx) => {
    const { template, at } = proposal
    const author = await actor(tx, proposal.authorId, at)
    if (!may(author, 'drafter')) throw new Refused({ code: 'not-allowed' })
    await checkTemplate(tx, template)
    const text = preparedTextText(tx.agencyId, author.id, template)
    const hash = sha256Hex(text)
    const { title } = template.content
    const id = await tx.addPreparedText({ title, text, hash, authorId: author.id, at })
    await tx.audit({
      ...{ at, actorId: author.id, action: 'propose', subject: `prepared-text/${id}` },
      facts: { hash },
    })
    return { preparedTextId: id, hash }
  })
}

async function checkTemplate(tx: Tx, template: Template): Promise<void> {
  const { categoryId, channels } = template
  const category = await tx.category(categoryId)
  if (!category) throw new Refused({ code: 'not-found', field: 'category', detail: categoryId })
  const refusal = whyNotTemplate(template, category.requiredFields)
  if (refusal) throw new Refused(refusal)
  for (const { channelId, audiences } of channels) {
    const channel = await tx.channel(channelId)
    if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
    if ((channel.addressing === 'place') !== (audiences.length === 0))
      throw new Refused(
        wrong(`channels ${channelId}`, '发布渠道不带受众，发送渠道至少要有一个受众'),
      )
  }
}

export interface PreparedReview {
  readonly agencyId: number
  readonly preparedTextId: number
  readonly reviewerId: number
  readonly at: Date
  /** the hash the reviewer had on the screen */
  readonly seenHash: string
  readonly opinion: SecrecyOpinion
  readonly note?: string
}

/** The newest opinion holds: one that says no ends the use of the template and of its orders. */
export function reviewPreparedText(hub: Hub, request: PreparedReview): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { preparedTextId, at, opinion, seenHash, agencyId } = request
    const note = request.note?.trim() ?? ''
    if ([...note].length > NOTE_CHARACTERS_MAX)
      throw new Refused({ code: 'too-long', field: 'note', limit: NOTE_CHARACTERS_MAX })
    const reviewer = await actor(tx, request.reviewerId, at)
    const row = await tx.preparedText(preparedTextId)
    if (!row) throw new Refused({ code: 'not-found', field: 'preparedText' })
    readPreparedText(row)
    const { authorId, hash } = row
    const refusal = whyNotTemplateReviewable({ reviewer, opinion, authorId, hash, seenHash })
    if (refusal) throw new Refused(refusal)
    const review = { preparedTextId, hash, opinion, reviewerId: reviewer.id, note, at }
    await tx.addPreparedTextReview({ ...review, ...prove(hub, reviewText(agencyId, review)) })
    await tx.audit({
      ...{ at, actorId: reviewer.id, action: 'secrecy-review' },
      subject: `prepared-text/${preparedTextId}`,
      facts: { hash, opinion },
    })
  })
}

export interface PreparedUse {
  readonly agencyId: number
  readonly preparedTextId: number
  readonly filledBy: number
  readonly at: Date
  readonly values: BlankValues
  /** the first one of the template when absent */
  readonly level?: Level
  readonly mode?: Mode
}

/** Makes the filled bulletin and has it checked; nothing leaves before a leader signs it. */
export async function usePreparedText(hub: Hub, request: PreparedUse): Promise<ComposedAndChecked> {
  const composed = await fill(hub, request)
  const { agencyId, at, filledBy: by } = request
  const { bulletinId, hash } = composed
  try {
    const { findings, hash: checkedHash } = await check(hub, { agencyId, bulletinId, at, by })
    if (checkedHash === hash) return { ...composed, findings, checked: true }
  } catch (error) {
    // Somebody edited it already: the newer text brings its own check, and is no prepared text any more.
    if (!(error instanceof Refused) || error.refusal.code !== 'not-latest-revision') throw error
  }
  return { ...composed, findings: [], checked: false }
}

function fill(hub: Hub, request: PreparedUse): Promise<Composed> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { preparedTextId, values, at } = request
    const person = await actor(tx, request.filledBy, at)
    if (!may(person, 'duty-officer')) throw new Refused({ code: 'not-allowed' })
    const { template, review } = await usable(hub, tx, preparedTextId)
    if (hands(person).includes(review.reviewerId))
      throw new Refused({ code: 'author-may-not-review' })
    if (template.reminders) throw new Refused(wrong('preparedText', '带安全提醒的模板只用于转发'))
    const level = request.level ?? template.levels[0] ?? 'routine'
    const mode = request.mode ?? template.modes[0] ?? 'earnest'
    if (!template.levels.includes(level)) throw new Refused(wrong('level', '模板中没有这个级别'))
    if (!template.modes.includes(mode)) throw new Refused(wrong('mode', '模板中没有这种方式'))
    const content = fillTemplate(template, values)
    const bare = fillTemplate(template, withoutFreeWords(template.blanks, values))
    const refusal = whyNotValues(template.blanks, values, at) ?? whyFreeWordsLead(bare, content)
    if (refusal) throw new Refused(refusal)
    const { bulletin, latest } = await fillBulletin(tx, {
      ...{ clearance: 'prepared-text', preparedTextId, template, values, level, mode, at },
      ...{ content, authorId: person.id, filledBy: person.id },
    })
    return { bulletinId: bulletin.id, revision: latest.number, hash: latest.hash }
  })
}

/** @throws Refused when nobody reviewed the template, or it is not what was reviewed. */
async function usable(
  hub: Hub,
  tx: Tx,
  preparedTextId: number,
): Promise<{
  readonly row: PreparedTextRow
  readonly template: Template
  readonly review: PreparedTextReviewRow
}> {
  const row = await tx.preparedText(preparedTextId)
  if (!row) throw new Refused({ code: 'not-found', field: 'preparedText' })
  const template = readPreparedText(row)
  const review = await tx.preparedTextReview(preparedTextId)
  const refusal = whyNotUsable(review, row.hash)
  if (!review || refusal) throw new Refused(refusal ?? { code: 'not-reviewed', field: 'template' })
  if (!isReviewProven(hub, tx.agencyId, review))
    throw new Refused({ code: 'proof-invalid', field: 'template' })
  return { row, template, review }
}

export interface PreparedSignRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly signerId: number
  readonly at: Date
  /** the hash the leader had on the screen */
  readonly seenHash: string
  /** some of the template's channels; all of them when absent */
  readonly channelIds?: readonly string[]
  /** the reach the leader had on the screen, by channel */
  readonly seenReach?: Readonly<Record<string, number>>
}

export async function signPreparedText(hub: Hub, request: PreparedSignRequest): Promise<Signed> {
  await hub.store.prepareMonth(monthOf(request.at))
  return hub.store.transact(request.agencyId, async (tx) => {
    const { at, bulletinId, signerId, seenHash } = request
    const bulletin = await tx.lockBulletin(bulletinId)
    const latest = await tx.latestRevision(bulletinId)
    const use = await tx.clearanceUse(bulletinId)
    if (!bulletin || !latest || use?.clearance !== 'prepared-text')
      throw new Refused({ code: 'not-found', field: 'bulletin' })
    const { row, template, review } = await usable(hub, tx, use.preparedTextId)
    const orders = await ordersOf(tx, request, template)
    const refusal =
      whyNotPreparedSignable({
        ...{ signer: await actor(tx, signerId, at), latestHash: latest.hash, seenHash },
        ...{ templateAuthorId: row.authorId, templateReviewerId: review.reviewerId },
        ...{ filledBy: use.filledBy ?? latest.authorId, filledHash: use.hash },
        stopped: bulletin.stopped,
        returned: await isReturned(tx, bulletinId, latest.number),
        alreadySigned: await isSignedAlready(tx, bulletinId, latest.number, orders),
      }) ??
      (await whyObjected(tx, bulletinId, latest.hash)) ??
      (await whyFindingsOpen(tx, bulletinId, latest.hash))
    // An opinion on the template counts for nothing on what its own reviewer filled in.
    if (review.reviewerId === use.filledBy) throw new Refused({ code: 'author-may-not-review' })
    if (refusal) throw new Refused(refusal)
    // Before the signature: the law in the database asks for it.
    await owe(tx, { bulletinId, signerId, hash: latest.hash, at })
    return writeSignature(hub, tx, {
      ...{ bulletin, latest, signerId, at, orders, clearance: 'prepared-text', reviewIds: [] },
      authority: authorityOf(use, row, review),
      check: (planned) => {
        const lines = planned.map((one) => one.line)
        const outside = whyNotWithinChannels(template.channels, lines)
        if (outside) throw new Refused(outside)
      },
    })
  })
}

/** Nobody has to review the filled text first; an opinion that says no, or a question, holds all the same. */
async function whyObjected(tx: Tx, bulletinId: number, hash: string): Promise<Refusal | undefined> {
  const reviews = await tx.reviews(bulletinId)
  const newest = reviews.find((one) => one.step === 'secrecy-review' && one.hash === hash)
  if (!newest || isPublic(newest.opinion)) return undefined
  return { code: newest.opinion === 'referred' ? 'referred' : 'not-public' }
}

async function ordersOf(
  tx: Tx,
  { channelIds, seenReach = {} }: PreparedSignRequest,
  { channels }: Template,
): Promise<readonly DispatchOrder[]> {
  const unknown = channelIds?.find((id) => !channels.some((one) => one.channelId === id))
  if (unknown !== undefined) throw new Refused(wrong(unknown, '渠道不在模板之内'))
  const chosen = channels.filter((one) => channelIds?.includes(one.channelId) ?? true)
  return (await presetOrders(tx, chosen)).map((order) => {
    const seen = seenReach[order.channelId]
    return seen === undefined ? order : { ...order, seenReach: seen }
  })
}

/** A further channel signed later owes nothing new. */
async function owe(
  tx: Tx,
  debt: { bulletinId: number; signerId: number; hash: string; at: Date },
): Promise<void> {
  const known = await tx.afterReviewOf(debt.bulletinId)
  if (!known) await tx.addAfterReview({ ...debt, dueAt: afterReviewDue(debt.at) })
}

function authorityOf(
  use: ClearanceUse,
  row: PreparedTextRow,
  review: PreparedTextReviewRow,
): Authority {
  return {
    ...{ preparedTextId: row.id, templateHash: row.hash, reviewId: review.id },
    ...{ valuesHash: use.valuesHash, filledAt: use.at.toISOString() },
  }
}
