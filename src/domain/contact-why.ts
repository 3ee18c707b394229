/** Why one contact is reached over a channel, or is not: the first reason that holds, in words. */
import type { Mode } from './bulletin.ts'

/** What decides it. */
export interface ContactReach {
  readonly name: string
  readonly removed: boolean
  readonly forExercise: boolean
  readonly area?: string
  readonly tags: readonly string[]
  /** each audience of the rule, and whether it means this contact */
  readonly audiences: readonly {
    readonly name: string
    readonly byRule: boolean
    readonly meant: boolean
  }[]
  /** addresses of the channel's kind, masked */
  readonly addresses: readonly {
    readonly masked: string
    readonly removed: boolean
    readonly unsubscribed: boolean
    readonly readable: boolean
  }[]
}

const REACH_REASONS = [
  'reached',
  'removed',
  'not-in-audience',
  'not-for-exercise',
  'no-address-for-channel',
  'unsubscribed',
  'unreadable',
] as const
type ReachReason = (typeof REACH_REASONS)[number]

export interface ContactWhy {
  readonly reason: ReachReason
  readonly text: string
}

export function whyReached(facts: ContactReach, channelName: string, mode: Mode): ContactWhy {
  const { name } = facts
  if (facts.removed) return { reason: 'removed', text: `${name}已从名单移除` }
  const by = facts.audiences.filter((one) => one.meant)
  if (by.length === 0) return { reason: 'not-in-audience', text: notMeant(facts) }
  if (mode !== 'earnest' && !facts.forExercise)
    return {
      reason: 'not-for-exercise',
      text: `${name}没有标记参加演练，演练和测试不发给它；要参加请在名单“演练”一列填 是`,
    }
  const kept = facts.addresses.filter((one) => !one.removed)
  if (kept.length === 0)
    return {
      reason: 'no-address-for-channel',
      text: `${name}没有${channelName}可用的号码或地址，请在名单中补充`,
    }
  const open = kept.filter((one) => !one.unsubscribed)
  if (open.length === 0)
    return {
      reason: 'unsubscribed',
      text: `${name}的${masked(kept)}已退订，不再发送；需要恢复请由对方本人提出`,
    }
  const readable = open.filter((one) => one.readable)
  if (readable.length === 0)
    return {
      reason: 'unreadable',
      text: `${name}的${channelName}地址无法解密，发送时会失败，请从备份恢复密钥或重新导入名单`,
    }
  const through = by.map((one) => (one.byRule ? `规则“${one.name}”` : `名单“${one.name}”`))
  return { reason: 'reached', text: `${name}会收到：${through.join('、')}，${masked(readable)}` }
}

function notMeant({ name, audiences, area, tags }: ContactReach): string {
  const chosen = audiences.map((one) => one.name).join('、') || '无'
  const rules = audiences.some((one) => one.byRule)
  const own = `区域${area ?? '未填'}，标签${tags.join('、') || '未填'}`
  return `${name}不在所选受众（${chosen}）中${rules ? `：${own}，不符合规则或被规则排除` : ''}`
}

function masked(addresses: ContactReach['addresses']): string {
  return addresses.map((one) => one.masked).join('、')
}
