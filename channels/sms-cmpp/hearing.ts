/** What a CMPP_DELIVER tells: the end of a message, or what somebody wrote back. An intermediate state is no
 *  end, and a report that names no message is not heard. */
import { textOfOctets, withoutHeader } from '../../src/kit/carrier/short-text.ts'
import type { Heard } from '../channel.ts'
import { mobileOf } from './number.ts'
import { type Deliver, readReport } from './pdu.ts'

const REPLY_CHARACTERS_MAX = 2_000
const DELIVERED = 'DELIVRD'
/** on the way, or nobody knows: a later report may still say how it ended */
const NO_ENDS: readonly string[] = ['', 'ACCEPTD', 'ENROUTE', 'UNKNOWN']

export function heardOf(deliver: Deliver): Heard | undefined {
  return deliver.isReport ? receiptOf(deliver) : replyOf(deliver)
}

/** Besides the seven states of the document, gateways put codes of their own there for what failed. */
function receiptOf({ octets }: Deliver): Heard | undefined {
  const report = readReport(octets)
  if (!report || NO_ENDS.includes(report.stat.toUpperCase())) return undefined
  const stat = report.stat.toUpperCase()
  const at = timeOf(report.doneAt)
  return {
    ...{ kind: 'receipt', reference: String(report.id), code: stat },
    state: stat === DELIVERED ? 'delivered' : 'failed',
    ...(at ? { at } : {}),
  }
}

/** `YYMMDDHHMM` by the clock of China. */
function timeOf(written: string): Date | undefined {
  const [, year, month, day, hour, minute] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(written) ?? []
  if (year === undefined) return undefined
  const at = new Date(`20${year}-${month}-${day}T${hour}:${minute}:00+08:00`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

function replyOf(deliver: Deliver): Heard | undefined {
  const from = mobileOf(deliver.from)
  if (from === undefined) return undefined
  const { octets, part } = deliver.hasHeader
    ? withoutHeader(deliver.octets)
    : { octets: deliver.octets, part: undefined }
  const text = textOfOctets(octets, deliver.format)
  if (text === undefined) return undefined
  const said = part ? `（${part.place}/${part.of}）${text}` : text
  const id = String(deliver.id)
  return { kind: 'reply', from, id, text: [...said].slice(0, REPLY_CHARACTERS_MAX).join('') }
}
