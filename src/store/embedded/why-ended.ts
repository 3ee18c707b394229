/** Why a server did not start, read from what it left behind, and said so that an operator can act. */
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EnvironmentFault } from '../../kit/environment-fault.ts'

const POLL_MS = 10

/** Where a server writes: its own folder, and the file its output goes to before its collector runs. */
interface Traces {
  readonly cluster: string
  readonly startLog: string
}

/** Another program was faster; with a port of our own choosing the next one will do. */
export class PortTaken extends EnvironmentFault {}

/** The collector writes what it was told after the server itself is gone. */
const REASON_MS_MAX = 3_000

/** Why a server ended: before its collector runs it writes to the start log, afterwards to the day's file.
 *  Only what came after `sizes` were taken is its own. */
export async function readReason({ cluster, startLog }: Traces, sizes: LogSizes): Promise<string> {
  const until = Date.now() + REASON_MS_MAX
  for (;;) {
    const texts = [await readFile(startLog, 'utf8').catch(() => '')]
    for (const [path, size] of await logSizes(cluster)) {
      const from = sizes.get(path) ?? 0
      if (size !== from) texts.push(await readFrom(path, size < from ? 0 : from, size))
    }
    const text = texts.join('\n')
    if (/FATAL|PANIC/.test(text) || Date.now() > until) return text
    await pause(POLL_MS)
  }
}

/** bytes by path */
type LogSizes = ReadonlyMap<string, number>

export async function logSizes(cluster: string): Promise<LogSizes> {
  const folder = join(cluster, 'log')
  const names = await readdir(folder).catch(() => [])
  const paths = names.map((name) => join(folder, name))
  return new Map(
    await Promise.all(paths.map(async (path) => [path, (await stat(path)).size] as const)),
  )
}

const TAIL_BYTES = 8192

async function readFrom(path: string, from: number, size: number): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(TAIL_BYTES),
      position: Math.max(from, size - TAIL_BYTES),
    })
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

export function startFault(
  reason: string,
  { cluster, startLog }: Traces,
  port: number,
): EnvironmentFault {
  if (/could not bind|could not create any TCP\/IP sockets/.test(reason))
    return new PortTaken({
      what: `数据库的端口 ${port} 已被占用`,
      where: `127.0.0.1:${port}`,
      next: '停下占用它的程序，或稍候再启动',
    })
  if (/No space left|Disk quota/.test(reason))
    return new EnvironmentFault({
      what: '磁盘没有剩余空间，数据库起不来',
      where: cluster,
      next: '清出空间后重新启动；已签发的内容没有丢失',
    })
  if (/shared memory/.test(reason) && /still in use/.test(reason))
    return new EnvironmentFault({
      what: '上一次的数据库进程还没有退净',
      where: cluster,
      next: '稍候再启动；一直如此时，结束仍在使用这个文件夹的 postgres 进程',
    })
  const line = reason.split('\n').find((one) => /FATAL|PANIC/.test(one)) ?? reason.split('\n')[0]
  return new EnvironmentFault({
    what: `数据库没有启动：${(line ?? '').replace(/^.*?(FATAL|PANIC)/, '$1').slice(0, 300)}`,
    where: cluster,
    next: `查看 ${startLog} 和 ${join(cluster, 'log')} 里的原因；本程序没有改动数据`,
  })
}
