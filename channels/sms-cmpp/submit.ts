/** The CMPP_SUBMIT frames of one text, and what an answer to one of them says. */
import type { Verdict } from '../../src/kit/carrier/send-parts.ts'
import { codedText } from '../../src/kit/carrier/short-text.ts'
import { readSubmitAnswer, writeSubmit } from './pdu.ts'
import type { CmppSettings } from './settings.ts'

/** One text, ready for any number. */
export interface Script {
  /** parts that are billed */
  readonly units: number
  framesFor(number: string): readonly ((sequence: number) => Buffer)[]
}

/** `name` joins the parts on the phone. */
export function scriptOf(text: string, name: number, settings: CmppSettings): Script {
  const { parts, coding, joined } = codedText(text, name)
  const { spId, serviceId, from, fee, numberPrefix, version } = settings
  return {
    units: parts.length,
    framesFor: (number) =>
      parts.map((octets, index) => (sequence) => {
        const submit = {
          ...{ parts: parts.length, part: index + 1, hasHeader: joined, format: coding, octets },
          // One report a message: the end of its last part stands for it.
          wantsReport: index === parts.length - 1,
          ...{ spId, serviceId, from, numbers: [`${numberPrefix}${number}`] },
          ...{ feeUserType: fee.userType, feeType: fee.type, feeCode: fee.code },
        }
        return writeSubmit(sequence, submit, version)
      }),
  }
}

export function judgeSubmit(frame: Buffer, isSlower: (code: string) => boolean): Verdict {
  const answer = readSubmitAnswer(frame)
  if (!answer) return { kind: 'unreadable' }
  const code = String(answer.result)
  if (answer.result !== 0) return { kind: 'no', code, slower: isSlower(code) }
  return { kind: 'taken', id: String(answer.id) }
}
