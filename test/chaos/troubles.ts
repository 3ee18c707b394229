/** What a run suffers, by kind, round after round. Each says what it did, by count. */
import { setTimeout as pause } from 'node:timers/promises'
import type { TemporaryDatabase, TemporaryServer } from '../support/temporary-database.ts'
import type { Chance } from './chance.ts'
import type { Crew } from './crew.ts'
import { findsNoRoom, onDatabase } from './sessions.ts'
import type { SmallDisk } from './small-disk.ts'
import { type Mood, WIRE_FAULTS, type WireSink } from './wire-sink.ts'

export const KINDS = ['kills', 'answers', 'hints', 'stalls', 'clocks', 'cuts', 'disk'] as const
export type Kind = (typeof KINDS)[number]

interface Scene {
  readonly server: TemporaryServer
  readonly database: TemporaryDatabase
  readonly crew: Crew
  readonly gateway: WireSink
  readonly chance: Chance
  /** only where the database stands on a disk that may be filled */
  readonly disk: SmallDisk | undefined
  did(what: string, times?: number): void
}

interface Trouble {
  readonly workers: number
  /** what the gateway does beside it */
  readonly mood: Mood
  /** the slowest answer of the database between claim and call */
  readonly slowMs: number
  /** one round is as many trials: what takes long is done less often; 1 when absent */
  readonly trialsARound?: number
  round(scene: Scene, trial: number): Promise<void>
  /** before the calm */
  after?(scene: Scene): Promise<void>
}

export const LEASE_MS = 2_500
export const LATE_MS = LEASE_MS * 1.2
const STALL_MS = LEASE_MS * 1.5
const DATABASE_SHARE = 0.2
const FREEZE_SHARE = 0.1
const BETWEEN_KILLS_MS_MAX = 1_000
const FAULT_MS_MAX = 4_000
const CALLS_A_FAULT = 4
const DOWN_MS = 800
const BETWEEN_MS_MAX = 600
const CUT_SHARE = 0.4
const MINUTE_MS = 60_000
const CLOCK_STEPS_MS = [1, -1, 10, -10, 60, -60, 180, -180].map((minutes) => minutes * MINUTE_MS)
/** inside the shortest signed window */
const CLOCK_AHEAD_MS_MAX = 180 * MINUTE_MS

/** kill -9 of workers, at times of the database. */
async function kill({ server, crew, chance, did }: Scene): Promise<void> {
  await pause(chance.between(0, BETWEEN_KILLS_MS_MAX))
  if (chance.happens(FREEZE_SHARE)) crew.freeze(LATE_MS)
  if (server.kill && chance.happens(DATABASE_SHARE)) {
    await server.kill()
    did('database')
    // Its recovery takes a moment in which no other kill would meet a run at work.
    await pause(BETWEEN_KILLS_MS_MAX)
  } else {
    await crew.kill()
    did('hub')
  }
}

/** One fault of the gateway after the other. */
async function misanswer({ gateway }: Scene, trial: number): Promise<void> {
  const fault = WIRE_FAULTS[trial % WIRE_FAULTS.length] ?? 'drop'
  const met = () => gateway.met[fault] ?? 0
  const before = met()
  await gateway.setMood(fault)
  const until = Date.now() + FAULT_MS_MAX
  // Nobody can count calls at a door that is closed.
  if (fault === 'down') await pause(DOWN_MS)
  while (fault !== 'down' && met() - before < CALLS_A_FAULT && Date.now() < until) await pause(20)
  await gateway.setMood('mixed')
}

/** Hints twice, and no hints at all. */
async function hint({ database, chance, did }: Scene, trial: number): Promise<void> {
  await pause(chance.between(0, BETWEEN_MS_MAX))
  if (trial % 2 === 0)
    did(
      'doubled',
      await onDatabase(
        database.ownerUrl,
        `insert into queue.job (name, data, retry_limit, start_after)
         select name, data, retry_limit, start_after from queue.job where state < 'completed'`,
      ),
    )
  else did('deleted', await onDatabase(database.ownerUrl, 'delete from queue.job'))
}

/** All workers but one are stopped for longer than a lease, and wake up. */
async function stall({ crew, chance, did }: Scene): Promise<void> {
  await pause(chance.between(0, BETWEEN_MS_MAX))
  did('stopped', await crew.stall(STALL_MS))
}

/** A worker's clock jumps; from then on the clocks disagree. */
async function stepClock({ crew, chance, did }: Scene, trial: number): Promise<void> {
  const step = CLOCK_STEPS_MS[trial % CLOCK_STEPS_MS.length] ?? 0
  crew.setClock(step)
  did(step > 0 ? 'forward' : 'backward')
  await pause(chance.between(0, BETWEEN_MS_MAX))
}

/** Connections to the database end, whatever they are doing. */
async function cut({ database, chance, did }: Scene): Promise<void> {
  await pause(chance.between(0, BETWEEN_MS_MAX))
  did(
    'connections',
    await onDatabase(
      database.ownerUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()
         and backend_type = 'client backend' and random() < ${CUT_SHARE}`,
    ),
  )
}

/** The disk is full to its last byte until the hub has said so, and a while longer. */
async function fillDisk({ database, disk, chance, did }: Scene): Promise<void> {
  if (!disk) throw new Error('this kind needs a disk of its own')
  await pause(chance.between(0, BETWEEN_MS_MAX))
  did('filled')
  if (await disk.fill()) did('said')
  if (await findsNoRoom(database.ownerUrl)) did('refused')
  await disk.free()
}

export const TROUBLES: Readonly<Record<Kind, Trouble>> = {
  kills: { workers: 2, mood: 'mixed', slowMs: 0, round: kill },
  answers: { workers: 2, mood: 'mixed', slowMs: 0, round: misanswer },
  hints: { workers: 2, mood: 'mixed', slowMs: 0, round: hint },
  stalls: { workers: 3, mood: 'mixed', slowMs: 80, trialsARound: 3, round: stall },
  clocks: {
    ...{ workers: 3, mood: 'mixed', slowMs: 0, round: stepClock },
    // What a clock ahead put off is due once the others have come as far.
    after: async ({ crew }) => crew.setAllClocks(CLOCK_AHEAD_MS_MAX),
  },
  cuts: { workers: 2, mood: 'mixed', slowMs: 0, round: cut },
  disk: { workers: 2, mood: 'mixed', slowMs: 0, trialsARound: 9, round: fillDisk },
}
