/** 微信公众号: articles published without a push (发布) or sent to followers (群发), as the road's settings
 *  say. What a code means stands in `wechat-official/codes.ts`. Refuses to send a test to followers, and to
 *  send anything twice on its own. */
import type { Outcome } from '../src/domain/outcome.ts'
import type {
  Adapter,
  Capabilities,
  Channel,
  Health,
  Heard,
  Pending,
  SendBatch,
  Toolbox,
} from './channel.ts'
import { Acts, isPreview } from './wechat-official/acts.ts'
import {
  CONTENT_BYTES_MAX,
  CONTENT_CHARACTERS_MAX,
  checkOfficial,
  renderOfficial,
  TITLE_CHARACTERS_MAX,
} from './wechat-official/article.ts'
import { MASS_STATES, PUBLISH_STATES } from './wechat-official/codes.ts'
import { answerCallback } from './wechat-official/hearing.ts'
import { Interface, outcomeOf } from './wechat-official/interface.ts'
import {
  type OfficialSettings,
  ratesOf,
  readOfficialSettings,
  type Secrets,
  secretsOf,
} from './wechat-official/settings.ts'

const ADAPTER = 'wechat-official'
/** 图文条数 of one send (公众号后台, 群发) */
const BUNDLE_MAX = 8
/** questions in one round of asking */
const POLLS_MAX = 50
/** a send that nobody tapped has failed by then, a publication is reviewed; 待核 for the review */
const RECEIPTS_WITHIN_MS = 24 * 3_600_000

export const wechatOfficial: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readOfficialSettings(ADAPTER, given)
    return openChannel(settings, secretsOf(ADAPTER, settings, tools), tools)
  },
}

function openChannel(settings: OfficialSettings, secrets: Secrets, tools: Toolbox): Channel {
  const calls = new Interface(settings, secrets.secret, tools)
  const acts = new Acts(calls, tools)
  const listening = { appId: settings.appId, secrets, tools }
  let closed = false
  let rounds = 0
  const one = async (
    { recipients }: SendBatch,
    signal: AbortSignal,
    act: () => Promise<Outcome>,
  ): Promise<readonly Outcome[]> => {
    if (closed || signal.aborted) return recipients.map(() => UNTRIED)
    if (recipients.length === 1) return [await act()]
    return recipients.map(() => ONE_PLACE)
  }
  return {
    adapter: ADAPTER,
    runsOn: ['node'],
    capabilities: capabilitiesOf(settings),
    render: (input) => renderOfficial(settings, input),
    check: checkOfficial,
    send: (batch, signal) => one(batch, signal, () => acts.send(batch, signal)),
    ...(settings.bundleAt
      ? {
          sendBundle: async (batches: readonly SendBatch[], signal: AbortSignal) =>
            closed || signal.aborted
              ? batches.map(() => UNTRIED)
              : acts.sendBundle(batches, signal),
        }
      : {}),
    retract: (batch, signal) => one(batch, signal, () => acts.retract(batch, signal)),
    reconcile: async (batch, signal) =>
      closed ? batch.recipients.map(() => CLOSED_UNSURE) : [await acts.reconcile(batch, signal)],
    ...(settings.callback
      ? { receipts: (request: Request) => answerCallback(listening, request) }
      : {}),
    poll: (pending, signal) => poll(acts, settings, inTurn(pending, rounds++), signal),
    uncounted: (batch) => batch.act === 'withdraw' || isPreview(settings, batch),
    health: () => (closed ? Promise.resolve(CLOSED) : health(calls)),
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}

const UNTRIED: Outcome = { kind: 'retry', code: 'aborted', detail: '还未开始就已中止' }
const ONE_PLACE: Outcome = {
  ...{ kind: 'refused', scope: 'message', code: 'one-place' },
  detail: '公众号是一个位置，一次只发一篇',
}
const CLOSED: Health = { state: 'down', detail: '公众号通路已关闭' }
const CLOSED_UNSURE: Outcome = { kind: 'unsure', code: 'closed', detail: '公众号通路已关闭' }

function capabilitiesOf(settings: OfficialSettings): Capabilities {
  const rates = ratesOf(settings)
  return {
    addressing: 'place',
    batchMax: 1,
    perCall: 'batch',
    limits: {
      titleCharactersMax: TITLE_CHARACTERS_MAX,
      textCharactersMax: CONTENT_CHARACTERS_MAX - 1,
      bytesMax: CONTENT_BYTES_MAX - 1,
    },
    // `clientmsgid`, for 24 hours; a publication has no such thing.
    idempotency: settings.push ? 'key' : 'none',
    receipts: settings.callback ? 'push' : 'poll',
    receiptsWithinMs: RECEIPTS_WITHIN_MS,
    countsWhen: 'receipt',
    retract: 'delete',
    concurrencyMax: 2,
    ...(rates ? { rates } : {}),
    ...(settings.bundleAt
      ? { bundle: { max: BUNDLE_MAX, atMinutes: settings.bundleAt.map(minutesOf) } }
      : {}),
  }
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

/** So many a round, beginning elsewhere each time: what never ends keeps no other waiting. */
function inTurn(pending: readonly Pending[], round: number): readonly Pending[] {
  const start = pending.length === 0 ? 0 : (round * POLLS_MAX) % pending.length
  return [...pending.slice(start), ...pending.slice(0, start)].slice(0, POLLS_MAX)
}

/** Events get lost, so that everything open is asked about too. */
async function poll(
  acts: Acts,
  { push }: OfficialSettings,
  pending: readonly Pending[],
  signal: AbortSignal,
): Promise<readonly Heard[]> {
  const heard: Heard[] = []
  for (const { reference, address } of pending) {
    if (signal.aborted) break
    const said = await acts.stateOf(reference, signal)
    const states = push ? MASS_STATES : PUBLISH_STATES
    const state = said !== undefined && Object.hasOwn(states, said) ? states[said] : undefined
    if (said === undefined || state === undefined) continue
    const code = push ? said : `publish-${said}`
    heard.push({ kind: 'receipt', reference, address, state, code })
  }
  return heard
}

/** A token is only given to a known account from a listed address. */
async function health(calls: Interface): Promise<Health> {
  const said = await calls.freshToken(new AbortController().signal)
  if (typeof said === 'string') return { state: 'ok', detail: '已取得公众号的调用凭证' }
  if (said.kind === 'done') return { state: 'down', detail: '看不懂平台的答复' }
  // Only how long a quota lasts depends on the time, and a token has no quota of sends.
  const outcome = outcomeOf(said, new Date(0), calls.settings)
  return { state: 'down', detail: 'detail' in outcome ? outcome.detail : '没有取得调用凭证' }
}
