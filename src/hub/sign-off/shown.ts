/** 所见: everything a reviewer or leader has before them about one bulletin, made by the code that signs, with
 *  one mark over what they saw. A signature given on another mark is refused. */
import type { RevisionContent } from '../../domain/bulletin.ts'
import { type Canonical, canonical } from '../../domain/canonical.ts'
import type { Step } from '../../domain/chain.ts'
import { chainFor, openStep } from '../../domain/chain.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import type { Person } from '../../domain/role.ts'
import { type Piece, wordDiff } from '../../domain/word-diff.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { countingOn } from '../chain.ts'
import { findingsOf } from '../checks/check.ts'
import { readContent } from '../content.ts'
import { type DispatchOrder, type PlannedDispatch, planDispatches } from '../manifest.ts'
import { actor } from '../people.ts'
import type { KeptFinding } from '../ports/checks.ts'
import type { BulletinFacts, RevisionFacts } from '../ports/papers.ts'
import type { Hub, Tx } from '../ports.ts'
import { mayReview } from '../review.ts'
import { checkSignable } from '../sign.ts'
import { type WalkStatus, walkStatus } from '../status.ts'
import { plannedOrders } from '../submit.ts'
import { readable } from './readable.ts'

/** What may be done, or why not. */
export type Allowed<T> = { readonly may: T } | { readonly refusal: Refusal }

export interface Shown {
  readonly person: Person
  readonly bulletin: BulletinFacts
  readonly category: string
  readonly latest: RevisionFacts
  readonly content: RevisionContent
  readonly status: WalkStatus
  readonly orders: readonly DispatchOrder[]
  /** exactly what will leave, or why it cannot */
  readonly dispatches: Allowed<readonly PlannedDispatch[]>
  /** over text and dispatches; empty where nothing can leave */
  readonly mark: string
  /** the step that is open and this person's */
  readonly review: Allowed<Step>
  readonly sign: Allowed<true>
  readonly findings: readonly KeptFinding[]
  readonly names: ReadonlyMap<number, string>
  /** since this person's last opinion, return or signature on an earlier text; absent: the first one */
  readonly changes?: { readonly revision: number; readonly pieces: readonly Piece[] }
}

export interface ShowRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly personId: number
  readonly at: Date
}

/** @throws Refused `not-found`, `out-of-office` */
export function show(hub: Hub, request: ShowRequest): Promise<Shown> {
  return hub.store.transact(request.agencyId, (tx) => showHere(hub, tx, request))
}

async function showHere(hub: Hub, tx: Tx, request: ShowRequest): Promise<Shown> {
  const { bulletinId, at } = request
  const person = await actor(tx, request.personId, at)
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  const status = await walkStatus(tx, bulletinId)
  if (!bulletin || !latest || !status) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const category = await tx.category(bulletin.categoryId)
  const content = await readContent(tx, bulletinId, latest.hash)
  const orders = await plannedOrders(tx, bulletinId)
  const dispatches = await allowed(() => planned(hub, tx, bulletin, latest, orders, at))
  const findings = (await findingsOf(tx, bulletinId, latest.hash))?.findings ?? []
  const returners = (await tx.returns(bulletinId)).map((one) => one.by)
  const answerers = findings.flatMap((one) => (one.answer ? [one.answer.by] : []))
  return {
    ...{ person, bulletin, latest, status, content, orders, dispatches, findings },
    category: category?.name ?? bulletin.categoryId,
    mark: 'may' in dispatches ? markOf(latest.hash, dispatches.may) : '',
    review: await allowed(() => openReview(tx, request, bulletin, latest, orders)),
    sign: await allowed(async () => {
      const wanted = { agencyId: tx.agencyId, bulletinId, at, orders, seenHash: latest.hash }
      if (orders.length === 0) throw new Refused({ code: 'nothing-to-sign' })
      await checkSignable(tx, { ...wanted, signerId: person.id }, bulletin, latest)
      return true as const
    }),
    names: await tx.names([bulletin.authorId, ...answerers, ...returners]),
    ...(await changesSince(tx, person.id, bulletinId, latest, content)),
  }
}

async function allowed<T>(look: () => Promise<T>): Promise<Allowed<T>> {
  try {
    return { may: await look() }
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal }
    throw error
  }
}

export async function planned(
  hub: Hub,
  tx: Tx,
  bulletin: BulletinFacts,
  latest: RevisionFacts,
  orders: readonly DispatchOrder[],
  at: Date,
): Promise<readonly PlannedDispatch[]> {
  const category = await tx.category(bulletin.categoryId)
  if (!category) throw new Refused({ code: 'not-found', field: 'category' })
  const content = await readContent(tx, bulletin.id, latest.hash)
  return planDispatches(hub, tx, { bulletin, category, content, at }, orders)
}

/** Text, payloads, audiences and the hours that were set: what nobody may change between page and PIN. The
 *  reach moves by itself and has a tolerance; hours that were not set run from the signature. */
export function markOf(revisionHash: string, dispatches: readonly PlannedDispatch[]): string {
  const lines = dispatches.map(({ order, line }): Canonical => {
    const { reach: _, tolerance: __, notBefore: ___, notAfter: ____, ...fixed } = line
    return {
      ...fixed,
      notBefore: order.notBefore?.toISOString(),
      notAfter: order.notAfter?.toISOString(),
      reason: order.reason,
    }
  })
  return sha256Hex(canonical({ version: 1, revisionHash, lines }))
}

async function openReview(
  tx: Tx,
  { bulletinId, personId, at }: ShowRequest,
  bulletin: BulletinFacts,
  latest: RevisionFacts,
  orders: readonly DispatchOrder[],
): Promise<Step> {
  const channels = orders.map((one) => one.channelId)
  const chain = chainFor(await tx.chainRules(), bulletin, channels)
  const authorIds = await tx.authorIds(bulletinId)
  const done = await countingOn(tx, chain, await tx.reviews(bulletinId), authorIds)
  const step = openStep(chain, done, latest.hash) ?? 'secrecy-review'
  const opinion = step === 'secrecy-review' ? 'withheld' : 'agreed'
  const wanted = { bulletinId, reviewerId: personId, at, seenHash: latest.hash }
  await mayReview(tx, wanted, step, opinion)
  return step
}

async function changesSince(
  tx: Tx,
  personId: number,
  bulletinId: number,
  latest: RevisionFacts,
  content: RevisionContent,
): Promise<Pick<Shown, 'changes'>> {
  const revisions = await tx.revisions(bulletinId)
  const mine = (await tx.reviews(bulletinId)).filter((one) => one.reviewerId === personId)
  const returned = (await tx.returns(bulletinId)).filter((one) => one.by === personId)
  const signed = (await tx.signaturesBy(bulletinId, personId)).map((one) => one.revision)
  const seen = revisions.filter(
    ({ number, hash }) =>
      number < latest.number &&
      (mine.some((one) => one.hash === hash) ||
        returned.some((one) => one.revision === number) ||
        signed.includes(number)),
  )
  const last = seen.at(-1)
  if (!last) return {}
  const before = await readContent(tx, bulletinId, last.hash)
  const pieces = wordDiff(readable(before), readable(content))
  return { changes: { revision: last.number, pieces } }
}
