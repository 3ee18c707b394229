/** What an adapter answers for one recipient. It answers and never throws on purpose. */

export type Outcome =
  /** The platform took it. `url` is set by places, `units` counts what is billed (SMS parts). */
  | {
      readonly kind: 'accepted'
      readonly reference?: string
      readonly url?: string
      readonly units?: number
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
