/** `duoling channel`: channels and their roads, their settings from a file, and a rehearsal that shows what
 *  would be sent without sending it. No secret stands in a setting or in what is printed. */

import type { RenderInput } from '../../channels/channel.ts'
import { dryRun } from '../../channels/http-publish/dry-run.ts'
import { Refused } from '../domain/refusal.ts'
import { dayOf } from '../domain/year.ts'
import type { RoadOnFile } from '../hub/ports/roads.ts'
import { setRoad, switchRoad } from '../hub/set-road.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import { add, test } from './channel-add.ts'
import { list } from './channel-list.ts'
import { notInPractice, privateNote, readSettings } from './channel-settings.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { secretFinder } from './known-secrets.ts'

export const channel: Verb = {
  name: 'channel',
  summary: '渠道和通路：清单、新增、设置、启用停用、测试、不发送的试排',
  usage: [
    'ls | show 渠道 | add 渠道 --name 名称 --line 条线 --addressing place|group|recipient [--kind 地址种类]',
    '[--road 通路] --adapter 适配器 --settings 设置.json --as 登录名 | set 渠道 通路 --adapter 适配器 --settings 设置.json [--first] --as 登录名',
    '| enable 渠道 通路 --as 登录名 | disable 渠道 通路 --as 登录名 | dry-run 渠道 通路',
    '| test 渠道 [通路] [--to 本人的地址] --as 登录名',
    '[--agency 编号] [--json]',
  ].join(' '),
  words: 3,
  options: {
    ...{ name: 'value', line: 'value', addressing: 'value', kind: 'value', road: 'value' },
    ...{ to: 'value', adapter: 'value', settings: 'value', first: 'flag', agency: 'value' },
    ...AS_OPTION,
  },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const [action = 'ls', channelId, roadId] = request.words
      if (action === 'ls') return list(installation, request)
      if (channelId === undefined) throw new UsageFault(`用法：duoling channel ${channel.usage}`)
      if (action === 'show') return show(installation, request, channelId)
      if (action === 'add' && roadId !== undefined) throw new UsageFault('第一条通路用 --road 写明')
      if (action === 'add') return add(installation, request, channelId)
      if (action === 'test') return test(installation, request, { channelId, roadId })
      if (roadId === undefined) throw new UsageFault(`用法：duoling channel ${channel.usage}`)
      if (action === 'set') return set(installation, request, { channelId, roadId })
      if (action === 'dry-run') return rehearse(installation, request, { channelId, roadId })
      if (action === 'enable' || action === 'disable')
        return toggle(installation, request, { channelId, roadId }, action === 'enable')
      throw new UsageFault(
        `没有“${action}”这个动作：可用 ls、show、add、set、test、enable、disable、dry-run`,
      )
    }),
}

interface Place {
  readonly channelId: string
  readonly roadId: string
}

async function roadsOf(
  { app, agencyId }: Installation,
  channelId: string,
): Promise<readonly RoadOnFile[]> {
  return app.hub.store.transact(agencyId, async (tx) => {
    if (!(await tx.channel(channelId)))
      throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
    return tx.lockRoads(channelId)
  })
}

function roadText({ roadId, adapter, enabled, heldReason }: RoadOnFile): string {
  const state = enabled ? (heldReason === null ? '' : '（暂停）') : '（停用）'
  return `${roadId} ${adapter}${state}`
}

/** Settings hold names of secrets, never a secret. */
async function show(installation: Installation, request: VerbRequest, channelId: string) {
  const roads = await roadsOf(installation, channelId)
  if (request.json) printJson({ channel: channelId, roads })
  else
    for (const road of roads) print(`${roadText(road)}\n${JSON.stringify(road.settings, null, 2)}`)
  return EXIT.ok
}

async function set(installation: Installation, request: VerbRequest, place: Place) {
  const { app, agencyId, now } = installation
  const { adapter, settings: file } = request.values
  if (adapter === undefined || file === undefined)
    throw new UsageFault('请写 --adapter 适配器 --settings 设置.json')
  notInPractice(installation, adapter)
  const settings = await readSettings(file)
  const { personId: by } = personOnly(await actorOf(request, installation))
  const first = request.flags['first'] ?? false
  await setRoad(app.hub, { agencyId, ...place, adapter, settings, first, by, at: now() })
  app.roads.forget()
  if (request.json) printJson({ ...place, adapter })
  else {
    const note = await privateNote(settings)
    print(`已设置 ${place.channelId} 的通路 ${place.roadId}。查看是否可用：duoling doctor${note}`)
  }
  return EXIT.ok
}

async function toggle(
  installation: Installation,
  request: VerbRequest,
  place: Place,
  enabled: boolean,
) {
  const { app, agencyId, now } = installation
  const { personId: by } = personOnly(await actorOf(request, installation))
  await switchRoad(app.hub, { agencyId, ...place, enabled, by, at: now() })
  app.roads.forget()
  if (request.json) printJson({ ...place, enabled })
  else print(`已${enabled ? '启用' : '停用'} ${place.channelId} 的通路 ${place.roadId}。`)
  return EXIT.ok
}

/** Only the declarative adapter has requests to rehearse. */
async function rehearse(installation: Installation, request: VerbRequest, place: Place) {
  const roads = await roadsOf(installation, place.channelId)
  const road = roads.find((one) => one.roadId === place.roadId)
  if (!road) throw new Refused({ code: 'not-found', field: 'road', detail: place.roadId })
  if (road.adapter !== 'http-publish')
    throw new UsageFault(`只有 http-publish 的通路可以试排，${place.roadId} 是 ${road.adapter}`)
  const { now } = installation
  const run = dryRun(road.settings, {
    ...{ at: now(), secret: await secretFinder(installation) },
    input: await sampleInput(installation),
  })
  if (request.json) printJson(run)
  else {
    for (const { field, text } of run.problems) print(`有误  ${field}  ${text}`)
    for (const loss of run.losses) print(`不带入  ${loss}`)
    for (const { step, method, url, headers, body, canonical, signature, problem } of run.steps) {
      print(`\n【${step}】 ${method} ${url}`)
      for (const [name, value] of Object.entries(headers)) print(`  ${name}: ${value}`)
      if (canonical !== undefined) print(`  待签字符串：${canonical}\n  签名：${signature ?? ''}`)
      if (body !== '') print(`  ${body}`)
      if (problem !== undefined) print(`  做不出来：${problem}`)
    }
  }
  const bad = run.problems.length > 0 || run.steps.some((one) => one.problem !== undefined)
  return bad ? EXIT.findings : EXIT.ok
}

async function sampleInput({ app, agencyId, now }: Installation): Promise<RenderInput> {
  const agency = await app.hub.store.transact(agencyId, (tx) => tx.agency(dayOf(now())))
  return {
    ...{ agency, bulletinId: 0, category: { id: 'notice', name: '通知公告' }, mode: 'test' },
    ...{ level: 'routine', title: '试排：接口联调', attachments: [], entries: [], act: 'publish' },
    blocks: [{ kind: 'paragraph', text: '这是试排用的正文，不会发出。' }],
    metadata: { section: '办公室', formedOn: dayOf(now()) },
  }
}
