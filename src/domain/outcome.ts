/** What an adapter answers for one recipient. It answers and never throws on purpose; what it passes on
 *  from a platform is bounded here, so that no answer can keep the log from being written. */

export type Outcome =
  /** The platform took it. `url` is set by places, `units` counts what is billed (SMS parts). */
  | {
      readonly kind: 'accepted'
      readonly reference?: string
      readonly url?: string
      readonly units?: number
      /** what else became of it: of a withdrawal whether the old message was taken back */
      readonly code?: string
      /** the platform's own time, when it says one */
      readonly at?: string
      /** true where acceptance is delivery (our own page) */
      readonly delivered?: boolean
    }
  /** Final no. Scope `message` refuses all recipients alike; `account` stops the road. */
  | {
      readonly kind: 'refused'
      readonly scope: 'recipient' | 'message' | 'account'
      readonly code: string
      readonly detail: string
    }
  /** Definitely not sent; may be tried again. */
  | {
      readonly kind: 'retry'
      readonly code: string
      readonly detail: string
      readonly notBeforeMs?: number
      /** a limit of the platform is reached: everything on the account, or to the target, has to wait */
      readonly limited?: true
    }
  /** It may have been sent; never repeated unless proven not sent or decided by a person. */
  | { readonly kind: 'unsure'; readonly code: string; readonly detail: string }
  /** Somebody else must act first: the platform's tap, its review, or a person's hand. */
  | {
      readonly kind: 'awaiting'
      readonly on: 'tap' | 'review' | 'hand'
      readonly reference?: string
      /** milliseconds from now after which it is overdue */
      readonly withinMs: number
    }

const CODE_CHARACTERS_MAX = 100
const REFERENCE_CHARACTERS_MAX = 500
const URL_CHARACTERS_MAX = 2_000
const UNITS_MAX = 1_000
const WAIT_MS_MAX = 31 * 86_400_000

/** The answer within its limits; none at all, or one nobody understands, is `unsure`. */
export function boundOutcome(outcome: Outcome | undefined): Outcome {
  switch (outcome?.kind) {
    case 'accepted':
      return boundAccepted(outcome)
    case 'refused':
    case 'unsure':
      return { ...outcome, code: line(outcome.code, CODE_CHARACTERS_MAX) }
    case 'retry': {
      const { notBeforeMs, code, ...rest } = outcome
      const wait = notBeforeMs === undefined ? {} : { notBeforeMs: milliseconds(notBeforeMs) }
      return { ...rest, ...wait, code: line(code, CODE_CHARACTERS_MAX) }
    }
    case 'awaiting': {
      const { reference, withinMs, ...rest } = outcome
      return { ...rest, ...referenceOf(reference), withinMs: milliseconds(withinMs) }
    }
    default:
      return { kind: 'unsure', code: outcome ? 'unreadable-answer' : 'no-answer', detail: '' }
  }
}

function boundAccepted(outcome: Extract<Outcome, { kind: 'accepted' }>): Outcome {
  const { reference, url, units, at, code, ...rest } = outcome
  const address = url === undefined ? undefined : line(url, URL_CHARACTERS_MAX)
  return {
    ...rest,
    ...referenceOf(reference),
    ...(code === undefined ? {} : { code: line(code, CODE_CHARACTERS_MAX) }),
    // An address cut short would lead elsewhere.
    ...(address === undefined || address !== url ? {} : { url: address }),
    ...(units === undefined ? {} : { units: wholeNumber(units, UNITS_MAX) }),
    ...(at === undefined || Number.isNaN(Date.parse(at)) ? {} : { at }),
  }
}

function referenceOf(reference: string | undefined): { reference?: string } {
  return reference === undefined ? {} : { reference: line(reference, REFERENCE_CHARACTERS_MAX) }
}

function line(text: string, charactersMax: number): string {
  return [...String(text)]
    .filter((character) => character >= ' ' && character !== '\u007f')
    .slice(0, charactersMax)
    .join('')
}

function milliseconds(value: number): number {
  return wholeNumber(value, WAIT_MS_MAX)
}

function wholeNumber(value: number, max: number): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(0, Math.ceil(value))) : 0
}
