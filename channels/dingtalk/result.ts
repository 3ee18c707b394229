/** 钉钉: whom a work notification reached, as getsendresult says it. Who stands in no list is still open. */
import { codeAt, isRecord, textsAt } from '../../src/kit/json-record.ts'
import type { Heard, Pending } from '../channel.ts'

const REACHED = ['read_user_id_list', 'unread_user_id_list'] as const
const MISSED = {
  invalid_user_id_list: 'invalid-user',
  failed_user_id_list: 'failed',
  forbidden_user_id_list: 'forbidden',
} as const

export function heardOf(
  result: unknown,
  pending: readonly Pending[],
  toGroups: boolean,
): readonly Heard[] {
  if (!isRecord(result)) return []
  const reached = new Set(REACHED.flatMap((name) => textsAt(result, name, ',')))
  const missed = new Map<string, string>()
  for (const [name, code] of Object.entries(MISSED))
    for (const user of textsAt(result, name, ',')) missed.set(user, code)
  // Why somebody was left out, where the platform says it: 143105, 143106 and others.
  const reasons = result['forbidden_list']
  for (const one of Array.isArray(reasons) ? reasons : []) {
    const code = isRecord(one) ? codeAt(one, 'code') : undefined
    if (code !== undefined && typeof one.userid === 'string') missed.set(one.userid, code)
  }
  return pending.flatMap(({ reference, address }): Heard[] => {
    const of = { kind: 'receipt' as const, reference, address }
    if (toGroups) {
      if (reached.size > 0) return [{ ...of, state: 'delivered' }]
      const [code] = missed.values()
      return code === undefined ? [] : [{ ...of, state: 'failed', code }]
    }
    if (reached.has(address)) return [{ ...of, state: 'delivered' }]
    const code = missed.get(address)
    return code === undefined ? [] : [{ ...of, state: 'failed', code }]
  })
}
