/** Another process with an embedded server, for tests that kill, own and join. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { createLog } from '../../src/kit/log.ts'
import { removeEmbedded } from '../../src/store/embedded.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Stops and goes when its input ends, so that a test that fails leaves nothing behind. */
const PROGRAM = `
  const [root, dataFolder, join] = process.argv.slice(1)
  const { startEmbedded } = await import(root + '/src/store/embedded.ts')
  const { createLog } = await import(root + '/src/kit/log.ts')
  try {
    const options = { dataFolder, log: createLog({ level: 'error' }), join: join === 'join' }
    const server = await startEmbedded(options)
    const { ownerUrl, adopted, joined, major } = server
    console.log(JSON.stringify({ ownerUrl, adopted, joined, major }))
    process.stdin.on('end', () => server.stop().then(() => process.exit(0))).resume()
  } catch (error) {
    console.log(JSON.stringify({ fault: error.name, message: error.message }))
    process.exit(3)
  }
`

export interface Started {
  readonly ownerUrl: string
  readonly adopted: boolean
  readonly joined: boolean
  readonly major: number
  readonly fault?: string
  readonly message?: string
}

export interface Child {
  readonly pid: number
  readonly said: Started
  kill(): Promise<void>
  /** stops its server and ends */
  end(): Promise<void>
}

export interface ChildOptions {
  /** the clone it runs from */
  readonly root?: string
  readonly join?: boolean
  readonly as?: { readonly uid: number; readonly gid: number }
}

export async function startChild(dataFolder: string, options: ChildOptions = {}): Promise<Child> {
  const root = options.root ?? ROOT
  const words = ['--input-type=module', '-e', PROGRAM, root, dataFolder]
  // Its own Node: another user may not reach ours.
  const node = options.root ? join(root, 'node_modules/.bin/node') : process.execPath
  const child = spawn(node, [...words, options.join ? 'join' : 'own'], {
    ...{ cwd: '/', stdio: ['pipe', 'pipe', 'inherit'], ...options.as },
  })
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const said = await firstLine(child)
  return {
    pid: child.pid ?? 0,
    said,
    kill: async () => {
      child.kill('SIGKILL')
      await exit
    },
    end: async () => {
      child.stdin?.end()
      await exit
    },
  }
}

async function firstLine(child: ChildProcess): Promise<Started> {
  let text = ''
  for await (const part of child.stdout ?? []) {
    text += String(part)
    if (text.includes('\n')) break
  }
  return JSON.parse(text.split('\n')[0] ?? '')
}

export interface Folders {
  make(mode?: number): Promise<string>
  removeAll(): Promise<void>
}

/** Data folders that are gone with their servers after the tests. */
export function temporaryFolders(): Folders {
  const made: string[] = []
  return {
    async make(mode = 0o711) {
      const folder = await mkdtemp(join(tmpdir(), 'duoling-embedded-'))
      await chmod(folder, mode)
      made.push(folder)
      return folder
    },
    async removeAll() {
      for (const folder of made) {
        await removeEmbedded(folder).catch(() => {})
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

export const SILENT = createLog({ level: 'silent' })

export async function ask<Row>(url: string, statement: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

export function portOf(url: string): number {
  return Number(new URL(url).port)
}
