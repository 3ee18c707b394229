/** The SMPP line against peers nobody here wrote: a server of the npm package `smpp`, and one of Perl's Net::SMPP
 *  where that is installed. They read our frames with their own decoders and write their own. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Pdu, type Session } from 'smpp'
import { afterEach, describe, expect, it } from 'vitest'
import { smsSmpp } from '../../channels/sms-smpp.ts'
import { openChannel, SECRET, sendTo, until } from './sms-carrier-kit.ts'

const PHONE = '13800138001'
const SHORT = '【桐乡应急】请注意防范'
const LONG = `【桐乡应急】${'防'.repeat(60)}🔔${'汛'.repeat(70)}`
const settingsTo = (port: number) => ({
  ...{ host: '127.0.0.1', port, systemId: 'duoling', passwordSecret: 'carrier' },
  ...{ from: { address: '10690000' }, signature: '桐乡应急', answerTimeoutMs: 2_000 },
})
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

interface Centre {
  readonly port: number
  readonly submits: Pdu[]
  session(): Session
}

/** Takes everything from those who know the password, and names each message by its number. */
async function startCentre(): Promise<Centre> {
  const submits: Pdu[] = []
  const sessions: Session[] = []
  const server = createServer((session) => {
    sessions.push(session)
    session.on('error', () => undefined)
    session.on('bind_transceiver', (pdu: Pdu) =>
      session.send(pdu.response({ command_status: pdu.password === SECRET ? 0 : 0x0e })),
    )
    session.on('submit_sm', (pdu: Pdu) => {
      submits.push(pdu)
      session.send(pdu.response({ message_id: `m-${submits.length}` }))
    })
    session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()))
    session.on('unbind', (pdu: Pdu) => {
      session.send(pdu.response())
      session.close()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => {
    for (const session of sessions) session.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  const session = () => {
    const last = sessions.at(-1)
    if (!last) throw new Error('nobody is connected')
    return last
  }
  return { port: typeof address === 'object' && address ? address.port : 0, submits, session }
}

describe('against the npm package smpp as a server', () => {
  const open = async (more: Readonly<Record<string, unknown>> = {}) => {
    const centre = await startCentre()
    const opened = openChannel(smsSmpp, { ...settingsTo(centre.port), ...more })
    stops.push(() => opened.channel.close())
    return { ...opened, centre }
  }

  it('logs in, is there, and carries a long text that joins again', async () => {
    const { channel, heard, centre } = await open()
    expect(await channel.health()).toMatchObject({ state: 'ok' })
    const { outcomes } = await sendTo({ channel, heard, unkept: false }, [PHONE], LONG)
    expect(outcomes).toEqual([{ kind: 'accepted', reference: 'm-3', units: 3 }])
    const [first] = centre.submits
    expect(first).toMatchObject({
      ...{ source_addr: '10690000', destination_addr: `86${PHONE}`, esm_class: 0x40 },
      ...{ data_coding: 8, registered_delivery: 0 },
    })
    const texts = centre.submits.map((pdu) => String(pdu.short_message?.message))
    expect(texts.join('')).toBe(LONG)
    expect(centre.submits.map((pdu) => pdu.short_message?.udh?.[0]?.subarray(-2))).toEqual(
      [1, 2, 3].map((place) => Buffer.of(3, place)),
    )
    expect(centre.submits.map((pdu) => pdu.registered_delivery)).toEqual([0, 0, 1])
  })

  it('carries a long text whole in message_payload', async () => {
    const { channel, heard, centre } = await open({ long: 'payload' })
    const { outcomes } = await sendTo({ channel, heard, unkept: false }, [PHONE], LONG)
    expect(outcomes).toEqual([{ kind: 'accepted', reference: 'm-1', units: 3 }])
    const payload = centre.submits[0]?.message_payload
    const said = typeof payload === 'object' && 'message' in payload ? payload.message : payload
    expect(String(said)).toBe(LONG)
    expect(centre.submits[0]?.esm_class).toBe(0)
  })

  it('hears a receipt by its optional parameters and by its text, and a reply, and acknowledges each', async () => {
    const { channel, heard, centre } = await open()
    await sendTo({ channel, heard, unkept: false }, [PHONE], SHORT)
    const deliver = (options: Readonly<Record<string, unknown>>) =>
      new Promise<number>((resolve) => {
        const addresses = { source_addr: `86${PHONE}`, destination_addr: '10690000' }
        centre
          .session()
          .deliver_sm({ ...addresses, ...options }, (answer) => resolve(answer.command_status))
      })
    const text = (state: string) =>
      `id:m-1 sub:001 dlvrd:001 submit date:2607010907 done date:2607010908 stat:${state} err:000 text:x`
    const tags = { receipted_message_id: 'm-1', message_state: 5 }
    expect(await deliver({ esm_class: 4, short_message: text('ENROUTE') })).toBe(0)
    expect(await deliver({ esm_class: 4, short_message: text('DELIVRD') })).toBe(0)
    expect(await deliver({ esm_class: 4, short_message: '', ...tags })).toBe(0)
    expect(await deliver({ data_coding: 8, short_message: '收到' })).toBe(0)
    expect(heard).toMatchObject([
      { kind: 'receipt', reference: 'm-1', state: 'delivered', code: 'DELIVRD' },
      { kind: 'receipt', reference: 'm-1', state: 'failed', code: 'UNDELIV' },
      { kind: 'reply', from: PHONE, text: '收到' },
    ])
    const alive = await new Promise<number>((resolve) =>
      centre.session().enquire_link((answer) => resolve(answer.command_status)),
    )
    expect(alive).toBe(0)
  })

  it('a wrong password stops the road', async () => {
    const { channel, heard } = await open({ passwordSecret: 'other' })
    expect(
      (await sendTo({ channel, heard, unkept: false }, [PHONE], SHORT)).outcomes,
    ).toMatchObject([{ kind: 'refused', scope: 'account', code: 'bind-14' }])
  })
})

const PERL = (() => {
  try {
    execFileSync('perl', ['-MNet::SMPP', '-MJSON::PP', '-e', '1'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()
if (!PERL) console.log('Net::SMPP (Debian: libnet-smpp-perl) is not installed: its run is left out')

/** A centre for one connection: says what it decoded line by line, and reports of each message it took. */
const CENTRE = `
use strict; use warnings; use Net::SMPP; use JSON::PP; $| = 1;
my $listening = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34,
  interface_version => 0x34) or die "cannot listen: $!";
print $listening->sockport, "\\n";
my $c = $listening->accept or die "nobody came";
my ($taken, %names) = (0, (9 => 'bind', 4 => 'submit', 21 => 'enquire', 6 => 'unbind', 0x80000005 => 'kept'));
while (my $pdu = $c->read_pdu()) {
  my %said = (what => $names{$pdu->{cmd}} // $pdu->{cmd}, status => $pdu->{status});
  for my $name (qw(system_id password source_addr destination_addr esm_class data_coding
      registered_delivery interface_version)) { $said{$name} = $pdu->{$name} if defined $pdu->{$name} }
  $said{octets} = unpack('H*', $pdu->{short_message}) if defined $pdu->{short_message};
  print encode_json(\\%said), "\\n";
  if ($said{what} eq 'bind') { $c->set_version(0x34);
    $c->bind_transceiver_resp(system_id => 'PERL', seq => $pdu->{seq}) }
  elsif ($said{what} eq 'enquire') { $c->enquire_link_resp(seq => $pdu->{seq}) }
  elsif ($said{what} eq 'submit') {
    my $id = sprintf('%x', 0xabc000 + ++$taken);
    $c->submit_sm_resp(message_id => $id, seq => $pdu->{seq});
    next unless $pdu->{registered_delivery} & 1;
    $c->deliver_sm(async => 1, source_addr => $pdu->{destination_addr}, destination_addr => '10690000',
      esm_class => 4, short_message => sprintf('id:%d sub:001 dlvrd:001 submit date:2607010907 '
        . 'done date:2607010908 stat:DELIVRD err:000 text:', hex $id));
  } elsif ($said{what} eq 'unbind') { $c->unbind_resp(seq => $pdu->{seq}); last }
}
`

describe.skipIf(!PERL)('against Net::SMPP', () => {
  it('is decoded field by field, and hears receipts named in decimal of a message named in hexadecimal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'net-smpp-'))
    stops.push(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'centre.pl'), CENTRE)
    const child = spawn('perl', [join(folder, 'centre.pl')], { stdio: ['ignore', 'pipe', 'pipe'] })
    stops.push(() => child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    let complained = ''
    child.stderr.on('data', (chunk: Buffer) => {
      complained += chunk.toString()
    })
    await until(() => said.includes('\n'), `the port of the centre ${complained}`)
    const settings = { ...settingsTo(Number(said.split('\n')[0])), receiptIds: 'decimal' }
    const opened = openChannel(smsSmpp, settings)
    stops.push(() => opened.channel.close())
    const { outcomes } = await sendTo(opened, [PHONE], LONG)
    expect(outcomes).toEqual([{ kind: 'accepted', reference: 'abc003', units: 3 }])
    await until(() => opened.heard.length === 1, `the receipt ${complained}`)
    expect(opened.heard).toMatchObject([
      { kind: 'receipt', reference: 'abc003', state: 'delivered' },
    ])
    expect(await opened.channel.health()).toMatchObject({ state: 'ok' })
    await opened.channel.close()
    await until(() => said.includes('unbind'), 'the farewell')
    const lines = said
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line))
    expect(lines.map((line) => line.what)).toEqual([
      ...['bind', 'submit', 'submit', 'submit', 'kept', 'enquire', 'unbind'],
    ])
    expect(lines[0]).toMatchObject({ system_id: 'duoling', password: SECRET })
    expect(lines.slice(1, 4).map((line) => Number(line.data_coding))).toEqual([8, 8, 8])
    expect(lines[1]).toMatchObject({ source_addr: '10690000', destination_addr: `86${PHONE}` })
    expect(lines[4].status).toBe(0)
    const texts = lines.slice(1, 4).map(({ octets }) => {
      expect(octets.slice(0, 6)).toBe('050003')
      return Buffer.from(octets.slice(12), 'hex').swap16().toString('utf16le')
    })
    expect(texts.join('')).toBe(LONG)
  })
})
