/** Keeps a number of workers alive and kills them: the next one starts the moment one has died. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Chance } from './chance.ts'
import type { WorkerOrders } from './worker.ts'

export interface Crew {
  /** kill -9 of a worker at random; another takes its place */
  kill(): Promise<void>
  /** Lets a worker sleep past its lease and wake up believing nothing happened. */
  freeze(ms: number): void
  /** Lets all finish what they hold and end. */
  dismiss(): Promise<void>
}

const REHIRE_MS = 300
const PROGRAM = join(import.meta.dirname, 'worker.ts')

export async function hireCrew(size: number, orders: WorkerOrders, chance: Chance): Promise<Crew> {
  const crew: ChildProcess[] = []
  const ends = new Set<NodeJS.Timeout>()
  let dismissed = false
  const hire = (): ChildProcess => {
    const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    // A worker killed between two words has no use for the second.
    child.on('error', () => {})
    child.send(orders, () => {})
    child.once('exit', (code) => {
      const place = crew.indexOf(child)
      if (place === -1 || dismissed) return
      // Ended by itself: the database was just being killed, and whoever minds it tries again.
      const wait = code === null ? 0 : REHIRE_MS
      setTimeout(() => {
        if (!dismissed) crew[place] = hire()
      }, wait)
    })
    return child
  }
  for (let one = 0; one < size; one++) crew.push(hire())
  await Promise.all(crew.map((child) => once(child, 'message')))
  return {
    async kill() {
      const child = crew[chance.between(0, crew.length)]
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    freeze(ms) {
      const child = crew[chance.between(0, crew.length)]
      if (!child) return
      child.kill('SIGSTOP')
      const end = setTimeout(() => {
        ends.delete(end)
        child.kill('SIGCONT')
      }, ms)
      ends.add(end)
    },
    async dismiss() {
      dismissed = true
      for (const end of ends) clearTimeout(end)
      await Promise.all(crew.map(dismissOne))
    },
  }
}

const PATIENCE_MS = 20_000

async function dismissOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGCONT')
  child.send('end', () => {})
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await gone
  clearTimeout(late)
}
