/** Every frame we write, as tshark dissects it: nothing malformed, each field what it was meant to be. Its CMPP
 *  dissector knows version 3.0 only. */
import { afterEach, describe, expect, it } from 'vitest'
import { smsSmpp } from '../../channels/sms-smpp.ts'
import { dissect, hasTshark, type Recorded, startRelay } from './sms-capture.ts'
import { LINES, type LineKind, openChannel, sendTo, until } from './sms-carrier-kit.ts'

const TSHARK = hasTshark()
if (!TSHARK) console.log('tshark (Debian: tshark) is not installed: no frame is dissected')

const PHONE = '13800138001'
const LONG = `【桐乡应急】${'防'.repeat(60)}🔔${'汛'.repeat(70)}`
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function kindOf(name: string): LineKind {
  const kind = LINES.find((one) => one.name === name)
  if (!kind) throw new Error(`no line ${name}`)
  return kind
}

/** A whole life of a line: login, messages short and long, a receipt, a reply, pings of both, the farewell. */
async function lived(name: string, more: Readonly<Record<string, unknown>> = {}) {
  const line = kindOf(name)
  const simulator = await line.start()
  const relay = await startRelay(simulator.port, name === 'SMPP' ? 16 : 12)
  const opened = openChannel(line.adapter, { ...line.settings(relay.port), ...more })
  stops.push(simulator.stop, relay.stop, () => opened.channel.close())
  await sendTo(opened, [PHONE], '【桐乡应急】请注意防范')
  await sendTo(opened, [PHONE], LONG)
  await opened.channel.health()
  await simulator.finish('delivered')
  await simulator.reply(PHONE, '收到')
  await simulator.ping()
  await opened.channel.close()
  await until(() => simulator.bound() === 0, 'the farewell')
  return relay.recorded
}

const ours = (recorded: readonly Recorded[], rows: ReturnType<typeof dissect>) =>
  rows.filter((_, index) => recorded[index]?.ours)

