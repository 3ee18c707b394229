/** A gateway that speaks CMPP 2.0 and 3.0 (中国移动通信互联网短信网关接口协议), written from the tables of the document.
 *  It answers each connection in the version of its login. */
import { createHash } from 'node:crypto'
import { ByteReader, ByteWriter } from '../kit/carrier/bytes.ts'
import { codedText } from '../kit/carrier/short-text.ts'
import {
  type CarrierDialect,
  type CarrierRequest,
  type CarrierSimulator,
  startCarrier,
} from './carrier.ts'
import type { CarrierOptions, CarrierWorld, Submitted } from './carrier-world.ts'

export type CmppSpoken = '2.0' | '3.0'

export function startCmppSimulator(
  version: CmppSpoken,
  options: CarrierOptions = {},
): Promise<CarrierSimulator> {
  return startCarrier(dialectOf(version), options)
}

const CONNECT = 1
const TERMINATE = 2
const SUBMIT = 4
const DELIVER = 5
const ACTIVE_TEST = 8
const RESPONSE = 0x8000_0000
const AUTHENTICATION_FAILED = 3

function dialectOf(version: CmppSpoken): CarrierDialect {
  const third = version === '3.0'
  const wide = third ? 32 : 21
  const frame = (command: number, sequence: number, body?: ByteWriter) => {
    const writer = new ByteWriter().u32(command).u32(sequence)
    return (body ? writer.bytes(body.whole()) : writer).frame()
  }
  const result = (writer: ByteWriter, code: number) => (third ? writer.u32(code) : writer.u8(code))
  const deliver = (sequence: number, message: Delivered) => {
    const { id, from, to, format, isReport, octets } = message
    const body = new ByteWriter().u64(id).fixed(to, 21).fixed('SVC', 10).u8(0).u8(0).u8(format)
    body.fixed(from, wide)
    if (third) body.u8(0)
    body
      .u8(isReport ? 1 : 0)
      .u8(octets.length)
      .bytes(octets)
      .fixed('', third ? 20 : 8)
    return frame(DELIVER, sequence, body)
  }
  let replies = 0n
  return {
    limits: { bytesMin: 12, bytesMax: 8_192 },
    codes: {
      ...{ 'refuse-recipient': 13, 'refuse-message': 6, 'unknown-code': 77, account: 5 },
      ...{ slower: 8, 'slower-once': 8, 'slower-later': 8 },
    },
    read: (bytes, world) => read(bytes, world, { third, wide, frame, result }),
    ping: (sequence) => frame(ACTIVE_TEST, sequence),
    receipt(sequence, part, state) {
      const octets = new ByteWriter()
        .u64(part.id)
        .fixed(state === 'delivered' ? 'DELIVRD' : 'MK:0001', 7)
        .fixed('2607010907', 10)
        .fixed('2607010908', 10)
        .fixed(part.number, wide)
        .u32(sequence)
        .whole()
      const said = { id: 0xdead_0000n + BigInt(sequence), from: part.number, to: part.from }
      return deliver(sequence, { ...said, format: 0, isReport: true, octets })
    },
    reply(sequence, { number, to, text }) {
      const { coding, parts } = codedText(text, 7)
      const said = { id: 0xbeef_0000n + ++replies, from: number, to, format: coding }
      return deliver(sequence, { ...said, isReport: false, octets: parts[0] ?? Buffer.alloc(0) })
    },
  }
}

interface Delivered {
  readonly id: bigint
  readonly from: string
  readonly to: string
  readonly format: number
  readonly isReport: boolean
  readonly octets: Buffer
}

interface Form {
  readonly third: boolean
  readonly wide: number
  frame(command: number, sequence: number, body?: ByteWriter): Buffer
  result(writer: ByteWriter, code: number): ByteWriter
}

function read(bytes: Buffer, world: CarrierWorld, form: Form): CarrierRequest {
  const command = bytes.readUInt32BE(4)
  const sequence = bytes.readUInt32BE(8)
  const { frame, result } = form
  const response = (command | RESPONSE) >>> 0
  if (command >= RESPONSE) {
    const reader = new ByteReader(bytes, 12)
    if (reader.left > 8) reader.bytes(8)
    return { kind: 'answer', sequence, status: reader.left >= 4 ? reader.u32() : reader.u8() }
  }
  switch (command) {
    case CONNECT: {
      const known = isKnown(bytes, world.account, form.third ? 0x30 : 0x20)
      const body = (status: number) =>
        result(new ByteWriter(), status)
          .fixed('', 16)
          .u8(form.third ? 0x30 : 0x20)
      return {
        ...{ kind: 'login', known, hears: true },
        answer: (letIn) => frame(response, sequence, body(letIn ? 0 : AUTHENTICATION_FAILED)),
      }
    }
    case SUBMIT: {
      const submitted = readSubmit(bytes, form)
      if (!submitted)
        return {
          kind: 'other',
          answer: frame(response, sequence, result(new ByteWriter().u64(0n), 1)),
        }
      return {
        ...{ kind: 'submit', submitted },
        taken: (id) => frame(response, sequence, result(new ByteWriter().u64(id), 0)),
        refused: (code) => frame(response, sequence, result(new ByteWriter().u64(0n), code)),
        nonsense: () => frame(0x8000_0008, sequence, new ByteWriter().u8(0)),
      }
    }
    case ACTIVE_TEST:
      return { kind: 'ping', answer: frame(response, sequence, new ByteWriter().u8(0)) }
    case TERMINATE:
      return { kind: 'bye', answer: frame(response, sequence) }
    default:
      return { kind: 'other' }
  }
}

/** AuthenticatorSource is MD5 over Source_Addr, nine zero bytes, the shared secret and the time. */
function isKnown(bytes: Buffer, account: CarrierWorld['account'], version: number): boolean {
  const reader = new ByteReader(bytes, 12)
  const user = reader.fixed(6)
  const digest = reader.bytes(16)
  const spoken = reader.u8()
  const time = String(reader.u32()).padStart(10, '0')
  const wanted = createHash('md5').update(`${user}${'\0'.repeat(9)}${account.secret}${time}`)
  return reader.ok && user === account.user && spoken === version && digest.equals(wanted.digest())
}

function readSubmit(bytes: Buffer, { third, wide }: Form): Submitted | undefined {
  const reader = new ByteReader(bytes, 12)
  reader.bytes(10)
  const wantsReceipt = reader.u8() === 1
  reader.bytes(1 + 10 + 1 + wide + (third ? 1 : 0) + 1)
  const hasHeader = reader.u8() === 1
  const coding = reader.u8()
  reader.bytes(6 + 2 + 6 + 17 + 17)
  const from = reader.fixed(21)
  const numbers = Array.from({ length: Math.min(99, reader.u8()) }, () => reader.fixed(wide))
  if (third) reader.u8()
  const octets = reader.bytes(reader.u8())
  reader.bytes(third ? 20 : 8)
  const [number] = numbers
  if (!reader.ok || reader.left > 0 || number === undefined) return undefined
  return { number, from, octets, coding, hasHeader, wantsReceipt }
}
