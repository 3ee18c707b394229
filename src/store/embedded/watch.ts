/** The owner's watch over the server: a server that dies is started again in its place, so that the
 *  addresses others hold stay good. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Place } from './place.ts'
import {
  findPostmaster,
  type Launch,
  launch,
  type Postmaster,
  stopPostmaster,
} from './postmaster.ts'
import { watchRoom } from './room.ts'
import { openGuard, otherGuests } from './session.ts'

const PAUSE_MS = 100
const PAUSE_MS_MAX = 5_000

/** Holds a session open; when it ends unasked, the server has died and is started again in its
 *  place, on the same port, until that works or the watch is stopped. */
export async function watchServer(
  place: Place,
  settings: Launch,
  first: Postmaster,
): Promise<{ stop(): Promise<void> }> {
  const { log, cluster } = settings
  const stopping = new AbortController()
  const room = watchRoom(cluster, log)
  let postmaster = first
  let guard: Client
  let recovering: Promise<void> = Promise.resolve()

  const hold = async (): Promise<void> => {
    const session = await openGuard(place, postmaster.port)
    session.once('end', () => {
      if (stopping.signal.aborted) return
      recovering = recover()
    })
    guard = session
  }

  const recover = async (): Promise<void> => {
    log.error('与数据库的连接断开，正在恢复')
    for (let trial = 1; !stopping.signal.aborted; trial++) {
      try {
        const alive = await findPostmaster(cluster)
        if (!alive) postmaster = await launch(settings, postmaster.port)
        await hold()
        log.info({ pid: postmaster.pid }, '数据库已恢复')
        return
      } catch (error) {
        // A server that found no room could not even write down why it ended.
        const why = (await room.look()) ? '：磁盘没有剩余空间，清出空间后自动恢复' : ''
        log.error({ err: error }, `数据库还没有恢复，继续尝试${why}`)
        const wait = Math.min(PAUSE_MS * trial, PAUSE_MS_MAX)
        await pause(wait, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const stop = async (): Promise<void> => {
    stopping.abort()
    room.stop()
    await recovering
    const guests = await otherGuests(guard)
    await guard.end().catch(() => {})
    if (guests > 0) log.info({ guests }, '另有进程在用数据库，由最后一个停下它')
    else await stopPostmaster(postmaster.pid, cluster, log)
  }

  await hold().catch((error: unknown) => {
    room.stop()
    throw error
  })
  return { stop }
}
