/** 统计: the numbers of a year, each of its own kind and never mixed (rules R1–R22 of the counting law). */
import type { EntryLevel } from './bulletin.ts'
import type { DeliveryState } from './delivery.ts'

export interface ChannelTotal {
  readonly id: string
  readonly name: string
  readonly line: string
  /** 发布条数: once a bulletin and channel, by the year of its first success there */
  readonly publications: number
  /** 撤下: in the year of the withdrawal; the publication stays counted */
  readonly withdrawn: number
  /** of the publications, those posted by hand outside the hub */
  readonly manual: number
}

export interface YearTotals {
  readonly year: number
  readonly timezone: 'Asia/Shanghai'
  /** 信息条数: bulletins with at least one publication in the year */
  readonly messages: number
  /** 渠道发布数: the sum over the channels */
  readonly publications: number
  readonly channels: readonly ChannelTotal[]
  readonly cells: readonly {
    readonly channel: string
    readonly category: string
    readonly publications: number
  }[]
  /** 家: listed units by the level of the list */
  readonly entries: readonly {
    readonly category: string
    readonly level: EntryLevel | null
    readonly units: number
  }[]
  /** 发送条数: once a bulletin, whatever its audiences and channels */
  readonly broadcasts: number
  /** 撤下的发送: in the year of the withdrawal, over whatever channels; the broadcast stays counted */
  readonly broadcastsWithdrawn: number
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>
}

/** One place where the log and its tallies disagree; there is none in a healthy database. */
export interface Drift {
  readonly what: string
  readonly counted: number
  readonly recorded: number
}
