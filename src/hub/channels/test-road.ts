/** 通路测试: sends fixed words of the program, marked as a test, to the person who asks and to nobody else. It
 *  refuses places and groups, because others read there, unless the road shows a preview to one of our own. */
import type { RenderInput, SendBatch } from '../../../channels/channel.ts'
import { maskAddress, normaliseAddress } from '../../domain/address.ts'
import { boundOutcome, type Outcome } from '../../domain/outcome.ts'
import { fill } from '../../domain/payload.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Person } from '../../domain/role.ts'
import { dayOf, minuteOf } from '../../domain/year.ts'
import { accountOf } from '../limits.ts'
import { actor } from '../people.ts'
import type { ChannelFacts } from '../ports/people.ts'
import type { Hub, Road, Tx } from '../ports.ts'

const ANSWER_MS_MAX = 60_000
const LIMIT_REACHED: Outcome = {
  kind: 'retry',
  code: 'limit-reached',
  detail: '平台的限额此刻已满，测试没有发出，请稍后再试',
}

export interface RoadTest {
  readonly agencyId: number
  readonly channelId: string
  /** the first road in use when absent */
  readonly roadId?: string
  /** one of the asker's own test addresses; may be left out where there is only one */
  readonly to?: string
  readonly by: number
  readonly at: Date
}

export interface RoadTested {
  readonly channelId: string
  readonly roadId: string
  readonly adapter: string
  /** masked; `preview` where the road shows it to the reader its settings name */
  readonly to: string
  readonly outcome: Outcome
}

/** Asked and answered are two audit rows, so that a process that dies in between leaves the first.
 *  @throws Refused `not-allowed`, `not-found`, `act-not-possible`, `payload-problem`, `value-not-allowed` */
export async function testRoad(hub: Hub, request: RoadTest): Promise<RoadTested> {
  const { agencyId, by, at } = request
  const prepared = await hub.store.transact(agencyId, (tx) => prepare(hub, tx, request))
  const { road, batch, shown } = prepared
  const { channelId, roadId } = road
  const { adapter } = road.channel
  const outcome = boundOutcome(await sendOne(hub, agencyId, road, batch))
  await hub.store.transact(agencyId, (tx) =>
    tx.audit({
      ...{ at, actorId: by, action: 'road-tested', subject: `road/${channelId}/${roadId}` },
      facts: { outcome: outcome.kind, ...('code' in outcome ? { code: outcome.code } : {}) },
    }),
  )
  return { channelId, roadId, adapter, to: shown, outcome }
}

/** One message like any other to the platform: it takes its tokens. */
async function sendOne(
  hub: Hub,
  agencyId: number,
  road: Road,
  batch: SendBatch,
): Promise<Outcome | undefined> {
  const { channel } = road
  const account = channel.uncounted?.(batch) ? undefined : accountOf({ ...road, agencyId }, channel)
  // None of the addresses of the list: what one target may have is the platform's to say here.
  const request = account && {
    ...{ ...account, id: hub.newToken(), addressIds: [0], lane: 'bulk' as const },
    ...{ perCall: channel.capabilities.perCall, holdMs: ANSWER_MS_MAX },
  }
  if (request && (await hub.store.limits.take(request)).granted.length === 0) return LIMIT_REACHED
  let answered: Outcome | undefined
  try {
    ;[answered] = await channel.send(batch, AbortSignal.timeout(ANSWER_MS_MAX))
  } catch {
    answered = { kind: 'unsure', code: 'adapter-threw', detail: '适配器出错，可能已发出' }
  }
  if (request) {
    const unsent = new Set(answered?.kind === 'retry' ? [0] : [])
    await hub.store.limits.answered({ ...request, unsent, limited: new Set() })
  }
  return answered
}

async function prepare(hub: Hub, tx: Tx, request: RoadTest) {
  const { agencyId, channelId, by, at } = request
  const person = await actor(tx, by, at)
  if (!may(person, 'operator', 'system-admin')) throw new Refused({ code: 'not-allowed' })
  const channel = await tx.channel(channelId)
  if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
  const road = await roadOf(hub, tx, request)
  const { address, shown } = await ownAddress(tx, channel, road, person, request.to)
  const batch = await testBatch(hub, tx, { agencyId, at, road, person, address })
  await tx.audit({
    ...{ at, actorId: by, action: 'test-road' },
    ...{ subject: `road/${channelId}/${road.roadId}`, facts: { to: shown } },
  })
  return { road, batch, shown }
}

