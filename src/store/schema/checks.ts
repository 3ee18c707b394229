/** Tables of 0006-checks: what checks found, who answered, prints of texts, the agency's words. */
import type { Generated } from 'kysely'
import type { WordKind } from '../../domain/checks/dictionary.ts'
import type { Severity } from '../../domain/checks/finding.ts'
import type { DayOrNull, Moment, MomentOrNull, Nullable } from './columns.ts'

export interface CheckTables {
  dictionary_word: {
    agency_id: number
    id: Generated<number>
    word: string
    kind: WordKind
    severity: Severity
    instead: Nullable<string>
    why: string
    unless: Generated<string[]>
    since: DayOrNull
    added_by: number
    added_at: Moment
    retired_by: Nullable<number>
    retired_at: MomentOrNull
  }
  check_run: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    revision: number
    hash: Buffer
    dictionary_version: string
    at: Moment
    checked_by: Nullable<number>
    stops: number
    asks: number
    hints: number
    ask_keys: string[]
    findings_hash: Buffer
  }
  check_answer: {
    agency_id: number
    id: Generated<number>
    bulletin_id: number
    run_id: number
    finding_key: string
    answer: string
    answered_by: number
    at: Moment
  }
  text_print: {
    agency_id: number
    bulletin_id: number
    revision: number
    title_mark: Buffer
    shingles: number
    sketch: number[]
    at: Moment
  }
}
