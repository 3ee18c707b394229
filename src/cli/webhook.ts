/** `duoling webhook`: which other system is told of what. A secret is shown once. */
import { Refused } from '../domain/refusal.ts'
import { WEBHOOK_KIND_NAMES, WEBHOOK_KINDS, type WebhookKind } from '../domain/webhook.ts'
import { minuteOf } from '../domain/year.ts'
import type { WebhookRow } from '../hub/ports/webhooks.ts'
import {
  addWebhook,
  dropOldWebhookKey,
  replayWebhook,
  rotateWebhook,
  setWebhook,
  testWebhook,
  type WebhookActor,
} from '../hub/webhooks/subscriptions.ts'
import { AS_OPTION, AS_USAGE, actorOf, byOf } from './actor.ts'
import {
  EXIT,
  type Exit,
  print,
  printJson,
  UsageFault,
  type Verb,
  type VerbRequest,
} from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { table } from './table.ts'

const ACTIONS = [
  'ls',
  'add',
  'show',
  'rotate',
  'drop-old',
  'pause',
  'resume',
  'rm',
  'test',
  'replay',
]
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const webhook: Verb = {
  name: 'webhook',
  summary: '外发通知：别的系统订阅发生了什么',
  usage: [
    'add 名称 --url https://… [--kinds 种类,种类] | ls | show 编号 | rotate 编号 | drop-old 编号 | pause 编号',
    '| resume 编号 | rm 编号 | test 编号 | replay 编号 --event 事件 | replay 编号 --since 时间',
    `  ${AS_USAGE} [--agency 编号] [--json]`,
  ].join(' '),
  words: 2,
  options: {
    ...{ ...AS_OPTION, url: 'value', kinds: 'value', event: 'value', since: 'value' },
    agency: 'value',
  },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const actor = await actorOf(request, installation)
      if (actor.kind === 'person' && !actor.roles.includes('security-admin'))
        throw new Refused({ code: 'not-allowed', detail: '由安全管理员办理' })
      const { agencyId, now } = installation
      const who: WebhookActor = { agencyId, by: byOf(actor), at: now() }
      const [action = '', word] = request.words
      if (action === 'ls') return list(installation, request)
      if (word === undefined || !ACTIONS.includes(action))
        throw new UsageFault(`用法：duoling webhook ${webhook.usage}`)
      if (action === 'add') return add(installation, request, who, word)
      if (!/^[1-9]\d{0,14}$/.test(word))
        throw new UsageFault('请写订阅编号，例如 duoling webhook rotate 3')
      return act(installation, request, who, { action, id: Number(word) })
    }),
}

async function add(
  { app }: Installation,
  { values, json }: VerbRequest,
  who: WebhookActor,
  name: string,
): Promise<Exit> {
  const { url = '' } = values
  if (url === '') throw new UsageFault('请用 --url 写明对方的地址')
  const made = await addWebhook(app.hub, who, { name, url, kinds: readKinds(values['kinds']) })
  if (json) printJson(made)
  else print(`已建立外发通知 ${made.id}。密钥只显示这一次：\n\n  ${made.secret}\n`)
  return EXIT.ok
}

function readKinds(text: string | undefined): readonly WebhookKind[] {
  if (text === undefined) return WEBHOOK_KINDS
  return text.split(/[,，]/).map((written) => {
    const word = written.trim()
    const found = WEBHOOK_KINDS.find((one) => one === word || WEBHOOK_KIND_NAMES[one] === word)
    const known = WEBHOOK_KINDS.map((one) => `${one}（${WEBHOOK_KIND_NAMES[one]}）`).join('、')
    if (!found) throw new UsageFault(`不认识种类“${word}”，可写：${known}`)
    return found
  })
}

