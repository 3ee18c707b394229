/** What exactly is signed: each dispatch with its payload rendered once per road, its reach and its
 *  window. The preview and the signature are made by this same code, so they cannot differ. */
import type { RenderInput } from '../../channels/channel.ts'
import { type AudienceRule, toleranceOf, whyNotReachable } from '../domain/audience.ts'
import { type Lane, laneOf, type RevisionContent } from '../domain/bulletin.ts'
import { bundleMoment, mayBundle } from '../domain/bundle.ts'
import { canonical } from '../domain/canonical.ts'
import { type Category, categoryOnLine } from '../domain/category.ts'
import { maskNumbers } from '../domain/masking.ts'
import { holesOf, type Payload, payloadSubject } from '../domain/payload.ts'
import { Refused } from '../domain/refusal.ts'
import type { Act, ManifestDispatch } from '../domain/signature.ts'
import { dayOf, isQuietHour, quietUntil } from '../domain/year.ts'
import { sha256Hex } from '../kit/hash.ts'
import { readContent } from './content.ts'
import { failedRule } from './decisions/resend.ts'
import type { BulletinFacts } from './ports/papers.ts'
import type { AgencyFacts, ChannelFacts } from './ports/people.ts'
import type { Hub, Road, Tx } from './ports.ts'
import { mayRecall, methodOf, recallLosses, toldRule } from './recall.ts'

/** One act on one channel, as the clerk proposes and the leader signs it. */
export interface DispatchOrder {
  readonly channelId: string
  readonly act: Act
  readonly audiences?: readonly string[]
  /** the window; from now to seven days (a warning: one day) when absent */
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** the reach the leader had on the screen; more than the tolerance above it is refused */
  readonly seenReach?: number
  /** why it is corrected or withdrawn */
  readonly reason?: string
  /** 夜间照发 */
  readonly throughQuietHours?: boolean
  /** only for `resend`: whom that earlier dispatch certainly did not reach, and nobody else */
  readonly onlyFailedOf?: number
}

/** An order made exact. */
export interface PlannedDispatch {
  readonly order: DispatchOrder
  readonly channel: ChannelFacts
  /** who is meant, as `line` has it signed */
  readonly rule: AudienceRule
  readonly line: ManifestDispatch
  readonly lane: Lane
  readonly categoryId: string
  readonly payloads: Readonly<Record<string, Payload>>
  readonly losses: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
}

const WINDOW_DAYS = 7
const WARNING_WINDOW_DAYS = 1
const DAY_MS = 86_400_000
const WINDOW_DAYS_MAX = 366
const REASON_CHARACTERS_MAX = 500

export interface PlanInput {
  readonly bulletin: BulletinFacts
  readonly category: Category
  readonly content: RevisionContent
  readonly at: Date
}

export async function planDispatches(
  hub: Hub,
  tx: Tx,
  input: PlanInput,
  orders: readonly DispatchOrder[],
): Promise<readonly PlannedDispatch[]> {
  if (orders.length === 0) throw new Refused({ code: 'nothing-to-sign' })
  const named = new Set(orders.map((order) => order.channelId))
  if (named.size !== orders.length)
    throw new Refused({ code: 'payload-problem', field: 'channel', detail: '同一渠道出现两次' })
  const agency = await tx.agency(dayOf(input.at))
  const planned: PlannedDispatch[] = []
  for (const order of orders)
    planned.push(await planOne(hub, tx, agency, await meant(tx, input, order), spoken(order)))
  return planned
}

/** What comes down is what was signed last: an edit since then may not have been seen by any reviewer. */
async function meant(tx: Tx, input: PlanInput, order: DispatchOrder): Promise<PlanInput> {
  if (order.act !== 'withdraw') return input
  const hash = await tx.signedText(input.bulletin.id, order.channelId)
  return hash === undefined
    ? input
    : { ...input, content: await readContent(tx, input.bulletin.id, hash) }
}

/** A reason is typed by hand and read by everybody. */
function spoken(order: DispatchOrder): DispatchOrder {
  const { reason } = order
  if (reason === undefined) return order
  return { ...order, reason: maskNumbers(reason.replace(/\p{Cc}+/gu, ' ').trim()) }
}

