/** A small disk for one installation with its embedded database, which can be filled to the last byte and
 *  freed again. It is a real file system of its own (tmpfs), and so needs the right to mount one. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createLog, type Log } from '../../src/kit/log.ts'

export interface SmallDisk {
  readonly folder: string
  /** the log of whoever minds the database on it */
  readonly log: Log
  /** To the last byte; answers after some while of a full disk, true when the hub has said so. */
  fill(): Promise<boolean>
  free(): Promise<void>
  remove(): void
}

/** A fresh cluster takes 60 MB with its first logs, and its maker wants 200 MB free. */
const SIZE_MB = 360
const FULL_MS = 3_000
const SAID_MS_MAX = 10_000
const SAYS = /磁盘(?:只剩|没有剩余空间)/

/** The disk, or in one line why there is none. */
export function mountSmallDisk(): SmallDisk | string {
  const folder = mkdtempSync(join(tmpdir(), 'duoling-small-disk-'))
  const words = ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=0711`, 'duoling-chaos', folder]
  const { status, stderr, error } = spawnSync('mount', words, { encoding: 'utf8' })
  if (status !== 0) {
    rmdirSync(folder)
    const why = error?.message ?? stderr.trim()
    return `disk: skipped, a small disk cannot be mounted here (${why}); run as root`
  }
  const remove = () => {
    process.off('exit', remove)
    if (spawnSync('umount', [folder]).status !== 0) spawnSync('umount', ['-l', folder])
    rmdirSync(folder)
  }
  process.once('exit', remove)
  const heard: string[] = []
  const log = createLog({ level: 'info', to: { write: (line) => void heard.push(line) } })
  return { folder, log, remove, ...filler(join(folder, 'filler'), heard) }
}

function filler(path: string, heard: string[]): Pick<SmallDisk, 'fill' | 'free'> {
  return {
    async fill() {
      heard.length = 0
      const until = Date.now() + SAID_MS_MAX
      const says = () => heard.some((line) => SAYS.test(line))
      // What the database frees meanwhile is taken too.
      do {
        await writeAll(path)
        await pause(100)
      } while (!says() && Date.now() < until)
      const end = Date.now() + FULL_MS
      while (Date.now() < end) {
        await writeAll(path)
        await pause(100)
      }
      return says()
    },
    free: () => rm(path, { force: true }),
  }
}

const PIECES = [1_048_576, 4_096].map((size) => Buffer.alloc(size, 1))

async function writeAll(path: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    for (const piece of PIECES) await writeUntilFull(file, piece)
  } finally {
    await file.close()
  }
}

async function writeUntilFull(
  file: { write(piece: Buffer): Promise<{ bytesWritten: number }> },
  piece: Buffer,
): Promise<void> {
  try {
    while ((await file.write(piece)).bytesWritten > 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