async function roadOf(hub: Hub, tx: Tx, { agencyId, channelId, roadId }: RoadTest): Promise<Road> {
  const rows = await tx.roads(channelId)
  const row = roadId === undefined ? rows[0] : rows.find((one) => one.roadId === roadId)
  if (!row) {
    const detail = `${roadId ?? channelId} 没有在用的通路，请先启用`
    throw new Refused({ code: 'not-found', field: 'road', detail })
  }
  const [road] = await hub.outside.open(agencyId, [row])
  if (road) return road
  const detail = `${row.roadId} 打不开，原因见 duoling doctor`
  throw new Refused({ code: 'act-not-possible', field: 'road', detail })
}

/** What a person asks for is never enough: the address must be on file, under their own name, for tests. */
async function ownAddress(
  tx: Tx,
  channel: ChannelFacts,
  { channel: open }: Road,
  person: Person,
  to: string | undefined,
): Promise<{ readonly address: string; readonly shown: string }> {
  const { addressKind: kind } = channel
  if (channel.addressing === 'place') {
    // What is published for a test and taken from no limit goes to one reader whom the settings name.
    if (open.uncounted?.({ act: 'publish', mode: 'test' }))
      return { address: channel.id, shown: 'preview' }
    const detail =
      '公开位置谁都能看到，不发测试；http-publish 的通路可以试排：duoling channel dry-run'
    throw new Refused({ code: 'act-not-possible', field: 'channel', detail })
  }
  if (channel.addressing === 'group') {
    const detail = '群里还有别人，不发测试；请用 duoling doctor 检查，或签发一条演练'
    throw new Refused({ code: 'act-not-possible', field: 'channel', detail })
  }
  const own = await tx.ownTestAddresses(person.name, kind)
  const wanted = to === undefined ? undefined : normaliseAddress(kind, to)
  const value = wanted && 'value' in wanted ? wanted.value : undefined
  const found = to === undefined && own.length === 1 ? own[0] : own.find((one) => one === value)
  if (found !== undefined) return { address: found, shown: maskAddress(kind, found) }
  const detail =
    own.length > 1 && to === undefined
      ? '本人有几个测试地址，请用 --to 写明一个'
      : `测试只发给办理人本人：请在联系人名单中加一行“${person.name}”，演练填“是”，并填上这个地址`
  throw new Refused({ code: 'value-not-allowed', field: 'to', detail })
}

async function testBatch(
  hub: Hub,
  tx: Tx,
  test: {
    readonly agencyId: number
    readonly at: Date
    readonly road: Road
    readonly person: Person
    readonly address: string
  },
): Promise<SendBatch> {
  const { agencyId, at, road, person, address } = test
  const input = testInput(await tx.agency(dayOf(at)), await categoryOf(tx), road)
  const { act } = input
  const { payload } = road.channel.render(input)
  const [problem] = road.channel.check(payload)
  if (problem) {
    const detail = `${problem.field}：${problem.text}`
    throw new Refused({ code: 'payload-problem', field: 'road', detail })
  }
  const filled = fill(payload, {
    ...{ 'public-url': hub.publicUrl, 'index-number': '测试', 'published-at': minuteOf(at) },
    ...{ 'unsubscribe-url': `${hub.publicUrl}/unsubscribe/test`, 'recipient-name': person.name },
  })
  if ('refusal' in filled) throw new Refused(filled.refusal)
  const key = `${agencyId}.test.${hub.newToken()}`
  const { fields } = filled
  return {
    ...{ key, agencyId, bulletinId: 0, categoryId: input.category.id, act },
    ...{ mode: 'test', fields, at, attachments: [] },
    recipients: [{ key: `${key}.1`, address, name: person.name, fields }],
  }
}

async function categoryOf(tx: Tx): Promise<RenderInput['category']> {
  const known = await tx.categories()
  const { id, name } = known.find((one) => one.id === 'notice') ??
    known[0] ?? { id: 'notice', name: '通知公告' }
  return { id, name }
}

/** Words of the program alone: nothing anybody typed leaves without a review and a signature. */
function testInput(
  agency: RenderInput['agency'],
  category: RenderInput['category'],
  { channel }: Road,
): RenderInput {
  const act = channel.capabilities.addressing === 'recipient' ? 'notify' : 'publish'
  return {
    ...{ agency, category, bulletinId: 0, mode: 'test', level: 'routine', title: '通路测试' },
    blocks: [{ kind: 'paragraph', text: '这是通路测试，只发给办理人本人，不必处理。' }],
    ...{ attachments: [], entries: [], metadata: {}, act },
  }
}
