/** Codes, statuses and silence: what each means for a message, and which of them stops the next call. */
import { describe, expect, it } from 'vitest'
import {
  type CodeTable,
  outcomeOfCode,
  outcomeOfSilence,
  outcomeOfStatus,
  stopsAccount,
  untried,
} from '../../src/domain/platform-code.ts'

const TABLE: CodeTable = {
  '1': { means: 'recipient', text: '没有这个人' },
  '2': { means: 'account', text: '密钥不对' },
  '3': { means: 'limited', text: '太快', waitMs: 600_000 },
  '4': { means: 'retry', text: '忙' },
  '5': { means: 'unsure', text: '说不清' },
}

describe('a code', () => {
  it('means what the table says', () => {
    expect(outcomeOfCode(TABLE, 1)).toMatchObject({ kind: 'refused', scope: 'recipient' })
    expect(outcomeOfCode(TABLE, '2')).toMatchObject({ kind: 'refused', scope: 'account' })
    expect(outcomeOfCode(TABLE, 3)).toEqual({
      ...{ kind: 'retry', code: '3', detail: '太快', notBeforeMs: 600_000, limited: true },
    })
    expect(outcomeOfCode(TABLE, 4)).toEqual({ kind: 'retry', code: '4', detail: '忙' })
    expect(outcomeOfCode(TABLE, 5)).toMatchObject({ kind: 'unsure', code: '5' })
  })

  it('that is unknown is refused, also when it has the name of something else', () => {
    for (const code of ['9', 'toString', '__proto__', 'constructor'])
      expect(outcomeOfCode(TABLE, code)).toMatchObject({ kind: 'refused', scope: 'message', code })
    expect(outcomeOfCode(TABLE, '密钥 abc')).toMatchObject({ code: 'unreadable-code' })
  })
})

describe('without a code', () => {
  it('a status tells apart what was not taken from what may have been', () => {
    const kinds = [401, 429, 408, 500, 302, 200, 418].map((status) => outcomeOfStatus(status).kind)
    expect(kinds).toEqual(['refused', 'retry', 'unsure', 'unsure', 'refused', 'unsure', 'refused'])
    expect(outcomeOfStatus(429)).toMatchObject({ limited: true })
    expect(outcomeOfStatus(401)).toMatchObject({ scope: 'account' })
    expect(outcomeOfStatus(418)).toMatchObject({ scope: 'message' })
  })

  it('silence: certainly not sent without a connection, in doubt after it', () => {
    expect(outcomeOfSilence({ kind: 'unreachable', code: 'ECONNREFUSED' }).kind).toBe('retry')
    expect(outcomeOfSilence({ kind: 'lost', code: 'UND_ERR_SOCKET' }).kind).toBe('unsure')
    const none = outcomeOfSilence({ kind: 'unreachable', code: 'ERR_INVALID_URL' })
    expect(none).toMatchObject({ kind: 'refused', scope: 'account' })
  })
})

it('stops what would meet the same, and tells the rest that it was not tried', () => {
  const refused = outcomeOfCode(TABLE, 2)
  expect(stopsAccount(refused)).toBe(true)
  expect(stopsAccount(outcomeOfCode(TABLE, 4))).toBe(true)
  for (const code of [1, 3, 5]) expect(stopsAccount(outcomeOfCode(TABLE, code))).toBe(false)
  expect(untried(refused)).toMatchObject({ kind: 'retry', code: '2' })
  const busy = outcomeOfCode(TABLE, 4)
  expect(untried(busy)).toBe(busy)
})
