/** A foreign program as a peer holds it: started in a folder of its own, unprivileged where the bench runs
 *  as root, looked at for its memory, and taken down with its folder. Imports nothing of the product. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const NOBODY = 65_534
const LOOK_MS = 20
const PATIENCE_MS = 60_000
/** Debian keeps daemons where not everybody looks. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

export interface Workshop {
  /** Writes a file of the folder and answers its path. */
  write(name: string, text: string): string
  start(command: string, args: readonly string[]): ChildProcess
  /** the peak of all that were started, in whole megabytes, as long as they live */
  peakMb(): number
  close(): Promise<void>
}

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'duoling-peer-'))
  chmodSync(folder, 0o777)
  const children: ChildProcess[] = []
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const env = { ...process.env, HOME: folder, PATH: FOLDERS.join(delimiter) }
  return {
    write(name, text) {
      const path = join(folder, name)
      writeFileSync(path, text, { mode: 0o644 })
      return path
    },
    start(command, args) {
      const child = spawn(command, args, { ...user, cwd: folder, env, stdio: 'ignore' })
      child.on('error', (error) => console.error(`${command}: ${error.message}`))
      children.push(child)
      return child
    },
    peakMb: () => Math.round(children.reduce((sum, { pid }) => sum + peakKb(pid), 0) / 1024),
    async close() {
      const running = children.filter(
        ({ exitCode, signalCode }) => exitCode === null && !signalCode,
      )
      const gone = running.map((child) => new Promise((resolve) => child.once('exit', resolve)))
      for (const child of running) child.kill('SIGKILL')
      await Promise.all(gone)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function peakKb(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Looks again and again. @throws Error when it stays untrue for a minute. */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    if (await look().catch(() => false)) return
    await pause(LOOK_MS)
  }
  throw new Error(`waited in vain for ${what}`)
}

export async function textAt(url: string): Promise<string> {
  const answer = await fetch(url)
  return answer.ok ? answer.text() : ''
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address) ports.push(address.port)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}

export const numberOf = (index: number): string => `139${String(index).padStart(8, '0')}`

/** Runs `work` for each number below `count`, so many at a time. */
export async function eachOf(
  count: number,
  lanes: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
