/** What was answered to a request that named an Idempotency-Key, so that its repetition is answered
 *  alike and done once. */

export interface RequestMark {
  readonly agencyId: number
  /** who asks, such as `person/12` or `key/3`: two of them may choose the same key */
  readonly actor: string
  readonly key: string
}

/** This process carries the request out; whoever took it over holds another token. */
export interface AnswerClaim extends RequestMark {
  readonly token: string
}

export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Claimed =
  | { readonly kind: 'mine'; readonly claim: AnswerClaim }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** somebody else is at it */
  | { readonly kind: 'running' }
  /** the same key stood on another request */
  | { readonly kind: 'reused' }
  /** done, and whoever did it died before the answer was kept */
  | { readonly kind: 'unknown' }

export interface Answers {
  claim(mark: RequestMark & { readonly route: string; readonly body: Uint8Array }): Promise<Claimed>
  keep(claim: AnswerClaim, answer: KeptAnswer): Promise<void>
  /** Gives a claim back; false when what was asked for is written already. */
  release(claim: AnswerClaim): Promise<boolean>
}

/** Inside the transaction that writes what was asked for. */
export interface AnswerPort {
  /** Commits with the work or not at all.
   *  @throws Error when the claim was taken over meanwhile, so that nothing is done twice. */
  markCarriedOut(claim: AnswerClaim): Promise<void>
}
