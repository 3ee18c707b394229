/** Says, in the log, when the disk under the cluster runs out of room, and when there is room again: a full
 *  disk stops the server or lets it refuse every write, and neither names the reason to a clerk. */
import { statfs } from 'node:fs/promises'
import type { Log } from '../../kit/log.ts'

/** Four files of the log of changes: below this the next write may be the one that finds no room. */
const ROOM_BYTES_MIN = 64 * 1024 ** 2
const LOOK_MS = 2_000
const MEGABYTE = 1024 ** 2

interface RoomWatch {
  /** Looks at once; true while there is too little room. */
  look(): Promise<boolean>
  stop(): void
}

export function watchRoom(cluster: string, log: Log): RoomWatch {
  let full = false
  const look = async (): Promise<boolean> => {
    const found = await statfs(cluster).catch(() => undefined)
    // A folder that cannot be asked is another fault, which the server itself tells.
    if (!found) return full
    const free = found.bavail * found.bsize
    if (free < ROOM_BYTES_MIN !== full) {
      full = !full
      const { where, freeMb, neededMb } = facts(cluster, free)
      if (full)
        log.error(
          { where, freeMb, neededMb },
          `数据库所在的磁盘只剩 ${freeMb} MB：写满后收不下新的内容，发送停住等待，已签发的内容不会丢失。位置：${where}。下一步：清出至少 ${neededMb} MB，之后自动接着发送，不必重新启动`,
        )
      else log.info({ where, freeMb }, `数据库所在的磁盘又有空间了（剩余 ${freeMb} MB），接着发送`)
    }
    return full
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  timer.unref()
  return { look, stop: () => clearInterval(timer) }
}

function facts(cluster: string, free: number) {
  const mb = (bytes: number) => Math.floor(bytes / MEGABYTE)
  return { where: cluster, freeMb: mb(free), neededMb: mb(ROOM_BYTES_MIN) }
}
