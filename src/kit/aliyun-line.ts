/** Signed calls to one of Alibaba Cloud's products, and the product's clock. It never throws; what came of a
 *  call is a verdict by the product's own code table. */
import { type Acs3Key, acs3Request } from './aliyun-acs3.ts'
import { sha256Hex } from './hash.ts'
import type { WebAnswer, WebRequest } from './http.ts'
import { type Denial, judgeAnswer, textMember, type Vendor, type Verdict } from './json-answer.ts'
import { serverTime } from './server-time.ts'

const ANSWER_BYTES_MAX = 1024 * 1024
const LIMITED = 'isv.BUSINESS_LIMIT_CONTROL'

export interface AliyunLine {
  call(
    action: string,
    said: {
      readonly parameters: Readonly<Record<string, string>>
      readonly form?: Readonly<Record<string, string>>
    },
    at: Date,
    signal: AbortSignal,
  ): Promise<Verdict>
  /** for questions nobody gives a time for */
  time(signal: AbortSignal): Promise<Date | undefined>
}

export interface AliyunProduct {
  readonly endpoint: string
  /** of its interface, a date */
  readonly version: string
  readonly key: Acs3Key
  readonly vendor: Vendor
  readonly timeoutMs: number
}

export function openAliyunLine(
  { endpoint, version, key, vendor, timeoutMs }: AliyunProduct,
  http: (request: WebRequest) => Promise<WebAnswer>,
): AliyunLine {
  let calls = 0
  return {
    async call(action, said, at, signal) {
      calls += 1
      const words = `${key.id} ${action} ${JSON.stringify(said)} ${at.toISOString()} ${calls}`
      const request = acs3Request({
        ...{ endpoint, action, version, key, at, ...said },
        // Two questions of one second must not look like one that is replayed.
        nonce: sha256Hex(words).slice(0, 32),
      })
      const answer = await http({
        ...{ method: 'POST', ...request, timeoutMs, bytesMax: ANSWER_BYTES_MAX, signal },
      })
      const verdict = judgeAnswer(answer, vendor)
      return verdict.kind === 'taken' ? verdict : ofOneNumber(verdict, vendor, answer)
    },
    time: (signal) => serverTime(http, new URL(endpoint).origin, timeoutMs, signal),
  }
}

/** 触发分钟级流控Permits:1, 触发小时级…, 触发天级…: what stands beside the code decides how long the number has
 *  to wait; a day is longer than a message keeps. */
function ofOneNumber(denial: Denial, { name }: Vendor, answer: WebAnswer): Denial {
  if (denial.kind !== 'retry' || denial.code !== LIMITED) return denial
  const message = answer.kind === 'answer' ? messageOf(answer.body) : ''
  if (message.includes('天级'))
    return {
      ...{ kind: 'refused', scope: 'recipient', code: LIMITED },
      detail: `${name}：这个号码今天到了上限，请改用别的方式通知`,
    }
  return message.includes('分钟级') ? { ...denial, notBeforeMs: 60_000 } : denial
}

function messageOf(body: Uint8Array): string {
  try {
    return textMember(JSON.parse(Buffer.from(body).toString('utf8')), 'Message') ?? ''
  } catch {
    return ''
  }
}
