/** `duoling decide`: one action each for what did not end by itself: the failed again, another signed road,
 *  skipped with a reason, and what may have been sent decided for a whole dispatch. */
import { CHOICE_FACTS, UNSURE_CHOICES } from '../domain/decision.ts'
import { ROLE_NAMES } from '../domain/role.ts'
import { decideUnsure, unsureChoices } from '../hub/decisions/decide-unsure.ts'
import type { DecisionRequest } from '../hub/decisions/decider.ts'
import { otherRoad } from '../hub/decisions/other-road.ts'
import { retryFailed } from '../hub/decisions/retry-failed.ts'
import { skip } from '../hub/decisions/skip.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { table } from './table.ts'

export const decide: Verb = {
  name: 'decide',
  summary: '处置没有办结的送达：只重发失败的、改走通路、跳过、决定可能已发出的',
  usage: [
    'retry-failed|skip 发送令编号 | other-road 发送令编号 --road 通路编号',
    '| unsure 发送令编号 [--choice sent|not-sent-resend|leave --count 看到的数量]',
    '--reason 原因 --as 登录名 [--agency 编号] [--json]',
  ].join(' '),
  words: 2,
  options: {
    ...{ reason: 'value', road: 'value', choice: 'value', count: 'value', agency: 'value' },
    ...AS_OPTION,
  },
  run(request) {
    const [action = '', word = ''] = request.words
    const work = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
    if (!work)
      throw new UsageFault(
        `没有“${action}”这个动作：可用 retry-failed、other-road、skip、unsure\n用法：duoling decide ${decide.usage}`,
      )
    if (!/^[1-9]\d{0,14}$/.test(word))
      throw new UsageFault(
        `请写明发送令编号，见 duoling attention。用法：duoling decide ${decide.usage}`,
      )
    const dispatchId = Number(word)
    return withInstallation(request, (installation) => work(installation, request, dispatchId))
  },
}

type Work = (
  installation: Installation,
  request: VerbRequest,
  dispatchId: number,
) => Promise<typeof EXIT.ok>

async function asked(
  installation: Installation,
  request: VerbRequest,
  dispatchId: number,
): Promise<DecisionRequest> {
  const { agencyId, now } = installation
  const { personId: by } = personOnly(await actorOf(request, installation))
  return { agencyId, dispatchId, by, at: now(), reason: request.values['reason'] ?? '' }
}

function say(request: VerbRequest, facts: object, text: string): typeof EXIT.ok {
  if (request.json) printJson(facts)
  else print(text)
  return EXIT.ok
}

const ACTIONS: Readonly<Record<string, Work>> = {
  async 'retry-failed'(installation, request, dispatchId) {
    const decision = await asked(installation, request, dispatchId)
    const done = await retryFailed(installation.app.hub, decision)
    return say(request, { dispatch: dispatchId, ...done }, `已重新发出 ${done.retried} 个。`)
  },
  async 'other-road'(installation, request, dispatchId) {
    const { road: roadId } = request.values
    if (roadId === undefined) throw new UsageFault('改走哪条通路？请加 --road 通路编号')
    const decision = await asked(installation, request, dispatchId)
    const done = await otherRoad(installation.app.hub, { ...decision, roadId })
    return say(request, { dispatch: dispatchId, ...done }, `已改走 ${roadId}：${done.moved} 个。`)
  },
  async skip(installation, request, dispatchId) {
    const decision = await asked(installation, request, dispatchId)
    const done = await skip(installation.app.hub, decision)
    const closed = done.closed ? '，发送令已了结' : ''
    return say(request, { dispatch: dispatchId, ...done }, `已跳过 ${done.skipped} 个${closed}。`)
  },
  async unsure(installation, request, dispatchId) {
    const written = request.values['choice']
    if (written === undefined) return offer(installation, request, dispatchId)
    const choice = UNSURE_CHOICES.find((one) => one === written)
    const count = request.values['count'] ?? ''
    if (!choice || !/^\d{1,9}$/.test(count))
      throw new UsageFault(
        `--choice 可写 ${UNSURE_CHOICES.join('、')}，并用 --count 写明看到的数量`,
      )
    const decision = await asked(installation, request, dispatchId)
    const done = await decideUnsure(installation.app.hub, {
      ...{ ...decision, choice, count: Number(count) },
    })
    const twice = done.mayGetTwice > 0 ? `，最多 ${done.mayGetTwice} 个可能收到两次` : ''
    const text = `${CHOICE_FACTS[choice].text}：${done.decided} 个${twice}。`
    return say(request, { dispatch: dispatchId, ...done }, text)
  },
}

async function offer({ app, agencyId }: Installation, request: VerbRequest, dispatchId: number) {
  const choices = await unsureChoices(app.hub, { agencyId, dispatchId })
  const rows = choices.map(({ choice, count, mayGetTwice, roles, text }) => [
    ...[choice, count, mayGetTwice, roles.map((role) => ROLE_NAMES[role]).join('、'), text],
  ])
  const heads = ['决定', '数量', '可能收到两次', '由谁决定', '说明']
  return say(request, { dispatch: dispatchId, choices }, table(heads, rows))
}
