/** What the verbs of the walk read from the words and options of a command line. */

import { Refused } from '../../domain/refusal.ts'
import type { DispatchOrder } from '../../hub/manifest.ts'
import { walkStatus } from '../../hub/status.ts'
import { UsageFault, type VerbRequest } from '../command.ts'
import type { Installation } from '../installation.ts'

export function bulletinOf({ words }: VerbRequest, usage: string): number {
  const [word = ''] = words
  if (!/^[1-9]\d{0,14}$/.test(word)) throw new UsageFault(`请写明信息编号。用法：duoling ${usage}`)
  return Number(word)
}

/** The newest text's hash; with `--hash` only when it still begins so. */
export async function hashOf(
  { app, agencyId }: Installation,
  bulletinId: number,
  request: VerbRequest,
): Promise<string> {
  const status = await app.hub.store.transact(agencyId, (tx) => walkStatus(tx, bulletinId))
  if (!status)
    throw new Refused({ code: 'not-found', field: 'bulletin', detail: String(bulletinId) })
  const { hash } = request.values
  if (hash === undefined) return status.hash
  if (!/^[0-9a-f]{8,64}$/.test(hash))
    throw new UsageFault('--hash 应为稿件校验值开头的 8 到 64 位，见 duoling status')
  if (!status.hash.startsWith(hash)) throw new Refused({ code: 'not-latest-revision' })
  return status.hash
}

function momentOf(request: VerbRequest, name: string): Date | undefined {
  const text = request.values[name]
  if (text === undefined) return undefined
  const at = new Date(text)
  // Without a zone the same words mean another hour on another machine.
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text) ||
    Number.isNaN(at.getTime())
  )
    throw new UsageFault(`--${name} 应为带时区的时间，例如 2026-12-01T08:30+08:00`)
  return at
}

export const ORDER_OPTIONS = {
  channels: 'value',
  audience: 'value',
  at: 'value',
  until: 'value',
  'through-night': 'flag',
} as const
export const ORDER_USAGE =
  '[--channels 渠道,渠道] [--audience 受众,受众] [--at 时间] [--until 时间] [--through-night]'

function listOf(text: string | undefined): readonly string[] {
  return [...new Set((text ?? '').split(/[,，、]/).map((one) => one.trim()))].filter(Boolean)
}

/** Orders as they are typed: places publish, everybody else is told. Undefined when no channel is named.
 *  @throws UsageFault naming the channels and audiences there are */
export async function ordersOf(
  { app, agencyId }: Installation,
  request: VerbRequest,
): Promise<readonly DispatchOrder[] | undefined> {
  const named = listOf(request.values['channels'])
  const audiences = listOf(request.values['audience'])
  if (named.length === 0) {
    const strange = ['audience', 'at', 'until'].find((name) => request.values[name] !== undefined)
    if (strange) throw new UsageFault(`--${strange} 要与 --channels 一起写`)
    return undefined
  }
  const known = await app.hub.store.transact(agencyId, (tx) => tx.channels())
  const notBefore = momentOf(request, 'at')
  const notAfter = momentOf(request, 'until')
  return named.map((channelId): DispatchOrder => {
    const channel = known.find((one) => one.id === channelId)
    if (!channel) {
      const list = known.map((one) => `${one.id}（${one.name}）`).join('、')
      throw new UsageFault(`没有渠道“${channelId}”，可写：${list}`)
    }
    const place = channel.addressing === 'place'
    if (!place && audiences.length === 0)
      throw new UsageFault(`渠道 ${channelId} 要发给谁？请加 --audience 受众编号`)
    return {
      channelId,
      act: place ? 'publish' : 'notify',
      ...(place ? {} : { audiences }),
      ...(notBefore ? { notBefore } : {}),
      ...(notAfter ? { notAfter } : {}),
      ...(request.flags['through-night'] ? { throughQuietHours: true } : {}),
    }
  })
}
