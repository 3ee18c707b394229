/** Runs one measured program in a process of its own, so that its memory is its own; it answers with one
 *  line of JSON. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** @throws Error with what the program said on its error output. */
export async function measured<T>(program: string, orders: unknown): Promise<T> {
  const path = join(import.meta.dirname, program)
  const child = spawn(process.execPath, [...profiling(), path, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const { stdout } = child
  if (!stdout) throw new Error(`${program} has no output`)
  const chunks: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  const text = Buffer.concat(chunks).toString()
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`)
  return JSON.parse(text)
}

/** `DUOLING_BENCH_PROFILE=folder` writes a CPU profile of each program there. */
function profiling(): readonly string[] {
  const folder = process.env['DUOLING_BENCH_PROFILE']
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : []
}
