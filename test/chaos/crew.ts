/** Keeps a number of workers alive, and kills, stops and misleads them: when one has died the next one
 *  starts at once. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import type { Word, WorkerOrders } from './worker.ts'

export interface Crew {
  /** kill -9 of a worker at random, once it is at work; another takes its place */
  kill(): Promise<void>
  /** Lets a worker sleep past its lease and wake up believing nothing happened. */
  freeze(ms: number): void
  /** The same for all but one at a time, so that somebody takes over. Answers how many slept. */
  stall(ms: number): Promise<number>
  /** The clock of a worker at random goes so far ahead of the true one, or behind. */
  setClock(aheadMs: number): void
  setAllClocks(aheadMs: number): void
  /** workers that ended by themselves while they were at work */
  fallen(): number
  /** Lets all finish what they hold and end. */
  dismiss(): Promise<void>
}

interface Member {
  readonly child: ChildProcess
  /** at work, or gone before it ever was */
  readonly ready: Promise<void>
  readonly gone: Promise<void>
  atWork: boolean
}

const PROGRAM = join(import.meta.dirname, 'worker.ts')
const REHIRE_MS = 300
const PATIENCE_MS = 20_000

export async function hireCrew(size: number, orders: WorkerOrders, chance: Chance): Promise<Crew> {
  const crew: Member[] = []
  let dismissed = false
  let fallen = 0
  const hire = (place: number): void => {
    const member = start(orders)
    crew[place] = member
    member.child.once('exit', (code) => {
      if (code !== null && member.atWork && !dismissed) fallen++
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
    async stall(ms) {
      const awake = chance.between(0, crew.length)
      const sleepers = crew.filter((_, place) => place !== awake)
      await Promise.all(sleepers.map((member) => sleep(member, ms, chance)))
      return sleepers.length
    },
    setClock: (aheadMs) => say(anyone(), { say: 'clock', aheadMs }),
    setAllClocks(aheadMs) {
      for (const member of crew) say(member, { say: 'clock', aheadMs })
    },
    fallen: () => fallen,
    async dismiss() {
      dismissed = true
      await Promise.all(crew.map(dismissOne))
    },
  }
}

const APART_MS_MAX = 200

async function sleep({ child, ready }: Member, ms: number, chance: Chance): Promise<void> {
  await ready
  await pause(chance.between(0, APART_MS_MAX))
  child.kill('SIGSTOP')
  await pause(ms)
  child.kill('SIGCONT')
}

function say(member: Member | undefined, word: Word): void {
  if (member?.child.connected) member.child.send(word, () => {})
}

function start(orders: WorkerOrders): Member {
  const child = fork(PROGRAM, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  // A worker killed between two words has no use for the second.
  child.on('error', () => {})
  child.send(orders, () => {})
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    child.once('message', () => {
      member.atWork = true
      resolve()
    })
    void gone.then(resolve)
  })
  const member: Member = { child, ready, gone, atWork: false }
  return member
}

async function dismissOne(member: Member): Promise<void> {
  const { child, ready, gone } = member
  child.kill('SIGCONT')
  await ready
  say(member, { say: 'end' })
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await gone
  clearTimeout(late)
}
