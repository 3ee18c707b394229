/** 机密设置: enters or takes away what a road needs to be let in. It refuses whoever is no administrator, a value
 *  that no road could use any more, and taking away what a road in use asks for. No value leaves it. */
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { FORMER_HOURS, whyNotSecret } from '../domain/secret.ts'
import { actor } from './people.ts'
import type { Hub, Tx } from './ports.ts'

const HOUR_MS = 3_600_000

interface SecretActor {
  readonly agencyId: number
  readonly name: string
  readonly by: number
  readonly at: Date
}

/** Running processes open the roads that ask for it anew within seconds. Answers the version.
 *  @throws Refused `not-allowed`, `invalid-value`, `too-long` */
export function setSecret(
  hub: Hub,
  setting: SecretActor & { readonly value: string },
): Promise<number> {
  const { agencyId, name, value, at } = setting
  return hub.store.transact(agencyId, async (tx) => {
    const by = await administrator(tx, setting)
    const fault = whyNotSecret(name, value)
    if (fault) throw new Refused(fault)
    const spoilt = await spoiltRoads(hub, tx, setting)
    const [first] = spoilt
    if (first) {
      const detail = `通路 ${first.place} 用不了这个值：${first.problem}`
      throw new Refused({ code: 'invalid-value', field: 'value', detail })
    }
    const formerUntil = new Date(at.getTime() + FORMER_HOURS * HOUR_MS)
    const version = await tx.putSecret({ name, value, by, at, formerUntil })
    await tx.audit({
      ...{ at, actorId: by, action: 'set-secret', subject: `secret/${name}`, facts: { version } },
    })
    return version
  })
}

/** @throws Refused `not-allowed`, `not-found`, `value-not-allowed` while a road in use asks for it */
export function removeSecret(hub: Hub, removal: SecretActor): Promise<void> {
  const { agencyId, name, at } = removal
  return hub.store.transact(agencyId, async (tx) => {
    const by = await administrator(tx, removal)
    const places = (await usesOf(hub, tx)).get(name) ?? []
    if (places.length > 0) {
      const detail = `${places.join('、')} 还在用它，请先改设置或停用通路`
      throw new Refused({ code: 'value-not-allowed', field: 'name', detail })
    }
    if (!(await tx.dropSecret(name, at)))
      throw new Refused({ code: 'not-found', field: 'name', detail: name })
    await tx.audit({
      ...{ at, actorId: by, action: 'remove-secret', subject: `secret/${name}`, facts: {} },
    })
  })
}

/** The sealing key is about to be turned for the whole installation: who may, and that they began.
 *  @throws Refused `not-allowed` */
export function noteKeyTurning(
  hub: Hub,
  turning: Pick<SecretActor, 'agencyId' | 'by' | 'at'>,
): Promise<void> {
  const { agencyId, at } = turning
  return hub.store.transact(agencyId, async (tx) => {
    const by = await administrator(tx, turning)
    await tx.audit({
      ...{ at, actorId: by, action: 'rotate-secret-key', subject: 'secret-key', facts: {} },
    })
  })
}

/** By the name of each secret, `channel/road` of the roads in use that ask for it. */
export async function usesOf(hub: Hub, tx: Tx): Promise<ReadonlyMap<string, readonly string[]>> {
  const uses = new Map<string, string[]>()
  for (const row of await tx.roadsInUse())
    for (const name of hub.outside.secretNames(tx.agencyId, row))
      uses.set(name, [...(uses.get(name) ?? []), `${row.channelId}/${row.roadId}`])
  return uses
}

async function administrator(
  tx: Tx,
  { by, at }: { readonly by: number; readonly at: Date },
): Promise<number> {
  const person = await actor(tx, by, at)
  if (may(person, 'security-admin', 'system-admin')) return person.id
  throw new Refused({ code: 'not-allowed', detail: '由安全管理员或系统管理员办理' })
}

/** Roads that open now and would not with the value. One that lacks more than this secret is left alone. */
async function spoiltRoads(
  hub: Hub,
  tx: Tx,
  { agencyId, name, value }: SecretActor & { readonly value: string },
): Promise<readonly { readonly place: string; readonly problem: string }[]> {
  const spoilt: { place: string; problem: string }[] = []
  for (const row of await tx.roadsInUse()) {
    if (!hub.outside.secretNames(agencyId, row).includes(name)) continue
    const then = await hub.outside.tryRoad(agencyId, row, { name, value })
    if (!('problem' in then) || 'problem' in (await hub.outside.tryRoad(agencyId, row))) continue
    spoilt.push({ place: `${row.channelId}/${row.roadId}`, problem: then.problem })
  }
  return spoilt
}
