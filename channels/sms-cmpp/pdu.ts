/** The frames of CMPP 2.0 and 3.0 (中国移动通信互联网短信网关接口协议, chapters 7 and 8) as far as a sender needs them.
 *  The two differ in the width of numbers, results and tails. Reading refuses whatever is shorter than its
 *  own fields and never throws. */
import { ByteReader, ByteWriter } from '../../src/kit/carrier/bytes.ts'

export const COMMAND = {
  connect: 0x0000_0001,
  terminate: 0x0000_0002,
  submit: 0x0000_0004,
  deliver: 0x0000_0005,
  activeTest: 0x0000_0008,
} as const
export const ANSWER = 0x8000_0000
export const HEAD_BYTES = 12
/** the longest submission to 99 numbers has 3,491 bytes; nothing longer comes back */
export const FRAME_BYTES_MAX = 8_192

export type CmppVersion = '2.0' | '3.0'

interface Layout {
  /** the byte of CMPP_CONNECT */
  readonly version: number
  readonly numberBytes: number
  /** bytes of Status and Result */
  readonly result: 'u8' | 'u32'
  readonly hasNumberType: boolean
  /** LinkID of 3.0, Reserve of 2.0 */
  readonly tailBytes: number
}

const LAYOUTS: Readonly<Record<CmppVersion, Layout>> = {
  '2.0': { version: 0x20, numberBytes: 21, result: 'u8', hasNumberType: false, tailBytes: 8 },
  '3.0': { version: 0x30, numberBytes: 32, result: 'u32', hasNumberType: true, tailBytes: 20 },
}

export interface Head {
  readonly command: number
  readonly sequence: number
}

export interface Connect {
  readonly spId: string
  readonly authenticator: Buffer
  /** MMDDHHMMSS as a number */
  readonly timestamp: number
}

export interface Submit {
  readonly parts: number
  /** from 1 */
  readonly part: number
  readonly wantsReport: boolean
  readonly serviceId: string
  readonly feeUserType: number
  readonly feeType: string
  readonly feeCode: string
  readonly hasHeader: boolean
  readonly format: number
  readonly spId: string
  readonly from: string
  readonly numbers: readonly string[]
  readonly octets: Buffer
}

export interface Deliver {
  readonly id: bigint
  readonly to: string
  readonly from: string
  readonly hasHeader: boolean
  readonly format: number
  readonly isReport: boolean
  readonly octets: Buffer
}

/** The content of a CMPP_DELIVER whose Registered_Delivery is 1. */
export interface Report {
  readonly id: bigint
  readonly stat: string
  /** YYMMDDHHMM */
  readonly doneAt: string
  readonly number: string
}

export function headOf(frame: Buffer): Head {
  return { command: frame.readUInt32BE(4), sequence: frame.readUInt32BE(8) }
}

function writerOf({ command, sequence }: Head): ByteWriter {
  return new ByteWriter().u32(command).u32(sequence)
}

/** CMPP_ACTIVE_TEST, CMPP_TERMINATE and the answer to the latter have no body. */
export function writeBare(head: Head): Buffer {
  return writerOf(head).frame()
}

export function writeActiveAnswer(sequence: number): Buffer {
  return writerOf({ command: (COMMAND.activeTest | ANSWER) >>> 0, sequence })
    .u8(0)
    .frame()
}

export function writeConnect(sequence: number, connect: Connect, version: CmppVersion): Buffer {
  return writerOf({ command: COMMAND.connect, sequence })
    .fixed(connect.spId, 6)
    .bytes(connect.authenticator)
    .u8(LAYOUTS[version].version)
    .u32(connect.timestamp)
    .frame()
}

export function writeSubmit(sequence: number, submit: Submit, version: CmppVersion): Buffer {
  const { numberBytes, hasNumberType, tailBytes } = LAYOUTS[version]
  // The gateway names the message; the field is empty on the way to it.
  const writer = writerOf({ command: COMMAND.submit, sequence }).u64(0n)
  writer
    .u8(submit.parts)
    .u8(submit.part)
    .u8(submit.wantsReport ? 1 : 0)
    .u8(0)
  writer.fixed(submit.serviceId, 10).u8(submit.feeUserType).fixed('', numberBytes)
  if (hasNumberType) writer.u8(0)
  writer
    .u8(0)
    .u8(submit.hasHeader ? 1 : 0)
    .u8(submit.format)
    .fixed(submit.spId, 6)
  writer.fixed(submit.feeType, 2).fixed(submit.feeCode, 6).fixed('', 17).fixed('', 17)
  writer.fixed(submit.from, 21).u8(submit.numbers.length)
  for (const number of submit.numbers) writer.fixed(number, numberBytes)
  if (hasNumberType) writer.u8(0)
  return writer.u8(submit.octets.length).bytes(submit.octets).fixed('', tailBytes).frame()
}

export function writeDeliverAnswer(frame: Buffer, version: CmppVersion): Buffer | undefined {
  const deliver = readDeliver(frame, version)
  if (!deliver) return undefined
  const command = (COMMAND.deliver | ANSWER) >>> 0
  const writer = writerOf({ command, sequence: headOf(frame).sequence }).u64(deliver.id)
  return writer[LAYOUTS[version].result](0).frame()
}

/** Status of a login. A gateway may answer in the form of the other version, which its length shows. */
export function readConnectAnswer(frame: Buffer): number | undefined {
  if (headOf(frame).command !== (COMMAND.connect | ANSWER) >>> 0) return undefined
  const reader = new ByteReader(frame, HEAD_BYTES)
  const status = reader.left === 18 ? reader.u8() : reader.u32()
  reader.bytes(17)
  return reader.ok ? status : undefined
}

export function readSubmitAnswer(
  frame: Buffer,
): { readonly id: bigint; readonly result: number } | undefined {
  if (headOf(frame).command !== (COMMAND.submit | ANSWER) >>> 0) return undefined
  const reader = new ByteReader(frame, HEAD_BYTES)
  const id = reader.u64()
  const result = reader.left < 4 ? reader.u8() : reader.u32()
  return reader.ok ? { id, result } : undefined
}

export function readDeliver(frame: Buffer, version: CmppVersion): Deliver | undefined {
  if (headOf(frame).command !== COMMAND.deliver) return undefined
  const { numberBytes, hasNumberType, tailBytes } = LAYOUTS[version]
  const reader = new ByteReader(frame, HEAD_BYTES)
  const id = reader.u64()
  const to = reader.fixed(21)
  reader.bytes(11)
  const hasHeader = reader.u8() !== 0
  const format = reader.u8()
  const from = reader.fixed(numberBytes)
  if (hasNumberType) reader.u8()
  const isReport = reader.u8() === 1
  const octets = reader.bytes(reader.u8())
  reader.bytes(tailBytes)
  return reader.ok ? { id, to, from, hasHeader, format, isReport, octets } : undefined
}

/** Undefined for a content that is shorter than a report of CMPP 2.0. */
export function readReport(octets: Buffer): Report | undefined {
  const reader = new ByteReader(octets)
  const id = reader.u64()
  const stat = reader.fixed(7)
  reader.bytes(10)
  const doneAt = reader.fixed(10)
  const number = reader.fixed(reader.left >= 36 ? 32 : 21)
  reader.bytes(4)
  return reader.ok ? { id, stat, doneAt, number } : undefined
}