describe.skipIf(!TSHARK)('as tshark sees it', () => {
  it('SMPP: all frames, fields and the joining header', async () => {
    const recorded = await lived('SMPP')
    const rows = dissect(recorded, 'smpp', [
      ...['smpp.command_id', 'smpp.command_status', 'smpp.command_length', 'smpp.sequence_number'],
      ...['smpp.system_id', 'smpp.password', 'smpp.interface_version', 'smpp.source_addr'],
      ...['smpp.destination_addr', 'smpp.dest_addr_ton', 'smpp.dest_addr_npi', 'smpp.data_coding'],
      ...['smpp.esm.submit.features', 'smpp.regdel.receipt', 'smpp.sm_length'],
      ...['gsm_sms.udh.mm.msg_parts', 'gsm_sms.udh.mm.msg_part'],
    ])
    expect(rows).toHaveLength(recorded.length)
    for (const [index, row] of rows.entries()) {
      expect(row['_ws.malformed']).toBe('')
      expect(row['frame.protocols']).toContain('smpp')
      expect(Number(row['smpp.command_length'])).toBe(recorded[index]?.frame.length)
    }
    const mine = ours(recorded, rows)
    expect(mine.map((row) => Number(row['smpp.command_id']).toString(16))).toEqual([
      ...['9', '4', '4', '4', '4', '15', '80000005', '80000005', '80000005', '80000015', '6'],
    ])
    expect(mine[0]).toMatchObject({
      ...{ 'smpp.system_id': 'duoling', 'smpp.password': 'simul8' },
    })
    expect(Number(mine[0]?.['smpp.interface_version'])).toBe(0x34)
    const submits = mine.slice(1, 5)
    const number = (field: string) => submits.map((row) => Number(row[field]))
    for (const row of submits)
      expect(row).toMatchObject({
        ...{ 'smpp.source_addr': '10690000', 'smpp.destination_addr': `86${PHONE}` },
      })
    expect(number('smpp.dest_addr_ton')).toEqual([1, 1, 1, 1])
    expect(number('smpp.dest_addr_npi')).toEqual([1, 1, 1, 1])
    expect(number('smpp.data_coding')).toEqual([8, 8, 8, 8])
    expect(number('smpp.regdel.receipt')).toEqual([1, 0, 0, 1])
    expect(number('smpp.esm.submit.features')).toEqual([0, 1, 1, 1])
    expect(submits.map((row) => row['gsm_sms.udh.mm.msg_part'])).toEqual(['', '1', '2', '3'])
    expect(submits[1]?.['gsm_sms.udh.mm.msg_parts']).toBe('3')
    const sequences = mine.slice(0, 6).map((row) => Number(row['smpp.sequence_number']))
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('SMPP: a text in message_payload, a pair of connections, refusals of what nobody understands', async () => {
    const recorded = await lived('SMPP', { long: 'payload' })
    const rows = dissect(recorded, 'smpp', ['smpp.opt_param_tag', 'smpp.opt_param_len'])
    for (const row of rows) expect(row['_ws.malformed']).toBe('')
    const payloads = rows.filter((row) => row['smpp.opt_param_tag'] === '0x0424')
    expect(payloads.map((row) => Number(row['smpp.opt_param_len']))).toEqual([LONG.length * 2])

    const line = kindOf('SMPP')
    const simulator = await line.start()
    const relay = await startRelay(simulator.port, 16)
    const opened = openChannel(smsSmpp, { ...line.settings(relay.port), bind: 'pair' })
    stops.push(simulator.stop, relay.stop, () => opened.channel.close())
    await opened.channel.health()
    // query_sm_resp's kin nobody asks of us, and a deliver_sm that is too short.
    simulator.raw(Buffer.from('00000010000000030000000000000007', 'hex'))
    simulator.raw(Buffer.from('0000001200000005000000000000000841ff', 'hex'))
    await until(
      () => relay.recorded.filter((one) => one.frame.readUInt32BE(4) === 0x8000_0000).length >= 4,
      'the refusals',
    )
    const some = relay.recorded.filter((one) => one.ours)
    const said = dissect(some, 'smpp', ['smpp.command_id', 'smpp.command_status'])
    for (const row of said) expect(row['_ws.malformed']).toBe('')
    const codes = said.map((row) => [
      Number(row['smpp.command_id']).toString(16),
      Number(row['smpp.command_status']),
    ])
    expect(codes).toEqual(
      expect.arrayContaining([
        ['2', 0],
        ['1', 0],
        ['80000000', 3],
      ]),
    )
    expect(codes).toEqual(expect.arrayContaining([['80000000', 2]]))
  })

  it('CMPP 3.0: all frames and fields', async () => {
    const recorded = await lived('CMPP 3.0')
    const rows = dissect(recorded, 'cmpp', [
      ...['cmpp.Command_Id', 'cmpp.Total_Length', 'cmpp.Sequence_Id'],
      ...['cmpp.connect.Source_Addr', 'cmpp.Version', 'cmpp.submit.Pk_total'],
      ...['cmpp.submit.Pk_number', 'cmpp.submit.Registered_Delivery', 'cmpp.TP_udhi'],
      ...['cmpp.Msg_Fmt', 'cmpp.submit.Msg_src', 'cmpp.submit.FeeType', 'cmpp.submit.FeeCode'],
      ...['cmpp.submit.Src_Id', 'cmpp.submit.DestUsr_tl', 'cmpp.Dest_terminal_Id'],
      ...['cmpp.Msg_Length', 'cmpp.deliver_resp.Result'],
    ])
    expect(rows).toHaveLength(recorded.length)
    for (const [index, row] of rows.entries()) {
      expect(row['_ws.malformed']).toBe('')
      expect(row['frame.protocols']).toContain('cmpp')
      expect(Number(row['cmpp.Total_Length'])).toBe(recorded[index]?.frame.length)
    }
    const mine = ours(recorded, rows)
    expect(mine.map((row) => Number(row['cmpp.Command_Id']).toString(16))).toEqual([
      ...['1', '4', '4', '4', '4', '8', '80000005', '80000005', '80000005', '80000008', '2'],
    ])
    expect(mine[0]).toMatchObject({ 'cmpp.connect.Source_Addr': '901234' })
    const submits = mine.slice(1, 5)
    for (const row of submits)
      expect(row).toMatchObject({
        ...{ 'cmpp.submit.Msg_src': '901234', 'cmpp.submit.Src_Id': '10690000' },
        ...{ 'cmpp.submit.FeeType': '01', 'cmpp.submit.DestUsr_tl': '1' },
        ...{ 'cmpp.Dest_terminal_Id': PHONE, 'cmpp.submit.FeeCode': '000000' },
      })
    expect(submits.map((row) => Number(row['cmpp.Msg_Fmt']))).toEqual([8, 8, 8, 8])
    const parts = submits.map((row) => [
      Number(row['cmpp.submit.Pk_number']),
      Number(row['cmpp.submit.Pk_total']),
    ])
    expect(parts).toEqual([
      [1, 1],
      [1, 3],
      [2, 3],
      [3, 3],
    ])
    expect(submits.map((row) => Number(row['cmpp.Msg_Length']))).toEqual([22, 138, 140, 16])
  })
})
