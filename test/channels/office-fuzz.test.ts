/** Answers no office platform would give: nothing is thrown, and only a clear yes counts as taken. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HttpAnswer } from '../../channels/channel.ts'
import { readAnswer as readDingtalk } from '../../channels/dingtalk/answer.ts'
import { heardOf } from '../../channels/dingtalk/result.ts'
import { readAnswer as readFeishu } from '../../channels/feishu-robot/answer.ts'
import { readAnswer as readWecom } from '../../channels/wecom/answer.ts'

const RUNS = 30_000
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(0, '0', 1, -1, '88', 88, 40014, 45009, 130101, '310000', 11232, 19021, null),
)
const names = ['errcode', 'sub_code', 'errmsg', 'code', 'StatusCode', 'msg'] as const
const body = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.json({ maxDepth: 1 }).map((text) => Buffer.from(text)),
  fc
    .record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] })
    .map((record) => Buffer.from(JSON.stringify(record))),
)
const answer = fc.record({
  kind: fc.constant('answer' as const),
  status: fc.integer({ min: 100, max: 599 }),
  headers: fc.constant({}),
  body,
})

/** The code the platform gave, as it stands in the text. */
function given({ body: bytes }: Extract<HttpAnswer, { kind: 'answer' }>, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))[name]
  } catch {
    return undefined
  }
}

const isZero = (value: unknown) => value === 0 || value === '0'

it('企业微信', () => {
  fc.assert(
    fc.property(answer, (one) => {
      if (readWecom(one).kind === 'taken') expect(isZero(given(one, 'errcode'))).toBe(true)
    }),
    { numRuns: RUNS },
  )
})

it('钉钉', () => {
  fc.assert(
    fc.property(answer, (one) => {
      if (readDingtalk(one).kind === 'taken') expect(isZero(given(one, 'errcode'))).toBe(true)
    }),
    { numRuns: RUNS },
  )
})

it('飞书', () => {
  fc.assert(
    fc.property(answer, (one) => {
      if (readFeishu(one).outcome.kind !== 'accepted') return
      expect(isZero(given(one, 'code')) || isZero(given(one, 'StatusCode'))).toBe(true)
    }),
    { numRuns: RUNS },
  )
})

it('what became of a work notification: each heard once at most, and only who was asked about', () => {
  const lists = ['read_user_id_list', 'unread_user_id_list', 'invalid_user_id_list'] as const
  const users = fc.oneof(anything, fc.array(fc.constantFrom('a', 'b', 'c')), fc.constant('a,b'))
  const reasons = fc.array(fc.record({ userid: anything, code: anything }, { requiredKeys: [] }))
  const result = fc.record(
    {
      ...Object.fromEntries(lists.map((name) => [name, users])),
      ...{ forbidden_list: fc.oneof(anything, reasons) },
    },
    { requiredKeys: [] },
  )
  const pending = ['a', 'b'].map((address) => ({
    ...{ reference: '1', address, title: '通知', act: 'notify' as const },
    sentAt: new Date(0),
  }))
  fc.assert(
    fc.property(fc.oneof(anything, result), fc.boolean(), (one, toGroups) => {
      const heard = heardOf(one, pending, toGroups)
      const addresses = heard.map((each) => (each.kind === 'receipt' ? each.address : ''))
      expect(new Set(addresses).size).toBe(addresses.length)
      for (const address of addresses) expect(['a', 'b']).toContain(address)
    }),
    { numRuns: RUNS },
  )
})
