/** The readers of both protocols under random and broken frames: never a throw, never more than was there; what we
 *  write is read back as it was. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heardOf as heardOfCmpp } from '../../channels/sms-cmpp/hearing.ts'
import { connectRefusal, timestampOf } from '../../channels/sms-cmpp/login.ts'
import {
  type CmppVersion,
  readConnectAnswer,
  readDeliver,
  readReport,
  readSubmitAnswer,
  writeDeliverAnswer,
  writeSubmit,
} from '../../channels/sms-cmpp/pdu.ts'
import { protocolOf } from '../../channels/sms-cmpp/protocol.ts'
import { heardOf as heardOfSmpp } from '../../channels/sms-smpp/hearing.ts'
import { deliverAnswer } from '../../channels/sms-smpp/login.ts'
import { mobileOf } from '../../channels/sms-smpp/number.ts'
import { COMMAND, type Message, readPdu, writePdu } from '../../channels/sms-smpp/pdu.ts'
import { SMPP } from '../../channels/sms-smpp/protocol.ts'
import { judgeSubmit } from '../../channels/sms-smpp/submit.ts'

const RUNS = 30_000
const COMMANDS = [1, 2, 4, 5, 6, 8, 9, 0x15, 0x102].flatMap((one) => [one, one + 0x8000_0000])

/** A head that may be true before a body that is anything. */
const frames = fc
  .tuple(fc.constantFrom(...COMMANDS, 0x8000_0000, 0x77), fc.nat(0xffff_ffff), bytesUpTo(120))
  .map(([command, status, body]) => {
    const frame = Buffer.concat([Buffer.alloc(16), body])
    frame.writeUInt32BE(frame.length, 0)
    frame.writeUInt32BE(command, 4)
    frame.writeUInt32BE(status, 8)
    return frame
  })

function bytesUpTo(maxLength: number) {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes))
}

/** Bytes overwritten, cut out or cut off. */
function broken(valid: Buffer) {
  return fc
    .tuple(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(40))
    .map(([changes, cut]) => {
      const frame = Buffer.from(valid)
      for (const [at, value] of changes) frame[at] = value
      const kept = frame.subarray(0, Math.max(16, frame.length - (cut > 20 ? 0 : cut)))
      kept.writeUInt32BE(kept.length, 0)
      return kept
    })
}

const RULES = { receiptIds: 'decimal', mobileOf } as const

function readAsSmpp(frame: Buffer): void {
  const pdu = readPdu(frame)
  expect(pdu === undefined || pdu.command === frame.readUInt32BE(4)).toBe(true)
  if (pdu) {
    const heard = heardOfSmpp(pdu, RULES)
    if (heard?.kind === 'reply') expect(heard.text.length).toBeLessThanOrEqual(4_000)
    if (heard?.kind === 'receipt') expect(heard.reference).not.toBe('')
  }
  const verdict = judgeSubmit(frame, () => false)
  if (verdict.kind === 'taken') expect(verdict.id).not.toBe('')
  SMPP.head(frame)
  const reply = SMPP.reply(frame)
  if (reply?.frame) expect(reply.frame.readUInt32BE(0)).toBe(reply.frame.length)
  deliverAnswer(frame, true)
}

function readAsCmpp(frame: Buffer, version: CmppVersion): void {
  const deliver = readDeliver(frame, version)
  if (deliver) {
    expect(deliver.octets.length).toBeLessThanOrEqual(255)
    const heard = heardOfCmpp(deliver)
    if (heard?.kind === 'receipt') expect(heard.reference).toMatch(/^\d+$/)
  }
  readSubmitAnswer(frame)
  readConnectAnswer(frame)
  connectRefusal(frame)
  readReport(frame)
  writeDeliverAnswer(frame, version)
  const reply = protocolOf(version).reply(frame)
  if (reply?.frame) expect(reply.frame.readUInt32BE(0)).toBe(reply.frame.length)
}

const receipt = (text: string): Buffer => {
  const body: Message = {
    ...{ kind: 'message', serviceType: '', esmClass: 4, registeredDelivery: 0, dataCoding: 0 },
    source: { ton: 1, npi: 1, address: '8613800138001' },
    destination: { ton: 0, npi: 1, address: '10690000' },
    octets: Buffer.from(text, 'latin1'),
  }
  return writePdu(
    { command: COMMAND.deliver, status: 0, sequence: 9 },
    body,
    new Map([
      [0x001e, Buffer.from('abc\0')],
      [0x0427, Buffer.of(2)],
    ]),
  )
}
const RECEIPT = receipt(
  'id:7 sub:001 dlvrd:001 submit date:2607010907 done date:2607010908 stat:DELIVRD err:000 text:',
)

const submit = (octets: Buffer, numbers: readonly string[]) => ({
  ...{ parts: 1, part: 1, wantsReport: true, serviceId: 'SVC', feeUserType: 2, feeType: '01' },
  ...{ feeCode: '0', hasHeader: false, format: 8, spId: '901234', from: '10690000' },
  ...{ numbers, octets },
})