async function act(
  installation: Installation,
  request: VerbRequest,
  who: WebhookActor,
  { action, id }: { readonly action: string; readonly id: number },
): Promise<Exit> {
  const { hub } = installation.app
  const told = (facts: object, text: string): Exit => {
    if (request.json) printJson({ id, ...facts })
    else print(text)
    return EXIT.ok
  }
  if (action === 'show') return show(installation, request, id)
  if (action === 'rotate') {
    const secret = await rotateWebhook(hub, who, id)
    return told({ secret }, `新旧两把密钥同时签名。新密钥只显示这一次：\n\n  ${secret}\n`)
  }
  if (action === 'drop-old') {
    await dropOldWebhookKey(hub, who, id)
    return told({ done: true }, '旧密钥已停用，只有新密钥签名。')
  }
  if (action === 'replay') {
    const events = await replayWebhook(hub, who, { id, wanted: readReplay(request) })
    return told({ events }, `${events} 个事件已排入重发。`)
  }
  if (action === 'test') {
    const eventId = await testWebhook(hub, who, id)
    return told(
      { eventId },
      `ping 事件 ${eventId} 已排入，服务运行时随即发出；结果看 webhook show ${id}。`,
    )
  }
  const to = action === 'pause' ? 'paused' : action === 'resume' ? 'on' : 'removed'
  await setWebhook(hub, who, { id, to })
  return told({ done: true }, { paused: '已暂停。', on: '已恢复。', removed: '已删除。' }[to])
}

function readReplay({ values }: VerbRequest) {
  const { event, since } = values
  if (event !== undefined && since === undefined) {
    if (!UUID.test(event))
      throw new UsageFault('--event 应为事件编号，见 duoling webhook show 编号')
    return { eventId: event }
  }
  const time = event === undefined && since !== undefined ? new Date(since) : undefined
  if (
    time === undefined ||
    Number.isNaN(time.getTime()) ||
    !/(?:Z|[+-]\d\d:\d\d)$/.test(since ?? '')
  )
    throw new UsageFault(
      '重发请写 --event 事件编号，或 --since 带时区的时间，如 2026-11-25T10:00:00+08:00',
    )
  return { since: time }
}

async function list({ app, agencyId }: Installation, { json }: VerbRequest): Promise<Exit> {
  const rows = await app.hub.store.transact(agencyId, (tx) => tx.webhooks())
  if (json) printJson({ webhooks: rows })
  else if (rows.length === 0)
    print('还没有外发通知。新建：duoling webhook add 名称 --url https://…')
  else
    print(
      table(
        ['编号', '名称', '主机', '状态', '密钥', '等着', '放弃', '最近办到', '最近故障'],
        rows.map((row) => [
          // A path may hold what only the receiver should know.
          ...[row.id, row.name, URL.parse(row.url)?.host ?? '', stateOf(row), row.liveKeys],
          ...[
            row.waiting,
            row.givenUp,
            row.lastDoneAt === null ? '从未' : minuteOf(row.lastDoneAt),
          ],
          row.lastFault ?? '',
        ]),
      ),
    )
  const stands = (row: WebhookRow) => row.pauseReason === 'gone' || row.pauseReason === 'restored'
  return rows.some((row) => row.givenUp > 0 || stands(row)) ? EXIT.findings : EXIT.ok
}

function stateOf({ pauseReason }: WebhookRow): string {
  if (pauseReason === 'gone') return '对方答复 410，已暂停'
  if (pauseReason === 'restored') return '恢复备份后暂停，等人恢复'
  return pauseReason === 'person' ? '已暂停' : '在用'
}

async function show(
  { app, agencyId }: Installation,
  { json }: VerbRequest,
  id: number,
): Promise<Exit> {
  const rows = await app.hub.store.transact(agencyId, (tx) => tx.webhookDeliveries(id))
  if (json) printJson({ id, deliveries: rows })
  else
    print(
      table(
        ['事件', '种类', '时间', '信息', '状态', '次数', '故障'],
        rows.map((row) => [
          ...[row.eventId, row.kind, minuteOf(row.at), row.bulletinId ?? ''],
          ...[{ waiting: '等着', done: '办到', 'given-up': '放弃' }[row.state], row.attempts],
          row.fault ?? '',
        ]),
      ),
    )
  return EXIT.ok
}
