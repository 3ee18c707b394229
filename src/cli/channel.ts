/** `duoling channel`: the roads of each channel, their settings from a file, and a rehearsal that shows what
 *  would be sent without sending it. No secret stands in a setting or in what is printed. */

import type { RenderInput } from '../../channels/channel.ts'
import { dryRun } from '../../channels/http-publish/dry-run.ts'
import type { Canonical } from '../domain/canonical.ts'
import { Refused } from '../domain/refusal.ts'
import { dayOf } from '../domain/year.ts'
import type { RoadOnFile } from '../hub/ports/roads.ts'
import { setRoad, switchRoad } from '../hub/set-road.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { table } from './table.ts'
import { readTableFile } from './table-file.ts'

const SETTINGS_BYTES_MAX = 200_000

export const channel: Verb = {
  name: 'channel',
  summary: '渠道和通路：清单、设置、启用停用、不发送的试排',
  usage: [
    'ls | show 渠道 | set 渠道 通路 --adapter 适配器 --settings 设置.json [--first] --as 登录名',
    '| enable 渠道 通路 --as 登录名 | disable 渠道 通路 --as 登录名 | dry-run 渠道 通路',
    '[--agency 编号] [--json]',
  ].join(' '),
  words: 3,
  options: {
    ...{ adapter: 'value', settings: 'value', first: 'flag', agency: 'value' },
    ...AS_OPTION,
  },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const [action = 'ls', channelId, roadId] = request.words
      if (action === 'ls') return list(installation, request)
      if (channelId === undefined) throw new UsageFault(`用法：duoling channel ${channel.usage}`)
      if (action === 'show') return show(installation, request, channelId)
      if (roadId === undefined) throw new UsageFault(`用法：duoling channel ${channel.usage}`)
      if (action === 'set') return set(installation, request, { channelId, roadId })
      if (action === 'dry-run') return rehearse(installation, request, { channelId, roadId })
      if (action === 'enable' || action === 'disable')
        return toggle(installation, request, { channelId, roadId }, action === 'enable')
      throw new UsageFault(`没有“${action}”这个动作：可用 ls、show、set、enable、disable、dry-run`)
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

async function list({ app, agencyId }: Installation, request: VerbRequest) {
  const rows = await app.hub.store.transact(agencyId, async (tx) => {
    const found = []
    for (const { id, name, line, addressing } of await tx.channels())
      found.push({ id, name, line, addressing, roads: await tx.lockRoads(id) })
    return found
  })
  if (request.json)
    printJson({ channels: rows.map((row) => ({ ...row, roads: row.roads.map(standing) })) })
  else
    print(
      table(
        ['编号', '名称', '通路（按先后）'],
        rows.map(({ id, name, roads }) => [id, name, roads.map(roadText).join('，') || '无']),
      ),
    )
  return EXIT.ok
}

function standing({ roadId, adapter, enabled, heldReason }: RoadOnFile) {
  return { roadId, adapter, enabled, heldReason }
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

async function readSettings(file: string): Promise<Canonical> {
  const bytes = await readTableFile(file, SETTINGS_BYTES_MAX)
  try {
    const read: Canonical = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
  }
  throw new UsageFault(`${file} 不是一个 JSON 对象，请核对（UTF-8）`)
}

async function set(installation: Installation, request: VerbRequest, place: Place) {
  const { app, agencyId, now } = installation
  const { adapter, settings: file } = request.values
  if (adapter === undefined || file === undefined)
    throw new UsageFault('请写 --adapter 适配器 --settings 设置.json')
  if (installation.config.mode === 'practice' && adapter === 'email')
    throw new UsageFault('练习模式的邮件只发往本机的模拟端，不能改；正式库里再设置')
  const settings = await readSettings(file)
  const { personId: by } = personOnly(await actorOf(request, installation))
  const first = request.flags['first'] ?? false
  await setRoad(app.hub, { agencyId, ...place, adapter, settings, first, by, at: now() })
  app.roads.forget()
  if (request.json) printJson({ ...place, adapter })
  else print(`已设置 ${place.channelId} 的通路 ${place.roadId}。查看是否可用：duoling doctor`)
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
  const { config, now } = installation
  const run = dryRun(road.settings, {
    ...{ at: now(), secret: config.secret },
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
