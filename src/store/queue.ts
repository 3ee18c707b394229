/** The queue wakes and delays, on every process that shares the database. Its jobs are hints: losing,
 *  doubling or delaying one changes nothing but the moment somebody looks. */
import { sql } from 'kysely'
import { fromKysely, PgBoss } from 'pg-boss'
import { LANES, type Lane } from '../domain/bulletin.ts'
import { connect, type Transacting } from './connect.ts'
import { HUB_ROLE } from './migrate.ts'

export interface Hint {
  readonly agencyId: number
  readonly lane: Lane
  readonly dispatchId: number
}

/** Gives a hint inside the transaction that made it true, so that neither exists without the other. */
export interface Waker {
  wake(tx: Transacting, hint: Hint, dueAt: Date): Promise<void>
}

/** For whoever looks by itself: one-shot commands, and walks on a simulated clock. */
export const NO_WAKER: Waker = { wake: async () => {} }

const SCHEMA = 'queue'
const POLL_SECONDS = 0.5
const HINTS_AT_ONCE_MAX = 50
const HINT_KEPT_SECONDS = 3_600
/** Any constant: who holds this lock makes the queue's tables. */
const INSTALL_LOCK = 0x6475_6f71

const queueName = (lane: Lane): string => `batch-${lane}`

/** Makes the queue's tables and lets the hub's role use their rows, as the owner. */
export async function installQueue(ownerUrl: string): Promise<void> {
  const { db, close } = connect(ownerUrl, { connectionsMax: 1 })
  try {
    // Processes that start together would meet in the same rows; the lock ends with the connection.
    await sql`select pg_advisory_lock(${INSTALL_LOCK})`.execute(db)
    await makeQueues(ownerUrl)
    const role = sql.ref(HUB_ROLE)
    const schema = sql.ref(SCHEMA)
    await sql`grant usage on schema ${schema} to ${role}`.execute(db)
    await sql`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`.execute(
      db,
    )
    await sql`grant usage on all sequences in schema ${schema} to ${role}`.execute(db)
    await sql`grant execute on all functions in schema ${schema} to ${role}`.execute(db)
  } finally {
    await close()
  }
}

async function makeQueues(ownerUrl: string): Promise<void> {
  const boss = new PgBoss({ connectionString: ownerUrl, schema: SCHEMA, max: 2, supervise: false })
  boss.on('error', () => {})
  await boss.start()
  for (const lane of LANES)
    await boss.createQueue(queueName(lane), {
      ...{ retryLimit: 0, notify: true },
      deleteAfterSeconds: HINT_KEPT_SECONDS,
    })
  await boss.stop({ graceful: false })
}

export interface Queue extends Waker {
  /** `look` is called when something may be due in one of the lanes; it never rejects. */
  listen(look: (lane: Lane) => Promise<void>, lanes?: readonly Lane[]): Promise<void>
  /** Hears no more; hints can still be given. */
  unlisten(): Promise<void>
  close(): Promise<void>
}

export async function openQueue(hubUrl: string, onError: (error: unknown) => void): Promise<Queue> {
  const boss = new PgBoss({
    ...{ connectionString: hubUrl, schema: SCHEMA, max: 4, useListenNotify: true },
    ...{ migrate: false, createSchema: false, schedule: false },
  })
  boss.on('error', onError)
  await boss.start()
  return {
    async wake(tx, hint, dueAt) {
      await boss.send(queueName(hint.lane), hint, {
        ...{ db: fromKysely(tx), startAfter: dueAt, retryLimit: 0 },
      })
    },
    async listen(look, lanes = LANES) {
      for (const lane of lanes)
        await boss.work(
          queueName(lane),
          {
            ...{ batchSize: HINTS_AT_ONCE_MAX, pollingIntervalSeconds: POLL_SECONDS },
            ...{ notifyPollingIntervalSeconds: POLL_SECONDS, burstWhenBatchFull: true },
          },
          // The lane looks for everything due, so any number of hints is one look.
          () => look(lane).catch(onError),
        )
    },
    async unlisten() {
      await Promise.all(LANES.map((lane) => boss.offWork(queueName(lane), { wait: false })))
    },
    close: () => boss.stop({ graceful: false, close: true }),
  }
}