async function planOne(
  hub: Hub,
  tx: Tx,
  agency: AgencyFacts,
  input: PlanInput,
  order: DispatchOrder,
): Promise<PlannedDispatch> {
  const { bulletin, category, at } = input
  const channel = await tx.channel(order.channelId)
  if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: order.channelId })
  checkAct(channel, order)
  const { notBefore, notAfter } = windowOf(order, bulletin.level === 'routine', at)
  const render = renderInput(agency, input, order)
  const roads = await hub.outside.open(tx.agencyId, await tx.roads(channel.id))
  const rendered = renderRoads(roads, render, order)
  // What rules mean at this moment is signed along: a definition rewritten later changes nothing here.
  const audiences = [...(order.audiences ?? [])].sort()
  const rule =
    (await failedRule(tx, bulletin.id, order)) ??
    (await toldRule(tx, bulletin.id, channel, order.act)) ??
    (channel.addressing === 'place' ? { audiences } : await tx.resolveAudiences(audiences))
  const reach = await reachOf(tx, channel, rule, input, order)
  const lane = laneOf(bulletin.level, reach)
  const categoryId = categoryOnLine(category, channel.line)
  const quiet =
    channel.addressing === 'place' ||
    lane === 'urgent' ||
    order.throughQuietHours ||
    (order.act === 'withdraw' && mayRecall(roads))
  const starts = notBefore > at ? notBefore : at
  if (!quiet) checkMorning(channel, starts, notAfter)
  const kind = { act: order.act, mode: bulletin.mode, urgent: lane === 'urgent' }
  if (mayBundle(kind)) checkMoment(channel, roads, starts, notAfter)
  return {
    ...{ order, channel, rule, lane, notBefore, notAfter, categoryId },
    payloads: rendered.payloads,
    losses: rendered.losses,
    line: {
      channelId: channel.id,
      act: order.act,
      categoryId,
      payloads: hashes(rendered.payloads),
      mergeHash: mergeHash(rendered.payloads),
      audienceRule: rule,
      reach,
      tolerance: toleranceOf(reach),
      notBefore: notBefore.toISOString(),
      notAfter: notAfter.toISOString(),
      quietHours: quiet ? 'send' : 'hold',
    },
  }
}

