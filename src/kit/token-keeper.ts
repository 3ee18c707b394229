/** A platform's access token, fetched when it is first needed and kept until the platform says that it has
 *  run out; whoever asks meanwhile waits for the same fetch. It knows no clock. */

export type TokenAnswer<F> = { readonly token: string } | { readonly fault: F }

export interface TokenKeeper<F> {
  take(): Promise<TokenAnswer<F>>
  /** forgets the token, unless a newer one has come meanwhile */
  drop(token: string): void
}

export function keepToken<F>(fetch: () => Promise<TokenAnswer<F>>): TokenKeeper<F> {
  let kept: string | undefined
  let underWay: Promise<TokenAnswer<F>> | undefined
  const fetchOnce = async () => {
    try {
      const answer = await fetch()
      if ('token' in answer) kept = answer.token
      return answer
    } finally {
      underWay = undefined
    }
  }
  return {
    async take() {
      if (kept !== undefined) return { token: kept }
      underWay ??= fetchOnce()
      return underWay
    },
    drop(token) {
      if (kept === token) kept = undefined
    },
  }
}
