/** A carrier that speaks SMPP 3.4, written from the specification (v3.4 issue 1.2, chapter 4 and appendix B). */
import { ByteReader, ByteWriter } from '../kit/carrier/bytes.ts'
import { CODING, codedText } from '../kit/carrier/short-text.ts'
import {
  type CarrierDialect,
  type CarrierRequest,
  type CarrierSimulator,
  startCarrier,
} from './carrier.ts'
import type { CarrierOptions, CarrierPart, CarrierWorld, Submitted } from './carrier-world.ts'

export function startSmppSimulator(options: CarrierOptions = {}): Promise<CarrierSimulator> {
  return startCarrier(SMPP, options)
}

const BIND_COMMANDS: readonly number[] = [1, 2, 9]
const BIND_TRANSMITTER = 2
const SUBMIT = 4
const DELIVER = 5
const UNBIND = 6
const ENQUIRE = 0x15
const NACK = 0x8000_0000
const RESPONSE = 0x8000_0000
const MESSAGE_PAYLOAD = 0x0424

const SMPP: CarrierDialect = {
  limits: { bytesMin: 16, bytesMax: 70_000 },
  codes: {
    ...{ 'refuse-recipient': 0x0b, 'refuse-message': 0x01, 'unknown-code': 0x0499, account: 0x04 },
    ...{ slower: 0x58, 'slower-once': 0x58, 'slower-later': 0x58 },
  },
  read,
  ping: (sequence) => frame(ENQUIRE, 0, sequence),
  receipt(sequence, part, state) {
    const stat = state === 'delivered' ? 'DELIVRD' : 'UNDELIV'
    const error = state === 'delivered' ? '000' : '017'
    const dates = 'submit date:2607010907 done date:2607010908'
    const text = `id:${nameOf(part)} sub:001 dlvrd:001 ${dates} stat:${stat} err:${error} text:`
    const body = deliver(part.number, part.from, 0x04, 0, Buffer.from(text, 'latin1'))
    return frame(DELIVER, 0, sequence, body)
  },
  reply(sequence, { number, to, text }) {
    const { coding, parts } = codedText(text, 7)
    return frame(DELIVER, 0, sequence, deliver(number, to, 0, coding, parts[0] ?? Buffer.alloc(0)))
  },
}

function frame(command: number, status: number, sequence: number, body?: Buffer): Buffer {
  const writer = new ByteWriter().u32(command).u32(status).u32(sequence)
  return (body ? writer.bytes(body) : writer).frame()
}

function nameOf({ id }: Pick<CarrierPart, 'id'>): string {
  return id.toString(16)
}

function read(bytes: Buffer, world: CarrierWorld): CarrierRequest {
  const command = bytes.readUInt32BE(4)
  const sequence = bytes.readUInt32BE(12)
  const response = (command | RESPONSE) >>> 0
  const name = (text: string) => new ByteWriter().cString(text).whole()
  if (command >= RESPONSE) return { kind: 'answer', sequence, status: bytes.readUInt32BE(8) }
  if (BIND_COMMANDS.includes(command)) {
    const reader = new ByteReader(bytes, 16)
    const known =
      reader.cString() === world.account.user && reader.cString() === world.account.secret
    return {
      ...{ kind: 'login', known, hears: command !== BIND_TRANSMITTER },
      answer: (letIn) =>
        letIn ? frame(response, 0, sequence, name('SIM')) : frame(response, 0x0e, sequence),
    }
  }
  if (command === SUBMIT) {
    const submitted = readSubmit(bytes)
    if (!submitted) return { kind: 'other', answer: frame(NACK, 0x02, sequence) }
    return {
      ...{ kind: 'submit', submitted },
      taken: (id) => frame(response, 0, sequence, name(nameOf({ id }))),
      refused: (code) => frame(response, code, sequence),
      nonsense: () => frame(0x8000_0015, 0, sequence, Buffer.alloc(9, 0xff)),
    }
  }
  if (command === ENQUIRE) return { kind: 'ping', answer: frame(response, 0, sequence) }
  if (command === UNBIND) return { kind: 'bye', answer: frame(response, 0, sequence) }
  return { kind: 'other', answer: frame(NACK, 0x03, sequence) }
}

function readSubmit(bytes: Buffer): Submitted | undefined {
  const reader = new ByteReader(bytes, 16)
  reader.cString()
  reader.bytes(2)
  const from = reader.cString()
  reader.bytes(2)
  const number = reader.cString()
  const esmClass = reader.u8()
  reader.bytes(2)
  reader.cString()
  reader.cString()
  const registered = reader.u8()
  reader.u8()
  const coding = reader.u8()
  reader.u8()
  let octets = reader.bytes(reader.u8())
  while (reader.left > 0 && reader.ok) {
    const tag = reader.u16()
    const value = reader.bytes(reader.u16())
    if (tag === MESSAGE_PAYLOAD) octets = value
  }
  if (!reader.ok) return undefined
  return {
    ...{ number: number.replace(/^86/, ''), from, octets, coding },
    ...{ hasHeader: (esmClass & 0x40) !== 0, wantsReceipt: (registered & 0x03) === 1 },
  }
}

/** The body of a deliver_sm (4.6.1). */
function deliver(from: string, to: string, esmClass: number, coding: number, octets: Buffer) {
  return new ByteWriter()
    .cString('')
    .u8(1)
    .u8(1)
    .cString(`86${from}`)
    .u8(0)
    .u8(1)
    .cString(to)
    .u8(esmClass)
    .u8(0)
    .u8(0)
    .cString('')
    .cString('')
    .u8(0)
    .u8(0)
    .u8(coding === CODING.ucs2 ? coding : 0)
    .u8(0)
    .u8(octets.length)
    .bytes(octets)
    .whole()
}
