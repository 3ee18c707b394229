/** WeChat as the bridge meets it, without WeChat: rooms in memory, with faults to set. It speaks the bridge's
 *  own port and sends nothing to anybody. */
import type { Puppet, Room, Standing } from '../wechaty/puppet.ts'

/** `unreachable`: nobody answers, the login is still believed; `fails`: throws and has not sent; `fails-late`:
 *  throws and has sent; `stall`: has sent and never answers; `no-id`: has sent and says no id. */
export const WECHAT_FAULTS = [
  'none',
  'logged-out',
  'scan',
  'unreachable',
  'hang',
  'fails',
  'fails-late',
  'stall',
  'no-id',
] as const
export type WechatFault = (typeof WECHAT_FAULTS)[number]

export interface WechatMessage {
  readonly id: string
  readonly roomId: string
  readonly text: string
}

export interface WechatRooms extends Puppet {
  setFault(fault: WechatFault): void
  setRooms(rooms: readonly Room[]): void
  messages(): readonly WechatMessage[]
  /** acceptances by `room text`; 2 is a double */
  counts(): ReadonlyMap<string, number>
  recalled(): readonly string[]
  /** what waits since `stall` is answered now */
  answerLate(): void
}

const KEEP_MAX = 1_000
const SINCE = new Date('2026-07-01T00:00:00Z')
const SCAN_LINK = 'https://login.weixin.qq.com/l/simulated'

export function openWechatRooms(given: readonly Room[]): WechatRooms {
  const messages: WechatMessage[] = []
  const counts = new Map<string, number>()
  const recalled: string[] = []
  const waiting: (() => void)[] = []
  let rooms = given
  let fault: WechatFault = 'none'
  const never = new Promise<never>(() => undefined)

  const take = (roomId: string, text: string): string => {
    const id = `message-${messages.length + 1}`
    const line = `${roomId} ${text}`
    counts.set(line, (counts.get(line) ?? 0) + 1)
    messages.push({ id, roomId, text })
    if (messages.length > KEEP_MAX) messages.shift()
    return id
  }
  const standing = (): Standing => {
    if (fault === 'logged-out') return { state: 'logged-out' }
    if (fault === 'scan') return { state: 'scan', link: SCAN_LINK }
    return { state: 'logged-in', name: '值班微信', since: SINCE }
  }

  return {
    name: 'simulated',
    standing,
    async rooms() {
      if (fault === 'unreachable') throw new Error('14 UNAVAILABLE')
      return fault === 'hang' ? never : rooms
    },
    async say(roomId, text) {
      if (fault === 'fails') throw new Error('not sent')
      const id = take(roomId, text)
      if (fault === 'fails-late') throw new Error('connection lost')
      if (fault === 'stall') await new Promise<void>((resolve) => waiting.push(resolve))
      return fault === 'no-id' ? undefined : id
    },
    async recall(messageId) {
      if (!messages.some(({ id }) => id === messageId)) return false
      recalled.push(messageId)
      return true
    },
    setFault(next) {
      fault = next
    },
    setRooms(next) {
      rooms = next
    },
    messages: () => messages,
    counts: () => counts,
    recalled: () => recalled,
    answerLate() {
      for (const answer of waiting.splice(0)) answer()
    },
    stop: async () => undefined,
  }
}
