/** Which process minds what must act in one process at a time. An economy and no guard: whatever a leader
 *  does stays safe in two processes at once, so that a moment with two of them, or with none, does no harm. */
import { Client } from 'pg'
import { within } from '../kit/background.ts'

/** Any constant: who holds this lock leads. A lock of a session ends with it, whoever kills the process. */
const LEADER_LOCK = 0x6475_6f6d
const ANSWER_MS_MAX = 2_000
const PULSE_MS = 1_000
/** A session without a pulse for so long is ended by the server: a frozen leader leads no more. */
const SILENCE_MS_MAX = 6_000

export interface Leadership {
  readonly leads: boolean
  /** Asks the database once, and answers whether this process leads now. It never rejects: whoever cannot
   *  ask does not lead. */
  round(): Promise<boolean>
  /** Gives the lead up at once. */
  close(): Promise<void>
}

/** `onChange` is told when the lead is taken or lost. */
export function openLeadership(url: string, onChange: (leads: boolean) => void): Leadership {
  let session: Client | undefined
  let leads = false
  let closed = false
  const set = (now: boolean) => {
    if (leads === now) return
    leads = now
    onChange(now)
  }
  const drop = async (lost: Client | undefined) => {
    if (lost === undefined || session !== lost) return
    session = undefined
    set(false)
    // A line that is cut says no goodbye.
    await within(ANSWER_MS_MAX, lost.end()).catch(() => {})
  }
  const ask = async (): Promise<void> => {
    let mine = session
    try {
      mine ??= await openSession(url, drop)
      session = mine
      const text = leads
        ? 'select true as mine'
        : `select pg_try_advisory_lock(${LEADER_LOCK}) as mine`
      const { rows } = await mine.query<{ mine: boolean }>(text)
      if (session === mine && !closed) set(rows[0]?.mine === true)
    } catch {
      await drop(mine)
    }
  }
  let asking: Promise<void> | undefined
  const askOnce = () => {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
  // A round of timers may take longer than the server waits for a pulse.
  const pulse = setInterval(() => {
    if (session) void askOnce()
  }, PULSE_MS)
  pulse.unref()
  return {
    get leads() {
      return leads
    },
    async round() {
      if (!closed) await askOnce()
      return leads
    },
    async close() {
      closed = true
      clearInterval(pulse)
      await asking
      await drop(session)
    },
  }
}

/** A connection of its own: a pool would hand the lock to whoever asks for a connection next. */
async function openSession(url: string, lost: (client: Client) => Promise<void>): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'duoling leader',
    connectionTimeoutMillis: ANSWER_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
    keepAlive: true,
  })
  client.on('error', () => void lost(client))
  client.on('end', () => void lost(client))
  try {
    await client.connect()
    await client.query(`set idle_session_timeout = ${SILENCE_MS_MAX}`)
    return client
  } catch (error) {
    await within(ANSWER_MS_MAX, client.end()).catch(() => {})
    throw error
  }
}
