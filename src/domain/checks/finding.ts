/** 检查发现: what a check says to the clerk, with its place. It never repeats a full number. */

/** `stop` must be changed, `ask` must be changed or answered, `hint` is only shown. */
export const SEVERITIES = ['stop', 'ask', 'hint'] as const
export type Severity = (typeof SEVERITIES)[number]

export const FINDING_CODES = [
  'secrecy-mark',
  'secrecy-word',
  'identity-number',
  'identity-number-doubtful',
  'travel-document',
  'mobile-number',
  'bank-card',
  'bank-account',
  'private-mailbox',
  'home-address',
  'minor',
  'health',
  'sensitive-word',
  'wrong-word',
  'former-organisation',
  'hidden-character',
  'weekday-wrong',
  'impossible-date',
  'impossible-time',
  'mixed-clock',
  'reversed-period',
  'total-wrong',
  'level-wrong',
  'document-number',
  'duplicate-title',
  'duplicate-text',
  'dead-link',
  'unchecked-link',
  'free-word-link',
  'free-word-markup',
  'alt-missing',
  'field-missing',
  'file-unreadable',
  'file-partly-read',
  'file-comment',
  'file-change',
  'file-hidden',
  'file-author',
  'file-active',
  'too-many-findings',
] as const
export type FindingCode = (typeof FINDING_CODES)[number]

export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** a path into the revision such as `title`, `blocks/3/text`, `blocks/4/rows/0/2`, `entries/7/unit`,
   *  `metadata/summary`; for a file `附件 NAME › PLACE` */
  readonly field: string
  /** UTF-16 offsets [from, to) in that field's own text */
  readonly from: number
  readonly to: number
  /** one sentence: what was found where; numbers are masked */
  readonly text: string
  /** what to do */
  readonly fix: string
  /** what may stand instead of [from, to); present only where one click is safe */
  readonly replacement?: string
}

/** A finding with what it is about. `matched` becomes a keyed mark and is never kept or shown. */
export interface Found extends Finding {
  readonly matched: string
}
