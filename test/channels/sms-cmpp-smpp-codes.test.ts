/** What the codes and receipts of both protocols mean, and what a road in practice may reach. */
import { describe, expect, it } from 'vitest'
import { SettingsFault } from '../../channels/channel.ts'
import { outcomeOfFault as cmppFault } from '../../channels/sms-cmpp/answer.ts'
import { heardOf as heardOfCmpp } from '../../channels/sms-cmpp/hearing.ts'
import { outcomeOfResult } from '../../channels/sms-cmpp/result.ts'
import { outcomeOfFault as smppFault } from '../../channels/sms-smpp/answer.ts'
import { heardOf as heardOfSmpp } from '../../channels/sms-smpp/hearing.ts'
import { mobileOf } from '../../channels/sms-smpp/number.ts'
import { COMMAND, type Pdu } from '../../channels/sms-smpp/pdu.ts'
import { readSmppSettings } from '../../channels/sms-smpp/settings.ts'
import { outcomeOfStatus } from '../../channels/sms-smpp/status.ts'
import { LINES } from './sms-carrier-kit.ts'

const NO_TOOLS = { secret: () => 'x' } as never
const SETTINGS = readSmppSettings(
  'sms-smpp',
  {
    ...{ host: '127.0.0.1', port: 1, systemId: 'a', passwordSecret: 'b', signature: '桐乡应急' },
    from: { address: '1' },
  },
  NO_TOOLS,
)

describe('the codes of the carriers', () => {
  it.each([
    ['88', { kind: 'retry', limited: true, notBeforeMs: 700 }],
    ['20', { kind: 'retry', limited: true }],
    ['100', { kind: 'retry' }],
    ['8', { kind: 'unsure' }],
    ['11', { kind: 'refused', scope: 'recipient' }],
    ['1', { kind: 'refused', scope: 'message' }],
    ['10', { kind: 'refused', scope: 'account' }],
    ['1234', { kind: 'refused', scope: 'message', code: '1234' }],
    ['1025', { kind: 'refused', scope: 'recipient', detail: '黑名单' }],
    ['constructor', { kind: 'refused', scope: 'message' }],
  ])('SMPP command_status %s', (code, outcome) => {
    const own = { 1025: { means: 'recipient', text: '黑名单' } } as const
    expect(outcomeOfStatus(code, own, 700)).toMatchObject(outcome)
  })

  it.each([
    ['8', { kind: 'retry', limited: true, notBeforeMs: 700 }],
    ['3', { kind: 'unsure' }],
    ['13', { kind: 'refused', scope: 'recipient' }],
    ['6', { kind: 'refused', scope: 'message' }],
    ['7', { kind: 'refused', scope: 'account' }],
    ['99', { kind: 'refused', scope: 'message', code: '99' }],
    ['15', { kind: 'retry', detail: '稍后' }],
  ])('CMPP Result %s', (code, outcome) => {
    const own = { 15: { means: 'retry', text: '稍后' } } as const
    expect(outcomeOfResult(code, own, 700)).toMatchObject(outcome)
  })

  it('a refused login is the account’s, a full one and a way that is barred are tried again', () => {
    const fault = (code: string, refused: boolean) => ({ code, refused, restMs: 5 })
    for (const code of ['13', '14', '15', '77'])
      expect(smppFault(fault(code, true), SETTINGS)).toMatchObject({ scope: 'account' })
    expect(smppFault(fault('5', true), SETTINGS)).toMatchObject({ kind: 'retry', notBeforeMs: 5 })
    for (const code of ['1', '2', '3', '4', '5', '77'])
      expect(cmppFault(fault(code, true))).toMatchObject({ scope: 'account' })
    for (const outcome of [smppFault(fault('E', false), SETTINGS), cmppFault(fault('E', false))])
      expect(outcome).toMatchObject({ kind: 'retry', code: 'E', notBeforeMs: 5 })
  })
})

function delivered(text: string, esmClass = 4, options: Pdu['options'] = new Map()): Pdu {
  const address = { ton: 1, npi: 1, address: '8613800138001' }
  return {
    ...{ command: COMMAND.deliver, status: 0, sequence: 1, options },
    body: {
      ...{ kind: 'message', serviceType: '', source: address, destination: address, esmClass },
      ...{ registeredDelivery: 0, dataCoding: 0, octets: Buffer.from(text, 'latin1') },
    },
  }
}

describe('receipts', () => {
  const hear = (pdu: Pdu, receiptIds: 'same' | 'decimal' = 'same') =>
    heardOfSmpp(pdu, { receiptIds, mobileOf })

  it('SMPP: ends only, by their text in any case, with the carrier’s error', () => {
    const text = (stat: string) =>
      `ID:00A1 sub:1 dlvrd:1 done date:26070109085 stat:${stat} err:042`
    expect(hear(delivered(text('undeliv')))).toEqual({
      ...{ kind: 'receipt', reference: '00A1', state: 'failed', code: 'UNDELIV:042' },
    })
    for (const stat of ['ENROUTE', 'ACCEPTD', 'UNKNOWN', 'toString'])
      expect(hear(delivered(text(stat)))).toBeUndefined()
    expect(hear(delivered(text('DELIVRD'), 0x20))).toBeUndefined()
    expect(hear(delivered('stat:DELIVRD'))).toBeUndefined()
  })

  it('SMPP: a name in decimal meets the one in hexadecimal, a name in a parameter stays', () => {
    const text = 'id:2712847316 stat:DELIVRD err:000'
    expect(hear(delivered(text), 'decimal')).toMatchObject({ reference: 'a1b2c3d4' })
    const tags = new Map([
      [0x001e, Buffer.from('00A1B2C3D4\0')],
      [0x0427, Buffer.of(2)],
    ])
    const both = hear(delivered(text, 4, tags), 'decimal')
    expect(both).toMatchObject({ reference: 'a1b2c3d4', code: 'DELIVRD' })
    expect(hear(delivered('', 4, tags))).toMatchObject({ reference: '00A1B2C3D4' })
  })

  it('CMPP: a gateway’s own code is a failure, an intermediate state is no end', () => {
    const report = (stat: string) => {
      const octets = Buffer.alloc(60)
      octets.writeBigUInt64BE(0xffff_ffff_ffff_fff0n)
      octets.write(stat.padEnd(7, '\0'), 8, 'latin1')
      const from = { id: 1n, to: '1', from: '13800138001' }
      return heardOfCmpp({ ...from, hasHeader: false, format: 0, isReport: true, octets })
    }
    expect(report('MA:0051')).toEqual({
      ...{ kind: 'receipt', reference: '18446744073709551600', state: 'failed', code: 'MA:0051' },
    })
    for (const stat of ['ACCEPTD', 'UNKNOWN', '']) expect(report(stat)).toBeUndefined()
  })
})

it.each(LINES)('$name: a practice reaches nothing but itself', ({ adapter, settings }) => {
  const open = () =>
    adapter.create({ ...settings(1), host: '203.0.113.5' }, {
      ...{ secret: () => 'x', mayReach: (host: string) => host === '127.0.0.1' },
    } as never)
  expect(open).toThrow(SettingsFault)
  expect(open).toThrow('host')
})
