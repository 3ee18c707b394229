/** 外部发布平台: any portal with a web interface, described by a profile of steps, fields, signature and
 *  errors. Refuses hosts that are not listed and never publishes the same item twice on its own. */
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
import { Acts } from './http-publish/acts.ts'
import { checkArticle, renderArticle } from './http-publish/article.ts'
import { Conversation, type Errand } from './http-publish/conversation.ts'
import { allowedUrl } from './http-publish/hosts.ts'
import { pageConfirms } from './http-publish/probe.ts'
import { type PublishSettings, readPublishSettings, secretsOf } from './http-publish/settings.ts'

const ADAPTER = 'http-publish'
/** pages looked at in one round of asking */
const PROBES_MAX = 50

export const httpPublish: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readPublishSettings(given)
    return openChannel(settings, secretsOf(settings, tools), tools)
  },
}

function openChannel(
  settings: PublishSettings,
  secrets: ReadonlyMap<string, string>,
  tools: Toolbox,
): Channel {
  const talk = new Conversation(settings, secrets, tools)
  const acts = new Acts(settings, talk, tools)
  const { update, withdraw, query } = settings.profile.steps
  let closed = false
  let rounds = 0
  const each = (batch: SendBatch, signal: AbortSignal, act: () => Promise<Outcome>) =>
    one(batch, signal, closed, act)
  return {
    adapter: ADAPTER,
    runsOn: ['node'],
    capabilities: capabilitiesOf(settings),
    render: (input) => renderArticle(settings, input),
    check: (payload) => checkArticle(settings, payload),
    send: (batch, signal) => each(batch, signal, () => acts.publish(batch, signal)),
    ...(update === 'none'
      ? {}
      : {
          update: (batch, signal) => each(batch, signal, () => acts.amend(batch, update, signal)),
        }),
    ...(withdraw === 'none'
      ? {}
      : {
          retract: (batch, signal) =>
            each(batch, signal, () => acts.withdraw(batch, withdraw, signal)),
        }),
    ...(query
      ? { reconcile: (batch, signal) => each(batch, signal, () => acts.reconcile(batch, signal)) }
      : {}),
    ...(settings.probe
      ? { poll: (pending, signal) => poll(settings, talk, acts, inTurn(pending, rounds++), signal) }
      : {}),
    health: () => (closed ? Promise.resolve(CLOSED) : health(settings, talk)),
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}

const CLOSED: Health = { state: 'down', detail: '发布通路已关闭' }

function capabilitiesOf({ profile, probe, connections, rates }: PublishSettings): Capabilities {
  const { fields, idempotency, steps } = profile
  const modes = {
    'external-id': 'key',
    'put-url': 'replace',
    'query-before-create': 'query',
    none: 'none',
  } as const
  const titleCharactersMax = fields.title?.charactersMax
  const textCharactersMax = fields.body?.charactersMax
  const retract = steps.withdraw !== 'none' ? 'delete' : steps.update !== 'none' ? 'update' : 'none'
  return {
    addressing: 'place',
    batchMax: 1,
    perCall: 'batch',
    limits: {
      ...(titleCharactersMax === undefined ? {} : { titleCharactersMax }),
      ...(textCharactersMax === undefined ? {} : { textCharactersMax }),
    },
    idempotency: modes[idempotency],
    receipts: probe ? 'poll' : 'none',
    countsWhen: probe ? 'receipt' : 'accepted',
    retract,
    concurrencyMax: connections,
    ...(rates ? { rates } : {}),
  }
}

/** A platform is one place; a second recipient would be a fault of whoever asks. */
async function one(
  batch: SendBatch,
  signal: AbortSignal,
  closed: boolean,
  act: () => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  const { recipients } = batch
  if (closed || signal.aborted)
    return recipients.map(() => ({ kind: 'retry', code: 'aborted', detail: '还未开始就已中止' }))
  if (recipients.length === 1) return [await act()]
  const detail = `外部平台是一个位置，这一批却有 ${recipients.length} 个`
  return recipients.map(() => ({ kind: 'refused', scope: 'message', code: 'one-place', detail }))
}

/** So many a round, beginning elsewhere each time: pages that never come keep no other waiting. */
function inTurn(pending: readonly Pending[], round: number): readonly Pending[] {
  const start = pending.length === 0 ? 0 : (round * PROBES_MAX) % pending.length
  return [...pending.slice(start), ...pending.slice(0, start)].slice(0, PROBES_MAX)
}

/** Looks at each public page as a reader would, without a login. */
async function poll(
  settings: PublishSettings,
  talk: Conversation,
  acts: Acts,
  pending: readonly Pending[],
  signal: AbortSignal,
): Promise<readonly Heard[]> {
  const heard: Heard[] = []
  for (const item of pending) {
    if (signal.aborted) break
    const known = item.url ?? (await acts.locate(openErrand(item, signal)))
    const url = known === undefined ? undefined : allowedUrl(known, settings.hosts)
    if (!url) continue
    const headers = { Accept: 'text/html', 'Cache-Control': 'no-cache' }
    const page = await talk.fetch({ method: 'GET', url: url.href, headers }, signal)
    const { reference, address } = item
    if (pageConfirms(page, item))
      heard.push({ kind: 'receipt', reference, address, state: 'delivered' })
  }
  return heard
}

function openErrand({ reference, sentAt }: Pending, signal: AbortSignal): Errand {
  const named = { key: `poll ${reference}`, item: '', reference }
  return { ...named, at: sentAt, fields: {}, read: new Map(), files: [], signal }
}

/** Reaches the platform first, then takes its clock to log in: this room has no clock of its own. */
async function health(settings: PublishSettings, talk: Conversation): Promise<Health> {
  const { login, health: asked } = settings.profile.steps
  const signal = new AbortController().signal
  const answer = await talk.fetch({ method: 'GET', url: settings.base, headers: {} }, signal)
  if (answer.kind !== 'answer')
    return { state: 'down', detail: `连不上平台（${answer.code}），请检查地址、证书和网络` }
  if (answer.status >= 500)
    return { state: 'degraded', detail: `平台内部出错（HTTP ${answer.status}），请稍后再看` }
  const theirs = Date.parse(answer.headers['date'] ?? '')
  if (!(login || asked) || Number.isNaN(theirs))
    return { state: 'ok', detail: '能连上平台，没有验证登录' }
  const errand: Errand = {
    ...{
      key: 'health',
      item: '',
      at: new Date(theirs),
      fields: {},
      read: new Map(),
      files: [],
      signal,
    },
  }
  const why = login && (await talk.whyNotLoggedIn(errand))
  if (why) return { state: 'down', detail: 'detail' in why ? why.detail : '登录没有成功' }
  if (!asked) return { state: 'ok', detail: '已登录平台' }
  const judged = await talk.run('health', asked, 'look', errand)
  if (judged.kind === 'done' || judged.kind === 'duplicate')
    return { state: 'ok', detail: '平台认可了账号' }
  const outcome = judged.kind === 'auth' ? judged : judged.outcome
  // The login was not refused: only this question is not answered, as some platforms are free to.
  if (judged.kind === 'not' && outcome.kind === 'refused' && outcome.scope === 'message')
    return { state: 'degraded', detail: '能连上平台，账号没有被拒，但平台不回答这项查询' }
  return { state: 'down', detail: 'detail' in outcome ? outcome.detail : '平台没有认可账号' }
}
