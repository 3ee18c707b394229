/** Sends the parts of one message in their order, each after the answer to the one before. Once a part is out,
 *  no later failure can be called "not sent". */
import type { Asked, LineFault } from './line.ts'

export type Verdict =
  | { readonly kind: 'taken'; readonly id: string }
  /** the peer's refusal; `slower`: it would take it later */
  | { readonly kind: 'no'; readonly code: string; readonly slower: boolean }
  /** an answer that says neither */
  | { readonly kind: 'unreadable' }

export type Sent =
  /** the peer's own names of the parts */
  | { readonly kind: 'taken'; readonly ids: readonly string[] }
  /** nothing was handed over */
  | ({ readonly kind: 'unsent' } & LineFault)
  /** the first part was refused, so that nothing is out */
  | { readonly kind: 'no'; readonly code: string; readonly slower: boolean }
  /** it may be out, or a piece of it is; `partsOut` were certainly taken */
  | { readonly kind: 'unsure'; readonly code: string; readonly partsOut: number }

export interface Parts {
  readonly frames: readonly ((sequence: number) => Buffer)[]
  judge(frame: Buffer): Verdict
  ask(frameOf: (sequence: number) => Buffer, signal: AbortSignal): Promise<Asked>
  /** pause before a later part is tried again that the peer wanted slower */
  readonly pauseMs: number
}

/** A message that is half out is not left at once because the peer wants it slower. */
const TRIES_A_PART_MAX = 5

export async function sendParts(parts: Parts, signal: AbortSignal): Promise<Sent> {
  const ids: string[] = []
  for (const frameOf of parts.frames) {
    const verdict = await sendPart(parts, frameOf, ids.length > 0, signal)
    if (verdict.kind === 'taken') ids.push(verdict.id)
    else if (ids.length === 0) return verdict
    else return { kind: 'unsure', code: verdict.code, partsOut: ids.length }
  }
  return { kind: 'taken', ids }
}

type PartSent = { readonly kind: 'taken'; readonly id: string } | Exclude<Sent, { kind: 'taken' }>

async function sendPart(
  { ask, judge, pauseMs }: Parts,
  frameOf: (sequence: number) => Buffer,
  begun: boolean,
  signal: AbortSignal,
): Promise<PartSent> {
  for (let tries = 1; ; tries++) {
    const asked = await ask(frameOf, signal)
    if (asked.kind === 'unsent') return asked
    if (asked.kind === 'silent') return { kind: 'unsure', code: asked.code, partsOut: 0 }
    const verdict = judge(asked.frame)
    if (verdict.kind === 'unreadable')
      return { kind: 'unsure', code: 'unreadable-answer', partsOut: 0 }
    const again = begun && verdict.kind === 'no' && verdict.slower && tries < TRIES_A_PART_MAX
    if (!again || signal.aborted) return verdict
    await pause(pauseMs, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
