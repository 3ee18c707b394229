/** Asks the gateway, by our own name of a call, what became of it. Only a gateway that can miss nothing
 *  makes a call it does not know `retry`; otherwise the doubt stays. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { segmentsOf } from '../../src/kit/segments.ts'
import type { Recipient, SendBatch, Toolbox } from '../channel.ts'
import { BAD_NUMBER } from './answer.ts'
import type { Gateway } from './gateway.ts'
import { ask } from './inquiry.ts'
import { TEXT } from './message.ts'
import { mobileOf } from './number.ts'
import type { Account } from './request.ts'
import { holds, recordsAt, textAt } from './tree.ts'

type LookUp = NonNullable<Gateway['lookUp']>

const DOUBTFUL: Outcome = {
  kind: 'unsure',
  code: 'look-up-open',
  detail: '网关没有说清这条短信是否收下，请稍后再查，或由值班人员决定',
}
const NOT_TAKEN: Outcome = {
  kind: 'retry',
  code: 'not-taken',
  detail: '网关查不到这条短信，确认没有收下，可以重发',
}

export async function lookUpAll(
  tools: { readonly account: Account; readonly tools: Toolbox; readonly lookUp: LookUp },
  groups: readonly {
    readonly indexes: readonly number[]
    readonly recipients: readonly Recipient[]
    readonly fields: SendBatch['fields']
    readonly key: string
  }[],
  batch: SendBatch,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const { account, lookUp } = tools
  const outcomes: Outcome[] = batch.recipients.map(() => BAD_NUMBER)
  for (const { indexes, recipients, fields, key } of groups) {
    const number = mobileOf(recipients[0]?.address ?? '') ?? ''
    const values = { key, number }
    const tree = signal.aborted
      ? undefined
      : await ask(account, tools.tools, lookUp.call, lookUp, values, signal, batch.at)
    const { parts } = segmentsOf(fields[TEXT] ?? '')
    for (const [place, index] of indexes.entries())
      outcomes[index] = found(tree, lookUp, recipients[place]?.address ?? '', parts)
  }
  return outcomes
}

function found(tree: unknown, lookUp: LookUp, address: string, parts: number): Outcome {
  if (tree === undefined || !holds(tree, lookUp.success)) return DOUBTFUL
  const row = recordsAt(tree, lookUp.list).find(
    (one) => mobileOf(textAt(one, lookUp.number) ?? '') === mobileOf(address),
  )
  if (row === undefined) return lookUp.absent === 'unsent' ? NOT_TAKEN : DOUBTFUL
  const reference = textAt(row, lookUp.reference)
  return { kind: 'accepted', units: parts, ...(reference ? { reference } : {}) }
}
