/** What the test of all adapters at once needs of each: a channel on its own line, the platform behind it, what
 *  that platform took, and the one fault it meets. */
import type { Pages } from '../../channels/channel.ts'
import type { NewChannel } from '../../src/store/founding.ts'

/** What stands before any platform is started. */
export interface Ground {
  /** where platforms call back for a channel's first road */
  callback(channelId: string): string
  /** the time of the run, also the platforms' */
  now(): Date
  /** puts a fault around the pages of our own portal, which has no platform to set it in */
  aroundPages(wrap: (pages: Pages) => Pages): void
}

/** One acceptance of the outside: for whom, and the words as a reader sees them. */
export interface Taken {
  readonly to: string
  readonly says: string
}

export interface Station {
  readonly channel: NewChannel
  /** fields of the signed payload that go over the wire; all when absent */
  readonly travels?: readonly string[]
  /** what else a reader sees, without blanks: what is filled in when it leaves; nothing when absent */
  readonly filled?: RegExp
  taken(): readonly Taken[]
  /** the platform meets its fault */
  fault(): unknown
  /** and is well again; absent where it stays away, or where people are the fault */
  mend?(): unknown
  /** tells what became of all it took; absent where nothing is told */
  finish?(): Promise<unknown>
  stop(): Promise<unknown>
}

export const SECRETS: Readonly<Record<string, string>> = {
  password: 'simul8',
  callback: 'nor-this-17c',
  'wechat-bridge': 'bridge-secret-not-said',
  'official-token': 'callback-token-77',
  'official-key': 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  ...Object.fromEntries([1, 2, 3].map((one) => [`robot-${one}`, `robot-token-${one}`])),
}
export const PASSWORD = SECRETS['password'] ?? ''
export const ROBOT_TOKENS = [1, 2, 3].map((one) => `robot-token-${one}`)

export const PEOPLE = 3
const each = (value: (index: number) => string) =>
  Array.from({ length: PEOPLE }, (_, at) => value(at))
export const PHONES = each((at) => `1390000000${at}`)
export const MAILBOXES = each((at) => `unit${at}@practice.example`)
export const QQ_GROUPS = each((at) => `70000000${at}`)
export const WECHAT_GROUPS = each((at) => `危化品企业群（${at + 1}）`)
export const TOWNS = ['禾墩镇安监中队', '青圩镇安监中队', '槐里街道安监中队']

/** Windows keep to the database's clock, which no test moves on: the usual ones of a minute, and the times of
 *  the hour that Feishu asks to leave alone, would make this test wait for a real minute. */
export const UNHURRIED = {
  rates: { limits: [{ scope: 'account', window: 'day', max: 200, unit: 'message' }] },
}

type Settings = Readonly<Record<string, unknown>>

/** Fields of the form a person copies from, where a road by hand stands behind the first. */
const HAND_FIELDS = [
  { label: '标题', content: 'title' },
  { label: '正文', content: 'text' },
]

export function handRoad(addressing: NewChannel['addressing']) {
  const settings = { addressing, fields: HAND_FIELDS, links: true }
  return { id: 'by-hand', adapter: 'by-hand', settings }
}

export function channelOn(
  id: string,
  addressing: NewChannel['addressing'],
  addressKind: string,
  adapter: string,
  settings: Settings,
  more: NewChannel['roads'] = [],
): NewChannel {
  const roads = [{ id: 'main', adapter, settings }, ...more]
  return { id, name: id, line: id, addressing, addressKind, position: 1, roads }
}
