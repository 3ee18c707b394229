/** OneBot 11 over HTTP: one POST an action, the token in a header and never in an address. */
import { outcomeOfSilence, outcomeOfStatus } from '../../src/domain/platform-code.ts'
import { codeAt, jsonRecord } from '../../src/kit/json-record.ts'
import type { Toolbox } from '../channel.ts'
import type { Caller } from './answer.ts'

const ANSWER_BYTES_MAX = 256 * 1_024

export function openHttpCaller(
  {
    url,
    token,
    answerTimeoutMs,
  }: { url: string; token: string | undefined; answerTimeoutMs: number },
  tools: Toolbox,
): Caller {
  const base = url.replace(/\/$/, '')
  return {
    async call(action, parameters, signal) {
      const answer = await tools.http({
        ...{ method: 'POST', url: `${base}/${action}`, body: JSON.stringify(parameters) },
        ...{ timeoutMs: answerTimeoutMs, bytesMax: ANSWER_BYTES_MAX },
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(signal ? { signal } : {}),
      })
      if (answer.kind !== 'answer') return { kind: 'silent', outcome: outcomeOfSilence(answer) }
      const record = jsonRecord(answer.body)
      // The statuses 400 to 406 of the standard come with no body, or with one of the client's own.
      if (record === undefined || codeAt(record, 'retcode') === undefined || answer.status >= 400)
        return { kind: 'silent', outcome: outcomeOfStatus(answer.status) }
      return { kind: 'said', record }
    },
    close: () => undefined,
  }
}
