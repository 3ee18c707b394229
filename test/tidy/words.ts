/** Laws about words, which hold for every text file: papers, scripts and data included. */

interface WordLaw {
  readonly law: string
  readonly pattern: RegExp
  readonly detail: string
}

// A class around one character keeps these patterns from finding themselves.
const WORD_LAWS: readonly WordLaw[] = [
  {
    law: 'no-empty-message',
    pattern: /操作[失]败|系统[异]常/,
    detail: 'a message says what, where, the limit and the next step',
  },
  {
    law: 'nothing-left-over',
    pattern: /\b(?:T[O]DO|F[I]XME|H[A]CK)\b/,
    detail: 'finish it, or write an issue',
  },
  {
    law: 'no-machine-path',
    pattern: /(?<![\w.)\]}*-])(?:\/(?:h[o]me|U[s]ers|r[o]ot|w[o]rk)\/|[A-Z]:\\U[s]ers\\)\w/,
    detail: 'a path of one machine',
  },
]

export function textViolations(path: string, text: string) {
  const lines = text.split('\n')
  return WORD_LAWS.flatMap(({ law, pattern, detail }) => {
    const line = lines.findIndex((candidate) => pattern.test(candidate)) + 1
    return line === 0 ? [] : [{ path, line, law, detail }]
  })
}
