/** `duoling channel add` and `channel test`: a new channel with its first road, and a marked test that goes to
 *  nobody but the person who asks. */
import { ADDRESSINGS } from '../domain/new-channel.ts'
import type { Outcome } from '../domain/outcome.ts'
import { addChannel } from '../hub/channels/add-channel.ts'
import { testRoad } from '../hub/channels/test-road.ts'
import { actorOf, personOnly } from './actor.ts'
import { notInPractice, privateNote, readSettings } from './channel-settings.ts'
import { EXIT, print, printJson, UsageFault, type VerbRequest } from './command.ts'
import type { Installation } from './installation.ts'

export async function add(installation: Installation, request: VerbRequest, channelId: string) {
  const { app, agencyId, now } = installation
  const { name, line, addressing, adapter, settings: file } = request.values
  const missing = Object.entries({ name, line, addressing, adapter, settings: file })
    .filter(([, value]) => value === undefined)
    .map(([option]) => `--${option}`)
  if (!name || !line || !addressing || !adapter || !file)
    throw new UsageFault(`新渠道还缺：${missing.join('、') || '有选项是空的'}`)
  const addressed = ADDRESSINGS.find((one) => one === addressing)
  if (!addressed)
    throw new UsageFault('--addressing 写 place（公开位置）、group（群）或 recipient（收件人）')
  notInPractice(installation, adapter)
  const settings = await readSettings(file)
  const { personId: by } = personOnly(await actorOf(request, installation))
  const addressKind = request.values['kind'] ?? (addressed === 'recipient' ? 'phone' : channelId)
  const roadId = request.values['road'] ?? 'main'
  const channel = { id: channelId, name, line, addressing: addressed, addressKind }
  await addChannel(app.hub, { agencyId, channel, roadId, adapter, settings, by, at: now() })
  app.roads.forget()
  if (request.json) printJson({ channelId, roadId, adapter })
  else {
    const note = await privateNote(settings)
    print(`已新增渠道 ${channelId}，第一条通路 ${roadId}。查看是否可用：duoling doctor${note}`)
  }
  return EXIT.ok
}

export async function test(
  installation: Installation,
  request: VerbRequest,
  { channelId, roadId }: { readonly channelId: string; readonly roadId: string | undefined },
) {
  const { app, agencyId, now } = installation
  const { personId: by } = personOnly(await actorOf(request, installation))
  const { to } = request.values
  const tested = await testRoad(app.hub, {
    ...{ agencyId, channelId, by, at: now() },
    ...(roadId === undefined ? {} : { roadId }),
    ...(to === undefined ? {} : { to }),
  })
  if (request.json) printJson(tested)
  else {
    const target = tested.to === 'preview' ? '设置里写明的预览对象' : tested.to
    print(`${tested.channelId} 的通路 ${tested.roadId} → ${target}：${outcomeText(tested.outcome)}`)
  }
  const { kind } = tested.outcome
  return kind === 'accepted' || kind === 'awaiting' ? EXIT.ok : EXIT.findings
}

function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'accepted') return '平台已收下，请看是否收到'
  if (outcome.kind === 'awaiting') return '等人办理：平台上确认，或由人代发'
  const said = `${outcome.code} ${outcome.detail}`.trim()
  if (outcome.kind === 'unsure') return `可能已发出（${said}），请看是否收到`
  if (outcome.kind === 'retry') return `没有发出（${said}），稍后再试或查看 duoling doctor`
  return `平台拒绝（${said}），请按各渠道的说明处理`
}
