/** What the Result of a CMPP_SUBMIT_RESP and the Status of a CMPP_CONNECT_RESP mean (CMPP 2.0 §7.4, 3.0 §8.4); the
 *  gateway's own numbers come from the settings. A number nobody knows is refused and never tried again. */
import type { Outcome } from '../../src/domain/outcome.ts'

export const MEANINGS = ['retry', 'slower', 'recipient', 'message', 'account', 'unsure'] as const
export type Meaning = (typeof MEANINGS)[number]

export interface ResultRow {
  /** `slower`: not taken because it came too fast; the account waits */
  readonly means: Meaning
  readonly text: string
}
export type ResultTable = Readonly<Record<string, ResultRow>>

const RESULTS: ResultTable = {
  1: { means: 'account', text: '消息结构错，请核对 version' },
  2: { means: 'account', text: '命令字错，请核对 version' },
  3: { means: 'unsure', text: '消息序号重复，不知道收下的是哪一条' },
  4: { means: 'message', text: '消息长度错' },
  5: { means: 'account', text: '资费代码错，请核对 fee' },
  6: { means: 'message', text: '超过最大信息长' },
  7: { means: 'account', text: '业务代码错，请核对 serviceId' },
  8: { means: 'slower', text: '流量控制错，发送过快' },
  9: { means: 'message', text: '网关拒绝，没有说明原因（其他错误）' },
  10: { means: 'account', text: '接入号错，请核对 from' },
  11: { means: 'account', text: '企业代码错，请核对 spId' },
  12: { means: 'account', text: '计费号码错，请核对 fee' },
  13: { means: 'recipient', text: '接收号码错' },
}

const LOGINS: Readonly<Record<string, string>> = {
  1: '消息结构错，请核对 version',
  2: '非法源地址，请核对 spId，并确认本机出口 IP 已报备',
  3: '认证错，请核对密码和本机时间',
  4: '版本太高，请核对 version',
  5: '其他错误，可能是连接数已满，请联系运营商',
}

function rowOf(code: string, errors: ResultTable): ResultRow | undefined {
  if (Object.hasOwn(errors, code)) return errors[code]
  return Object.hasOwn(RESULTS, code) ? RESULTS[code] : undefined
}

export function isSlower(code: string, errors: ResultTable): boolean {
  return rowOf(code, errors)?.means === 'slower'
}

/** The answer to the first part of a message: nothing of it is out. */
export function outcomeOfResult(code: string, errors: ResultTable, slowerMs: number): Outcome {
  const row = rowOf(code, errors)
  if (!row) {
    const detail = `网关拒绝，返回码 ${code} 不在错误表中；请查对方文档后补入 errors`
    return { kind: 'refused', scope: 'message', code, detail }
  }
  const said = { code, detail: row.text }
  switch (row.means) {
    case 'retry':
      return { kind: 'retry', ...said }
    case 'slower':
      return { kind: 'retry', ...said, notBeforeMs: slowerMs, limited: true }
    case 'unsure':
      return { kind: 'unsure', ...said }
    default:
      return { kind: 'refused', scope: row.means, ...said }
  }
}

/** A refused login is the account's: a repeated one may lock it. */
export function outcomeOfLogin(code: string): Outcome {
  const text = Object.hasOwn(LOGINS, code) ? LOGINS[code] : `状态码 ${code} 不在文档中`
  const detail = `没有登录成功，短信没有发出：${text}`
  return { kind: 'refused', scope: 'account', code: `connect-${code}`, detail }
}
