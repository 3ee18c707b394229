/** What became of one message on the line, as an outcome. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { LineFault } from '../../src/kit/carrier/line.ts'
import type { Sent } from '../../src/kit/carrier/send-parts.ts'
import { referenceOf } from './hearing.ts'
import type { SmppSettings } from './settings.ts'
import { outcomeOfLogin, outcomeOfStatus } from './status.ts'

export const BAD_NUMBER: Outcome = {
  ...{ kind: 'refused', scope: 'recipient', code: 'address-invalid' },
  detail: '不是11位手机号，收不到短信，请在通讯录中更正',
}
export const TOO_LONG: Outcome = {
  ...{ kind: 'refused', scope: 'message', code: 'too-long' },
  detail: '填入链接后超过条数上限，或没有内容，请修改正文后重新签发',
}
export const UNSENT: Outcome = {
  ...{ kind: 'retry', code: 'abort', detail: '发送被中止，短信没有发出' },
}

/** What a message is told that was never begun, because the line had failed before it. */
export function untried(stopped: Outcome): Outcome {
  const code = 'code' in stopped ? stopped.code : 'stopped'
  if (stopped.kind === 'retry') return stopped
  return { kind: 'retry', code, detail: '同一批的前一条被整体拒绝，这一条没有尝试' }
}

export function outcomeOf(sent: Sent, units: number, settings: SmppSettings): Outcome {
  switch (sent.kind) {
    case 'taken': {
      // The receipt is asked for with the last part.
      const reference = referenceOf(sent.ids.at(-1) ?? '', settings.receiptIds)
      return { kind: 'accepted', reference, units }
    }
    case 'unsent':
      return outcomeOfFault(sent, settings)
    case 'no':
      return outcomeOfStatus(sent.code, settings.errors, settings.slowerMs)
    case 'unsure': {
      const detail =
        sent.partsOut > 0
          ? `长短信的前 ${sent.partsOut} 段已被收下，后面的没有发全`
          : '已交给运营商的连接，没有收到答复，可能已经收下'
      return { kind: 'unsure', code: sent.code, detail }
    }
  }
}

export function outcomeOfFault(fault: LineFault, { errors }: SmppSettings): Outcome {
  const { code, refused, restMs } = fault
  if (refused && /^\d+$/.test(code)) return outcomeOfLogin(code, errors, restMs)
  if (code === 'abort') return UNSENT
  const detail = refused
    ? '登录没有得到看得懂的答复，短信没有发出，请核对端口和协议'
    : '连不上运营商网关，短信没有发出，请检查地址、端口和网络'
  return { kind: 'retry', code, detail, ...(restMs > 0 ? { notBeforeMs: restMs } : {}) }
}
