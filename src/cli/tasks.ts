/** `duoling tasks`: what people still have to post by hand, and the confirmation of what they posted. */

import { minuteOf } from '../domain/year.ts'
import { confirmByHand } from '../hub/confirm.ts'
import { handText } from '../hub/hand-text.ts'
import type { HandTask } from '../hub/ports/hand.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, personNamed, withInstallation } from './installation.ts'
import { table } from './table.ts'

const LIST_MAX = 200
const RANGE_MAX = 5_000

export const tasks: Verb = {
  name: 'tasks',
  summary: '人工代发：待办清单、可复制的内容、逐条或成段确认',
  usage: [
    '[list [--keeper 姓名]] | show 编号 | confirm 编号或范围（如 12 或 12-60）--as 登录名',
    '[--url 链接] [--agency 编号] [--json]',
  ].join(' '),
  words: 2,
  options: { keeper: 'value', url: 'value', agency: 'value', ...AS_OPTION },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const [action = 'list', word] = request.words
      if (action === 'list') return list(installation, request)
      if (action === 'show') return show(installation, request, word)
      if (action === 'confirm') return confirm(installation, request, word)
      throw new UsageFault(`没有“${action}”这个动作：可用 list、show、confirm`)
    }),
}

async function list({ app, agencyId, now }: Installation, request: VerbRequest) {
  const { keeper } = request.values
  const keeperId = keeper === undefined ? undefined : await personNamed(app, agencyId, keeper)
  const { open, progress } = await app.hub.store.transact(agencyId, async (tx) => ({
    open: await tx.openTasks({ limit: LIST_MAX, ...(keeperId === undefined ? {} : { keeperId }) }),
    progress: await tx.handProgress(now()),
  }))
  if (request.json) {
    printJson({ open, progress })
    return EXIT.ok
  }
  if (open.length === 0) {
    print('没有待办的人工代发任务。')
    return EXIT.ok
  }
  print(table(['编号', '渠道', '对象', '标题', '截止', '代发人'], open.map(row)))
  const all = progress.reduce((sum, one) => sum + one.open, 0)
  const overdue = progress.reduce((sum, one) => sum + one.overdue, 0)
  print(`待办 ${all} 项，其中逾期 ${overdue} 项；本页 ${open.length} 项。`)
  print('看可复制的内容：duoling tasks show 编号；确认：duoling tasks confirm 编号 --as 登录名')
  return EXIT.ok
}

function row(task: HandTask): readonly (string | number)[] {
  const { id, channelName, target, title, dueAt, keeperName = '未指定' } = task
  return [id, channelName, target, title, minuteOf(dueAt), keeperName]
}

async function show({ app, agencyId }: Installation, request: VerbRequest, word?: string) {
  const [taskId = 0] = readRange(word)
  const texts = await handText(app.hub, { agencyId, taskId })
  if (request.json) printJson(texts)
  else for (const [name, text] of Object.entries(texts)) print(`【${name}】\n${text}\n`)
  return EXIT.ok
}

async function confirm(installation: Installation, request: VerbRequest, word?: string) {
  const { app, agencyId, now } = installation
  const taskIds = readRange(word)
  const { personId: by } = personOnly(await actorOf(request, installation))
  const { url } = request.values
  const done = await confirmByHand(app.hub, {
    ...{ agencyId, by, at: now(), taskIds },
    ...(url === undefined ? {} : { url }),
  })
  if (request.json) printJson({ confirmed: done })
  else print(`已确认 ${done.length} 项。`)
  return EXIT.ok
}

function readRange(word = ''): readonly number[] {
  const [, first = '', last = first] = /^([1-9]\d{0,14})(?:-([1-9]\d{0,14}))?$/.exec(word) ?? []
  const from = Number(first)
  const to = Number(last)
  if (first === '' || to < from)
    throw new UsageFault('请写任务编号或范围，例如 12 或 12-60（小的在前）')
  if (to - from >= RANGE_MAX) throw new UsageFault(`一次最多确认 ${RANGE_MAX} 项，请把范围分成几段`)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
