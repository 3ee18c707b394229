/** What the bridge's answers mean for a message to a room, and for the health of the road. The room and the text
 *  are in none of them. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { outcomeOfCode, outcomeOfSilence, outcomeOfStatus } from '../../src/domain/platform-code.ts'
import { isRecord, jsonRecord } from '../../src/kit/json-record.ts'
import type { Health, HttpAnswer } from '../channel.ts'
import { NOT_SENT, UNSURE } from './codes.ts'

const REFERENCE = /^[\w@.:=+/-]{1,200}$/
const NAME_CHARACTERS_MAX = 40

export function outcomeOfSend(answer: HttpAnswer): Outcome {
  if (answer.kind !== 'answer') return outcomeOfSilence(answer)
  if (answer.status !== 200) return outcomeOfStatus(answer.status)
  const record = jsonRecord(answer.body)
  if (record?.['outcome'] === 'sent') {
    const { id } = record
    const known = typeof id === 'string' && REFERENCE.test(id)
    return { kind: 'accepted', ...(known ? { reference: id } : {}) }
  }
  const code = record?.['code']
  if (record?.['outcome'] === 'not-sent' && typeof code === 'string')
    return outcomeOfCode(NOT_SENT, code)
  // A code nobody knows still says that it may have been sent.
  if (record?.['outcome'] === 'unsure' && typeof code === 'string')
    return Object.hasOwn(UNSURE, code) ? outcomeOfCode(UNSURE, code) : UNREADABLE
  return UNREADABLE
}

const UNREADABLE: Outcome = {
  kind: 'unsure',
  code: 'unreadable-answer',
  detail: '看不懂微信桥的答复，可能已经发出，请到群里看',
}

/** Only what the bridge remembers as sent is a fact; anything else stays in doubt. */
export function outcomeOfLook(answer: HttpAnswer): Outcome {
  const found = outcomeOfSend(answer)
  if (found.kind === 'accepted') return found
  return {
    ...{ kind: 'unsure', code: 'not-remembered' },
    detail: '微信桥不能断定这一条有没有发出，请到群里看',
  }
}

/** Only a clear yes is a message taken back. */
export function outcomeOfRecall(answer: HttpAnswer): Outcome {
  if (answer.kind !== 'answer') return outcomeOfSilence(answer)
  if (answer.status !== 200) return outcomeOfStatus(answer.status)
  const recalled = jsonRecord(answer.body)?.['recalled']
  if (recalled === true) return { kind: 'accepted' }
  return recalled === false ? NOT_RECALLED : UNREADABLE
}

const NOT_RECALLED: Outcome = {
  ...{ kind: 'refused', scope: 'recipient', code: 'not-recalled' },
  detail: '微信没有撤回这条消息，请到群里核对',
}

const DOWN: Readonly<Record<string, string>> = {
  'logged-out': '微信账号没有登录，请看 duoling wechaty 的提示',
  scan: '微信账号等待扫码登录，请在运行 duoling wechaty 的终端或日志里取链接',
  unreachable: '微信账号曾经登录，但微信服务现在没有应答；若不自行恢复，请重启 duoling wechaty',
}

export function healthOf(answer: HttpAnswer): Health {
  if (answer.kind !== 'answer')
    return { state: 'down', detail: '连不上微信桥，请启动 duoling wechaty 并核对地址' }
  if (answer.status === 401)
    return { state: 'down', detail: '微信桥不认这个口令，请核对两边的机密' }
  const record = answer.status === 200 ? jsonRecord(answer.body) : undefined
  const state = record?.['state']
  if (!isRecord(record) || typeof state !== 'string')
    return { state: 'down', detail: '看不懂微信桥的答复，请核对地址' }
  if (state !== 'logged-in') return { state: 'down', detail: DOWN[state] ?? '微信账号没有登录' }
  const { name, since, rooms } = record
  const who = typeof name === 'string' ? `：${shortened(name)}` : ''
  const when =
    typeof since === 'string' && !Number.isNaN(Date.parse(since)) ? `，自 ${since} 起` : ''
  const many = typeof rooms === 'number' ? `，看得到 ${rooms} 个群` : ''
  return { state: 'ok', detail: `微信账号已登录${who}${when}${many}` }
}

function shortened(name: string): string {
  return [...name.replace(/[^\P{C}]/gu, '')].slice(0, NAME_CHARACTERS_MAX).join('')
}
