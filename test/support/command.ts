/** Runs the `duoling` command as a person does: its own process, its own data folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmbedded } from '../../src/store/embedded.ts'

const BIN = join(import.meta.dirname, '../../bin/duoling')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Home {
  readonly folder: string
  /** what the command sees of the world */
  readonly environment: Record<string, string>
  run(...argv: readonly string[]): Promise<Ended>
  start(...argv: readonly string[]): ChildProcess
  /** the same as somebody who knows their password */
  startAs(password: string, ...argv: readonly string[]): ChildProcess
  remove(): Promise<void>
}

/** A data folder of its own; nothing of the caller's settings leaks in. */
export async function newHome(more: Record<string, string> = {}): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'duoling-home-'))
  // As root the database runs as somebody else, who must be able to pass through.
  await chmod(folder, 0o711)
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:DUOLING_|DATABASE_URL$|PG|NODE_|VITEST)/.test(name),
  )
  const environment: Record<string, string> = {
    ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ''])),
    ...{ DUOLING_DATA: join(folder, 'data'), DUOLING_PORT: '0', ...more },
  }
  const startAs = (password: string | undefined, ...argv: readonly string[]) => {
    const env =
      password === undefined ? environment : { ...environment, DUOLING_PASSWORD: password }
    return spawn(process.execPath, [BIN, ...argv], { cwd: folder, env })
  }
  const start = (...argv: readonly string[]) => startAs(undefined, ...argv)
  return {
    folder,
    environment,
    ...{ start, startAs },
    run: (...argv) => ended(start(...argv)),
    async remove() {
      await removeEmbedded(join(folder, 'data')).catch(() => {})
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

export interface RunFacts {
  readonly pid: number
  readonly url: string
  readonly firstRunUrl: string
  readonly database: string
  /** only where sign-off has a port of its own */
  readonly signUrl?: string
}

/** Waits until a server of this home has written where it is. */
export async function running(home: Home, child: ChildProcess): Promise<RunFacts> {
  const path = join(home.environment['DUOLING_DATA'] ?? '', 'run.json')
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text) {
      const facts: RunFacts = JSON.parse(text)
      if (facts.pid === child.pid) return facts
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
