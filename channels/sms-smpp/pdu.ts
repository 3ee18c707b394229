/** The frames of SMPP 3.4 (SMPP Protocol Specification v3.4, issue 1.2, chapters 4 and 5) as far as a sender needs
 *  them. Reading refuses whatever is shorter than its own fields and never throws. */
import { ByteReader, ByteWriter } from '../../src/kit/carrier/bytes.ts'

export const COMMAND = {
  genericNack: 0x8000_0000,
  bindReceiver: 0x0000_0001,
  bindTransmitter: 0x0000_0002,
  submit: 0x0000_0004,
  deliver: 0x0000_0005,
  unbind: 0x0000_0006,
  bindTransceiver: 0x0000_0009,
  enquireLink: 0x0000_0015,
} as const
export const ANSWER = 0x8000_0000
export const HEAD_BYTES = 16
/** a message_payload of 64 KiB and everything around it */
export const FRAME_BYTES_MAX = 70_000
const SMPP_VERSION = 0x34

/** Optional parameters, by the tags of chapter 5.3.2. */
export const TAG = {
  networkErrorCode: 0x0423,
  messagePayload: 0x0424,
  messageState: 0x0427,
  receiptedMessageId: 0x001e,
} as const

export interface Head {
  readonly command: number
  readonly status: number
  readonly sequence: number
}

export interface Bind {
  readonly kind: 'bind'
  readonly systemId: string
  readonly password: string
  readonly systemType: string
  readonly addressRange: string
}

/** submit_sm and deliver_sm have the same fields. */
export interface Message {
  readonly kind: 'message'
  readonly serviceType: string
  readonly source: Address
  readonly destination: Address
  readonly esmClass: number
  readonly registeredDelivery: number
  readonly dataCoding: number
  readonly octets: Buffer
}

export interface Address {
  readonly ton: number
  readonly npi: number
  readonly address: string
}

/** The name of a system (bind) or of a message (submit, deliver). */
export interface Named {
  readonly kind: 'named'
  readonly name: string
}

export type Body = Bind | Message | Named | { readonly kind: 'empty' }

export interface Pdu extends Head {
  readonly body: Body
  readonly options: ReadonlyMap<number, Buffer>
}

const NO_OPTIONS: ReadonlyMap<number, Buffer> = new Map()
const EMPTY = { kind: 'empty' } as const

export function headOf(frame: Buffer): Head {
  return {
    command: frame.readUInt32BE(4),
    status: frame.readUInt32BE(8),
    sequence: frame.readUInt32BE(12),
  }
}

export function writePdu(
  { command, status, sequence }: Head,
  body: Body = EMPTY,
  options: ReadonlyMap<number, Buffer> = NO_OPTIONS,
): Buffer {
  const writer = new ByteWriter().u32(command).u32(status).u32(sequence)
  switch (body.kind) {
    case 'bind':
      writer.cString(body.systemId).cString(body.password).cString(body.systemType)
      writer.u8(SMPP_VERSION).u8(0).u8(0).cString(body.addressRange)
      break
    case 'message':
      writeMessage(writer, body)
      break
    case 'named':
      writer.cString(body.name)
      break
    case 'empty':
      break
  }
  for (const [tag, value] of options) writer.u16(tag).u16(value.length).bytes(value)
  return writer.frame()
}

function writeMessage(writer: ByteWriter, body: Message): void {
  const { source, destination } = body
  writer.cString(body.serviceType)
  for (const { ton, npi, address } of [source, destination]) writer.u8(ton).u8(npi).cString(address)
  // Protocol id and priority are the network's own; no schedule, no period of validity of ours.
  writer.u8(body.esmClass).u8(0).u8(0).cString('').cString('')
  writer.u8(body.registeredDelivery).u8(0).u8(body.dataCoding).u8(0)
  writer.u8(body.octets.length).bytes(body.octets)
}

/** Undefined for a frame whose fields do not fit into it. */
export function readPdu(frame: Buffer): Pdu | undefined {
  if (frame.length < HEAD_BYTES) return undefined
  const head = headOf(frame)
  const reader = new ByteReader(frame, HEAD_BYTES)
  const body = readBody(head.command, reader)
  const options = readOptions(reader)
  return reader.ok ? { ...head, body, options } : undefined
}

function readBody(command: number, reader: ByteReader): Body {
  switch (command) {
    case COMMAND.bindReceiver:
    case COMMAND.bindTransmitter:
    case COMMAND.bindTransceiver:
      return readBind(reader)
    case COMMAND.submit:
    case COMMAND.deliver:
      return readMessage(reader)
    case (COMMAND.bindReceiver | ANSWER) >>> 0:
    case (COMMAND.bindTransmitter | ANSWER) >>> 0:
    case (COMMAND.bindTransceiver | ANSWER) >>> 0:
    case (COMMAND.submit | ANSWER) >>> 0:
    case (COMMAND.deliver | ANSWER) >>> 0:
      // A refusal may come without its body (4.4.2).
      return { kind: 'named', name: reader.left === 0 ? '' : reader.cString() }
    default:
      return EMPTY
  }
}

function readBind(reader: ByteReader): Bind {
  const [systemId, password, systemType] = [reader.cString(), reader.cString(), reader.cString()]
  reader.bytes(3)
  return { kind: 'bind', systemId, password, systemType, addressRange: reader.cString() }
}

function readMessage(reader: ByteReader): Message {
  const serviceType = reader.cString()
  const source = readAddress(reader)
  const destination = readAddress(reader)
  const esmClass = reader.u8()
  reader.bytes(2)
  reader.cString()
  reader.cString()
  const registeredDelivery = reader.u8()
  reader.u8()
  const dataCoding = reader.u8()
  reader.u8()
  const octets = reader.bytes(reader.u8())
  return {
    ...{ kind: 'message', serviceType, source, destination },
    ...{ esmClass, registeredDelivery, dataCoding, octets },
  }
}

function readAddress(reader: ByteReader): Address {
  return { ton: reader.u8(), npi: reader.u8(), address: reader.cString() }
}

function readOptions(reader: ByteReader): ReadonlyMap<number, Buffer> {
  if (reader.left === 0) return NO_OPTIONS
  const options = new Map<number, Buffer>()
  while (reader.left > 0 && reader.ok) {
    const tag = reader.u16()
    options.set(tag, reader.bytes(reader.u16()))
  }
  return options
}
