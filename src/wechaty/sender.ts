/** The one mouth of the account: one message after another, at a pace, the same key at most once. It says that
 *  something was not sent only where the puppet was never handed the message. */
import { sameDigest, sha256 } from '../kit/hash.ts'
import { openTurns } from '../kit/turns.ts'
import type { Puppet, Room } from './puppet.ts'
import { within } from './within.ts'

export interface SendRequest {
  /** names this one message to this one room; asked again, the first answer is given again */
  readonly key: string
  readonly room: RoomKey
  readonly text: string
}

/** By id, by the exact topic, or by both, which must then agree. */
export interface RoomKey {
  readonly id?: string | undefined
  readonly topic?: string | undefined
}

export type Sent =
  | { readonly outcome: 'sent'; readonly id?: string }
  | { readonly outcome: 'not-sent'; readonly code: NotSent }
  | { readonly outcome: 'unsure'; readonly code: 'puppet-failed' | 'puppet-timeout' | 'under-way' }

export type NotSent = RoomFault | 'logged-out' | 'unreachable' | 'busy' | 'gone' | 'key-reused'
type RoomFault = 'room-unknown' | 'topic-ambiguous' | 'topic-changed'

export interface Pace {
  /** milliseconds from one message to the next, at the least */
  readonly gapMs: number
  /** milliseconds by which the gap may be longer, by chance: an even beat is a machine's */
  readonly jitterMs: number
  readonly lookupTimeoutMs: number
  readonly sendTimeoutMs: number
}

/** The clock and the chance a test may replace. */
export interface Rhythm {
  now(): number
  chance(): number
  /** ends early when the signal does, and never rejects */
  pause(ms: number, signal: AbortSignal): Promise<void>
}

export interface Sender {
  /** Never rejects. Who gave up asking (`signal`) before its turn was certainly not served. */
  send(request: SendRequest, signal: AbortSignal): Promise<Sent>
  /** what became of a key, as far as this process remembers */
  outcomeOf(key: string): Sent | undefined
  /** nothing is begun from here on; resolves when nothing is under way */
  stop(): Promise<void>
}

interface Kept {
  readonly digest: Uint8Array
  sent: Sent
}

export const WAITING_MAX = 100
const KEYS_MAX = 10_000
const UNDER_WAY: Sent = { outcome: 'unsure', code: 'under-way' }
const MESSAGE_ID = /^[\w@.:=+/-]{1,200}$/

export function openSender(puppet: Puppet, pace: Pace, rhythm: Rhythm): Sender {
  const turns = openTurns(1)
  const stopping = new AbortController()
  const kept = new Map<string, Kept>()
  const asked = new Map<string, { readonly digest: Uint8Array; readonly sent: Promise<Sent> }>()
  let spokeAt: number | undefined

  const waitForPace = async (signal: AbortSignal) => {
    if (spokeAt === undefined) return
    const gap = pace.gapMs + Math.floor(rhythm.chance() * (pace.jitterMs + 1))
    const rest = spokeAt + gap - rhythm.now()
    if (rest > 0) await rhythm.pause(rest, signal)
  }

  const handOver = async ({ key, text }: SendRequest, digest: Uint8Array, roomId: string) => {
    const entry: Kept = { digest, sent: UNDER_WAY }
    keep(kept, key, entry)
    spokeAt = rhythm.now()
    // Inside the promise, so that a puppet that throws at once is no exception to the rule.
    const saying = (async () => puppet.say(roomId, text))().then((id): Sent => {
      entry.sent = { outcome: 'sent', ...(id && MESSAGE_ID.test(id) ? { id } : {}) }
      return entry.sent
    })
    try {
      return await within(saying, pace.sendTimeoutMs)
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError'
      entry.sent = { outcome: 'unsure', code: late ? 'puppet-timeout' : 'puppet-failed' }
      return entry.sent
    }
  }

  const serve = async (request: SendRequest, digest: Uint8Array, signal: AbortSignal) => {
    const ended = AbortSignal.any([signal, stopping.signal])
    const gone = (): Sent | undefined => (ended.aborted ? notSent('gone') : whyMute(puppet))
    const mute = gone()
    if (mute) return mute
    let rooms: readonly Room[]
    try {
      rooms = await within(puppet.rooms(), pace.lookupTimeoutMs)
    } catch {
      return notSent('unreachable')
    }
    const room = findRoom(rooms, request.room)
    if ('fault' in room) return notSent(room.fault)
    await waitForPace(ended)
    return gone() ?? handOver(request, digest, room.id)
  }

  const inTurn = async (work: () => Promise<Sent>): Promise<Sent> => {
    let sent: Sent | undefined
    await turns.take(async () => {
      sent = await work()
    })
    return sent ?? notSent('gone')
  }

  return {
    async send(request, signal) {
      const digest = sha256(JSON.stringify([request.room.id, request.room.topic, request.text]))
      const before = asked.get(request.key) ?? kept.get(request.key)
      if (before) return sameDigest(before.digest, digest) ? before.sent : notSent('key-reused')
      if (asked.size >= WAITING_MAX) return notSent('busy')
      const sent = inTurn(() => serve(request, digest, signal))
      asked.set(request.key, { digest, sent })
      return sent.finally(() => asked.delete(request.key))
    },
    outcomeOf: (key) => kept.get(key)?.sent ?? (asked.has(key) ? UNDER_WAY : undefined),
    async stop() {
      stopping.abort()
      await turns.idle()
    },
  }
}

function notSent(code: NotSent): Sent {
  return { outcome: 'not-sent', code }
}

function whyMute(puppet: Puppet): Sent | undefined {
  return puppet.standing().state === 'logged-in' ? undefined : notSent('logged-out')
}

/** The oldest key is forgotten first: it is hours old by then. */
function keep(kept: Map<string, Kept>, key: string, entry: Kept): void {
  kept.set(key, entry)
  const [oldest] = kept.keys()
  if (kept.size > KEYS_MAX && oldest !== undefined) kept.delete(oldest)
}

/** Topics are compared whole: a bulletin to a room that is merely similar would be a wrong one. Only width and
 *  outer blanks do not count, because the contact list keeps addresses without them. */
export function findRoom(
  rooms: readonly Room[],
  { id, topic }: RoomKey,
): { readonly id: string } | { readonly fault: RoomFault } {
  if (id !== undefined) {
    const room = rooms.find((one) => one.id === id)
    if (!room) return { fault: 'room-unknown' }
    return topic === undefined || sameTopic(room, topic) ? room : { fault: 'topic-changed' }
  }
  const [room, another] = rooms.filter((one) => topic !== undefined && sameTopic(one, topic))
  if (another) return { fault: 'topic-ambiguous' }
  return room ?? { fault: 'room-unknown' }
}

function sameTopic(room: Room, topic: string): boolean {
  const plain = (text: string) => text.normalize('NFKC').trim()
  return plain(room.topic) === plain(topic)
}