/** A report as 3.0 and 2.0 lay it out. */
function report(version: CmppVersion): Buffer {
  const wide = version === '3.0' ? 32 : 21
  const content = Buffer.alloc(8 + 7 + 10 + 10 + wide + 4)
  content.writeBigUInt64BE(12_345n, 0)
  content.write('DELIVRD26070109072607010908', 8, 'latin1')
  content.write('13800138001', 35, 'latin1')
  const tail = version === '3.0' ? 20 : 8
  const type = version === '3.0' ? 1 : 0
  const frame = Buffer.alloc(12 + 8 + 21 + 10 + 3 + wide + type + 2 + content.length + tail)
  frame.writeUInt32BE(frame.length, 0)
  frame.writeUInt32BE(5, 4)
  const at = 12 + 8 + 21 + 10 + 3 + wide + type
  frame[at] = 1
  frame[at + 1] = content.length
  content.copy(frame, at + 2)
  return frame
}

describe('the readers of carrier frames', () => {
  it('SMPP: any frame, and valid ones broken', () => {
    fc.assert(fc.property(frames, readAsSmpp), { numRuns: RUNS })
    fc.assert(fc.property(broken(RECEIPT), readAsSmpp), { numRuns: RUNS })
  })

  it.each(['2.0', '3.0'] as const)('CMPP %s: any frame, and valid ones broken', (version) => {
    const read = (frame: Buffer) => readAsCmpp(frame, version)
    fc.assert(fc.property(frames, read), { numRuns: RUNS / 2 })
    fc.assert(fc.property(broken(report(version)), read), { numRuns: RUNS / 2 })
    const deliver = readDeliver(report(version), version)
    expect(deliver && heardOfCmpp(deliver)).toEqual({
      ...{ kind: 'receipt', reference: '12345', state: 'delivered', code: 'DELIVRD' },
      at: new Date('2026-07-01T01:08:00Z'),
    })
  })

  it('SMPP: what is written is read back, whatever is in it', () => {
    const text = (max: number) => fc.stringMatching(new RegExp(`^[\\x20-\\x7e]{0,${max}}$`))
    const address = fc.record({ ton: fc.nat(255), npi: fc.nat(255), address: text(20) })
    const message = fc.record({
      ...{ kind: fc.constant('message' as const), serviceType: text(5), source: address },
      ...{ destination: address, esmClass: fc.nat(255), registeredDelivery: fc.nat(255) },
      ...{ dataCoding: fc.nat(255), octets: bytesUpTo(254) },
    })
    const options = fc.array(fc.tuple(fc.nat(0xffff), bytesUpTo(300)), { maxLength: 4 })
    fc.assert(
      fc.property(message, options, fc.nat(0x7fff_ffff), (body, tags, sequence) => {
        const head = { command: COMMAND.submit, status: 0, sequence }
        const pdu = readPdu(writePdu(head, body, new Map(tags)))
        expect(pdu).toEqual({ ...head, body, options: new Map(tags) })
      }),
      { numRuns: 3_000 },
    )
  })

  it('CMPP: a submission lies in the frame as the tables of the document say', () => {
    const octets = Buffer.from('收到', 'utf16le').swap16()
    const second = writeSubmit(7, submit(octets, ['13800138001', '13800138002']), '2.0')
    expect(second.length).toBe(12 + 126 + 2 * 21 + octets.length)
    expect(second.subarray(12 + 8, 12 + 12)).toEqual(Buffer.of(1, 1, 1, 0))
    expect(second[34]).toBe(2)
    expect(second.subarray(57, 59)).toEqual(Buffer.of(0, 8))
    expect(second.toString('latin1', 59, 67)).toBe('90123401')
    expect(second.toString('latin1', 107, 115)).toBe('10690000')
    expect(second[128]).toBe(2)
    expect(second.toString('latin1', 129, 140)).toBe('13800138001')
    expect(second.toString('latin1', 150, 161)).toBe('13800138002')
    expect(second[171]).toBe(octets.length)
    expect(second.subarray(172, 176)).toEqual(octets)
    const third = writeSubmit(7, submit(octets, ['13800138001']), '3.0')
    expect(third.length).toBe(12 + 151 + 32 + octets.length)
    const most = Array.from({ length: 99 }, () => '13800138001')
    expect(writeSubmit(7, submit(Buffer.alloc(160), most), '3.0').length).toBe(12 + 3_479)
  })

  it('CMPP: the time of the login is China’s, whatever the clock of the machine is set to', () => {
    expect(timestampOf(new Date('2026-12-31T17:05:09Z'))).toBe('0101010509')
    expect(timestampOf(new Date('2026-07-01T01:07:00Z'))).toBe('0701090700')
  })
})