/** A place publishes and amends, recipients are told; what either did is withdrawn. */
function checkAct(channel: ChannelFacts, order: DispatchOrder): void {
  const forPlaces = ['publish', 'amend'].includes(order.act)
  const forBoth = ['resend', 'withdraw'].includes(order.act)
  if (!forBoth && forPlaces !== (channel.addressing === 'place'))
    throw new Refused({ code: 'act-not-possible', field: channel.id, detail: order.act })
  const { reason = '' } = order
  if ((order.act === 'amend' || order.act === 'withdraw') && reason === '')
    throw new Refused({ code: 'reason-missing', field: channel.id })
  if ([...reason].length > REASON_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
}

/** When it may leave first.
 *  @throws Refused for an hour that is none, or further away than a window may be long. */
export function startOf({ notBefore, channelId }: DispatchOrder, at: Date): Date {
  const starts = notBefore ?? at
  if (!(starts.getTime() - at.getTime() <= WINDOW_DAYS_MAX * DAY_MS))
    throw new Refused({ code: 'window-invalid', field: channelId, limit: WINDOW_DAYS_MAX })
  return starts
}

/** From when to when it may leave. A plan is held to it as well, so that nobody learns of it only when the
 *  leader signs.
 *  @throws Refused `window-invalid` */
export function windowOf(order: DispatchOrder, routine: boolean, at: Date) {
  const notBefore = startOf(order, at)
  const days = routine ? WINDOW_DAYS : WARNING_WINDOW_DAYS
  const notAfter = order.notAfter ?? new Date(notBefore.getTime() + days * DAY_MS)
  const length = notAfter.getTime() - notBefore.getTime()
  if (!(length > 0) || length > WINDOW_DAYS_MAX * DAY_MS || notAfter <= at)
    throw new Refused({ code: 'window-invalid', field: order.channelId })
  return { notBefore, notAfter }
}

/** What waits for morning and ends before it would never leave, and nobody would notice. */
function checkMorning(channel: ChannelFacts, starts: Date, notAfter: Date): void {
  if (!isQuietHour(starts) || quietUntil(starts) < notAfter) return
  const detail = '22:00至次日7:00暂缓发送，该时段内无法送出，请延长时段或选择夜间照发'
  throw new Refused({ code: 'window-invalid', field: channel.id, detail })
}

/** The same of what waits for others. */
function checkMoment(
  channel: ChannelFacts,
  roads: readonly Road[],
  starts: Date,
  notAfter: Date,
): void {
  for (const { bundle } of roads.map((road) => road.channel.capabilities)) {
    if (!bundle || bundleMoment(bundle.atMinutes, starts) < notAfter) continue
    const detail = '该渠道到固定时刻合并发出，时段内没有这样的时刻，请延长时段'
    throw new Refused({ code: 'window-invalid', field: channel.id, detail })
  }
}

function renderInput(agency: AgencyFacts, input: PlanInput, order: DispatchOrder): RenderInput {
  const { bulletin, category, content } = input
  return {
    agency,
    bulletinId: bulletin.id,
    category: { id: category.id, name: category.name },
    mode: bulletin.mode,
    level: bulletin.level,
    title: content.title,
    blocks: content.blocks,
    attachments: content.attachments,
    metadata: content.metadata,
    entries: content.entries,
    act: order.act,
    ...(order.reason ? { reason: order.reason } : {}),
  }
}

/** Every road that may carry the dispatch is rendered now; one that cannot do the act is left out. */
function renderRoads(roads: readonly Road[], input: RenderInput, order: DispatchOrder) {
  const able = roads.filter(({ channel }) => methodOf(channel, order.act) !== undefined)
  if (able.length === 0)
    throw new Refused({ code: 'act-not-possible', field: order.channelId, detail: order.act })
  const payloads: Record<string, Payload> = {}
  const losses: string[] = []
  for (const { roadId, channel } of able) {
    const rendered = channel.render(input)
    const [problem] = channel.check(rendered.payload)
    if (problem)
      throw new Refused({
        code: 'payload-problem',
        field: `${order.channelId} ${problem.field}`,
        detail: problem.text,
        ...(problem.limit === undefined ? {} : { limit: problem.limit }),
      })
    payloads[roadId] = rendered.payload
    losses.push(...rendered.losses, ...(order.act === 'withdraw' ? recallLosses(channel) : []))
  }
  return { payloads, losses: [...new Set(losses)] }
}

async function reachOf(
  tx: Tx,
  channel: ChannelFacts,
  rule: AudienceRule,
  input: PlanInput,
  order: DispatchOrder,
): Promise<number> {
  const reach = await tx.reach(channel, rule, input.bulletin.mode)
  if (rule.toldBy && reach === 0) {
    const acts = await tx.signedActs(input.bulletin.id)
    const before = acts.some((one) => one.channelId === channel.id && one.act === 'withdraw')
    const code = before ? 'already-withdrawn' : 'not-published'
    throw new Refused({ code, field: channel.id })
  }
  const seen = order.seenReach ?? reach
  const refusal = whyNotReachable(seen, toleranceOf(seen), reach)
  if (refusal) throw new Refused({ ...refusal, field: channel.id })
  return reach
}

function hashes(payloads: Readonly<Record<string, Payload>>): Record<string, string> {
  const entries = Object.entries(payloads)
  return Object.fromEntries(
    entries.map(([road, payload]) => [road, sha256Hex(canonical(payloadSubject(payload)))]),
  )
}

/** Which values each recipient brings of their own, by road. */
function mergeHash(payloads: Readonly<Record<string, Payload>>): string {
  const holes = Object.entries(payloads).map(([road, payload]) => [road, holesOf(payload)])
  return sha256Hex(canonical(Object.fromEntries(holes)))
}
