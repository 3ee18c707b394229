/** Keeps a number of workers alive and kills them: the next one starts the moment one has died. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import type { Chance } from './chance.ts'
import type { WorkerOrders } from './worker.ts'

export interface Crew {
  /** kill -9 of a worker at random, once it is at work; another takes its place */
  kill(): Promise<void>
  /** Lets a worker sleep past its lease and wake up believing nothing happened. */
  freeze(ms: number): void
  /** Lets all finish what they hold and end. */
  dismiss(): Promise<void>
}

interface Member {
  readonly child: ChildProcess
  /** at work, or gone before it ever was */
  readonly ready: Promise<void>
  readonly gone: Promise<void>
}

const PROGRAM = join(import.meta.dirname, 'worker.ts')
const REHIRE_MS = 300
const PATIENCE_MS = 20_000

export async function hireCrew(size: number, orders: WorkerOrders, chance: Chance): Promise<Crew> {
  const crew: Member[] = []
  let dismissed = false
  const hire = (place: number): void => {
    const member = start(orders)
    crew[place] = member
    member.child.once('exit', (code) => {
      // Ended by itself: the database was just being killed, and whoever minds it tries again.
      const wait = code === null ? 0 : REHIRE_MS
      setTimeout(() => {
        if (!dismissed) hire(place)
      }, wait)
    })
  }
  for (let place = 0; place < size; place++) hire(place)
  await Promise.all(crew.map((member) => member.ready))
  const anyone = () => crew[chance.between(0, crew.length)]
  return {
    async kill() {
      const member = anyone()
      await member?.ready
      member?.child.kill('SIGKILL')
      await member?.gone
    },
    freeze(ms) {
      const child = anyone()?.child
      child?.kill('SIGSTOP')
      setTimeout(() => child?.kill('SIGCONT'), ms)
    },
    async dismiss() {
      dismissed = true
      await Promise.all(crew.map(dismissOne))
    },
  }
}

function start(orders: WorkerOrders): Member {
  const child = fork(PROGRAM, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  // A worker killed between two words has no use for the second.
  child.on('error', () => {})
  child.send(orders, () => {})
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    child.once('message', () => resolve())
    void gone.then(resolve)
  })
  return { child, ready, gone }
}

async function dismissOne({ child, ready, gone }: Member): Promise<void> {
  child.kill('SIGCONT')
  await ready
  if (child.connected) child.send('end', () => {})
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await gone
  clearTimeout(late)
}
