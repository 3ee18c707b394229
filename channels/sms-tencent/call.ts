/** One signed call to Tencent Cloud's short message service. It never throws; what came of it is a verdict. */
import { judgeAnswer, type Verdict } from '../../src/kit/json-answer.ts'
import { serverTime } from '../../src/kit/server-time.ts'
import type { Toolbox } from '../channel.ts'
import { TENCENT_SMS } from './codes.ts'
import type { TencentSmsAccount } from './settings.ts'
import { CONTENT_TYPE, tc3Authorization, tc3Timestamp } from './tc3.ts'

const VERSION = '2021-01-11'
const ANSWER_BYTES_MAX = 1024 * 1024

export interface TencentSmsLine {
  call(
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    at: Date,
    signal: AbortSignal,
  ): Promise<Verdict>
  /** the platform's clock, for questions nobody gives a time for */
  time(signal: AbortSignal): Promise<Date | undefined>
}

export function openLine(
  { settings, secret }: TencentSmsAccount,
  tools: Pick<Toolbox, 'http'>,
): TencentSmsLine {
  const { endpoint, secretId, region, answerTimeoutMs: timeoutMs } = settings
  const { origin, host } = new URL(endpoint)
  const key = { id: secretId, secret }
  return {
    async call(action, parameters, at, signal) {
      const body = JSON.stringify(parameters)
      const answer = await tools.http({
        ...{ method: 'POST', url: `${origin}/`, body, signal },
        ...{ timeoutMs, bytesMax: ANSWER_BYTES_MAX },
        headers: {
          'content-type': CONTENT_TYPE,
          'x-tc-action': action,
          'x-tc-version': VERSION,
          'x-tc-region': region,
          'x-tc-timestamp': tc3Timestamp(at),
          authorization: tc3Authorization({ host, body, key, at }),
        },
      })
      return judgeAnswer(answer, TENCENT_SMS)
    },
    time: (signal) => serverTime((request) => tools.http(request), origin, timeoutMs, signal),
  }
}
