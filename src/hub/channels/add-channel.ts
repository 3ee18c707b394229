/** 新渠道: enters a channel with its first road. It refuses a name that is taken, a kind of address that
 *  belongs to a place, and settings the adapter cannot work with, every wrong field at once. */
import type { Canonical } from '../../domain/canonical.ts'
import { channelFaults, type NewChannelFacts } from '../../domain/new-channel.ts'
import { Refused } from '../../domain/refusal.ts'
import { may } from '../../domain/role.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { actor } from '../people.ts'
import type { Hub, Tx } from '../ports.ts'
import { settingsText } from './settings-text.ts'

const ROAD_ID = /^[a-z0-9-]{1,40}$/

export interface ChannelAddition {
  readonly agencyId: number
  readonly channel: NewChannelFacts
  readonly roadId: string
  readonly adapter: string
  /** secrets by name only */
  readonly settings: Canonical
  readonly by: number
  readonly at: Date
}

/** The channel stands last and is offered from now on; nothing that was signed before reaches it.
 *  @throws Refused `not-allowed`, `invalid-value`, `too-long` */
export function addChannel(hub: Hub, addition: ChannelAddition): Promise<void> {
  const { agencyId, channel, roadId, adapter, settings, by, at } = addition
  return hub.store.transact(agencyId, async (tx) => {
    const person = await actor(tx, by, at)
    if (!may(person, 'operator', 'system-admin')) throw new Refused({ code: 'not-allowed' })
    const text = settingsText(settings)
    const faults = [...channelFaults(channel), ...(await collisions(tx, channel))]
    if (!ROAD_ID.test(roadId))
      faults.push({ field: 'road', text: '通路编号用小写字母、数字、短横，最多 40 字' })
    const tried = await hub.outside.tryRoad(agencyId, {
      ...{ channelId: channel.id, roadId, adapter, settings },
    })
    if ('problem' in tried) faults.push({ field: 'settings', text: tried.problem })
    else if (tried.addressing !== channel.addressing)
      faults.push({ field: 'adapter', text: `${adapter} 的对象是 ${tried.addressing}` })
    const [first] = faults
    if (first) {
      const detail = faults.map((one) => `${one.field}：${one.text}`).join('；')
      throw new Refused({ code: 'invalid-value', field: first.field, detail })
    }
    if (!(await tx.addChannel(channel)))
      throw new Refused({ code: 'invalid-value', field: 'id', detail: `id：${TAKEN}` })
    await tx.putRoad(channel.id, { roadId, adapter, settings, position: 1 })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'add-channel', subject: `channel/${channel.id}` },
      facts: { ...channel, road: roadId, adapter, settings: sha256Hex(text) },
    })
  })
}

const TAKEN = '这个编号已经用过（停用的渠道也算），请另起一个'

/** An address belongs to whatever channel has its kind, so no two kinds of channel may share one. */
async function collisions(tx: Tx, { id, addressing, addressKind }: NewChannelFacts) {
  const faults: { field: string; text: string }[] = []
  const channels = await tx.channels()
  if (channels.some((one) => one.id === id)) faults.push({ field: 'id', text: TAKEN })
  const other = channels.find((one) => one.addressKind === addressKind && one.id !== id)
  if (addressing === 'place' ? other : other?.addressing === 'place')
    faults.push({ field: 'addressKind', text: `${addressKind} 已是渠道 ${other?.id} 的地址种类` })
  return faults
}
