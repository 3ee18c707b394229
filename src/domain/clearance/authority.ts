/** 放行依据的出处: which template, order and message a signature stands on. Part of the manifest, so that
 *  the proof covers it; it refuses nothing by itself. */
import type { Canonical } from '../canonical.ts'
import type { BlankValues } from './blanks.ts'

export interface Authority {
  readonly preparedTextId: number
  /** hash of the template's kept text, which names its author */
  readonly templateHash: string
  /** the secrecy opinion on that hash */
  readonly reviewId: number
  /** hash of the filled values, which are kept sealed beside the text they went into */
  readonly valuesHash: string
  /** ISO instant the domains of the blanks were asked at */
  readonly filledAt: string
  readonly standingOrderId?: number
  /** hash of the grant's text */
  readonly standingOrderHash?: string
  readonly messageId?: number
  /** hash of the message as it was received from its source */
  readonly quoteHash?: string
}

/** What was filled in, as it is kept. */
export interface FilledValues {
  readonly version: 1
  readonly kind: 'clearance-values'
  readonly values: BlankValues
  /** 转发: which of the signed reminders stands beside the quote, from 0 */
  readonly reminder?: number
}

export function authoritySubject(authority: Authority): Canonical {
  return { ...authority }
}
