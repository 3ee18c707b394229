/** 放行通路: an account that was refused works again, and what waited for it goes on. It refuses a road that
 *  is not in use, and whoever merely sits at the machine without a reason; a road that nothing stopped is
 *  left as it is. */
import { maskNumbers } from '../domain/masking.ts'
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { actor } from './people.ts'
import type { By } from './ports/accounts.ts'
import type { Hub, Tx } from './ports.ts'

const REASON_CHARACTERS_MAX = 500

export interface RoadRelease {
  readonly agencyId: number
  readonly channelId: string
  readonly roadId: string
  readonly by: By
  /** asked of the user of the machine, whom nobody vouches for; masked, and kept in the audit */
  readonly reason?: string
  readonly at: Date
}

/** Answers how many batches go on.
 *  @throws Refused `not-allowed`, `reason-missing`, `too-long`, `not-found` */
export function releaseRoad(hub: Hub, release: RoadRelease): Promise<number> {
  return hub.store.transact(release.agencyId, async (tx) => {
    const { channelId, roadId, at } = release
    const { actorId, ...facts } = await whoReleases(tx, release)
    const waiting = await tx.releaseRoad(channelId, roadId)
    if (!waiting) throw new Refused({ code: 'not-found', field: 'road' })
    await tx.audit({
      ...{ at, action: 'release-road', subject: `road/${channelId}/${roadId}` },
      ...(actorId === undefined ? {} : { actorId }),
      facts: { batches: waiting.length, ...facts },
    })
    for (const dispatchId of new Set(waiting)) {
      const carriage = await tx.lockCarriage(dispatchId)
      if (carriage) await tx.wake(carriage.lane, dispatchId, at)
    }
    return waiting.length
  })
}

/** What the audit says of whoever releases it. */
async function whoReleases(
  tx: Tx,
  { by, at, reason: written = '' }: RoadRelease,
): Promise<{ readonly actorId?: number; readonly by?: string; readonly reason?: string }> {
  const reason = maskNumbers(written.replace(/\p{Cc}+/gu, ' ').trim())
  if ([...reason].length > REASON_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
  const said = reason === '' ? {} : { reason }
  if (typeof by === 'number') {
    const person = await actor(tx, by, at)
    if (!may(person, 'operator')) throw new Refused({ code: 'not-allowed' })
    return { actorId: person.id, ...said }
  }
  if (reason === '') {
    const detail = '由运维员办理请加 --as 登录名；只能在这台机器上办理时请加 --reason 原因'
    throw new Refused({ code: 'reason-missing', detail })
  }
  return { by, ...said }
}
