/** One process at a time owns the embedded server of a data folder. The lock is the operating
 *  system's own, on a file, so that a killed owner lets go of it at once. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EnvironmentFault, fileFault } from '../../kit/environment-fault.ts'

export interface Ownership {
  release(): void
}

const SQLITE_BUSY = 5

/** Node has no file locks; SQLite's are the ones every system keeps correctly. The file stays empty.
 *  @returns undefined while another process is the owner. */
export function takeOwnership(folder: string): Ownership | undefined {
  const path = join(folder, 'owner.lock')
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(path, { timeout: 0 })
    // A reader could keep the lock from us.
    chmodSync(path, 0o600)
    lock.exec('begin exclusive')
    writeFileSync(pidPath(folder), `${process.pid}\n`)
  } catch (error) {
    lock?.close()
    const errcode = error instanceof Error && 'errcode' in error ? error.errcode : undefined
    if (errcode === SQLITE_BUSY) return undefined
    if (errcode === undefined) throw fileFault(error, path)
    const next = '用启动过它的那个用户运行，或把数据文件夹的属主改为现在的用户'
    throw new EnvironmentFault({ what: '没有权限写这个文件', where: path, next }, { cause: error })
  }
  const held = lock
  return { release: () => held.close() }
}

/** Only for messages: who was the last to take the lock. */
export function ownerPid(folder: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(pidPath(folder), 'utf8'), 10) || undefined
  } catch {
    return undefined
  }
}

function pidPath(folder: string): string {
  return join(folder, 'owner.pid')
}
