/** What each answer of a gateway, and each silence, means: the fault table of every dialect, and what is
 *  settled number by number. */
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/domain/outcome.ts'
import { SMS_FAULTS, type SmsFault } from '../../src/simulator/sms-gateway-world.ts'
import { SAMPLE_INPUT } from './sample.ts'
import {
  batchOf,
  closeAfterEach,
  endWith,
  formSettings,
  jsonSettings,
  kannelSettings,
  NUMBERS,
  openSms,
  type Settings,
  sendSample,
  startGateway,
} from './sms-bench.ts'

closeAfterEach()

type Expected = Partial<Extract<Outcome, { kind: 'refused' }>> | Partial<Outcome>
const ACCEPTED: Expected = { kind: 'accepted' }
const UNSURE: Expected = { kind: 'unsure' }
const refused = (scope: 'recipient' | 'message' | 'account', code: string): Expected => ({
  ...{ kind: 'refused', scope, code },
})

type Table = Readonly<Record<SmsFault, Expected>>
/** Silences mean the same in each dialect. */
const SILENCES = {
  'drop-before-body': UNSURE,
  'drop-after-body': UNSURE,
  stall: UNSURE,
  'server-error': { kind: 'unsure', code: 'http-500' },
  'duplicate-receipts': ACCEPTED,
  none: ACCEPTED,
} as const
const TABLES: Readonly<Record<string, Table>> = {
  kannel: {
    ...SILENCES,
    'refuse-message': refused('account', 'Tried to'),
    'refuse-recipient': refused('recipient', 'Number(s) has'),
    'unknown-code': refused('message', 'Something nobody'),
    account: refused('account', 'Authorization failed'),
    balance: ACCEPTED,
    retry: { kind: 'retry', code: 'http-503', notBeforeMs: 1_000 },
    partial: ACCEPTED,
    garbage: { kind: 'unsure', code: 'unreadable-answer' },
  },
  json: {
    ...SILENCES,
    'refuse-message': refused('message', '3001'),
    'refuse-recipient': refused('recipient', '2002'),
    'unknown-code': refused('message', '7777'),
    account: refused('account', '1001'),
    balance: refused('account', '1003'),
    retry: { kind: 'retry', code: '4001', notBeforeMs: 1_000 },
    partial: ACCEPTED,
    garbage: { kind: 'unsure', code: 'unreadable-answer' },
  },
  form: {
    ...SILENCES,
    'refuse-message': refused('message', '-3'),
    'refuse-recipient': refused('message', '-3'),
    'unknown-code': refused('message', '-77'),
    account: refused('account', '-1'),
    balance: refused('account', '-2'),
    retry: { kind: 'retry', code: '-4', notBeforeMs: 2_000 },
    partial: ACCEPTED,
    garbage: { kind: 'unsure', code: 'unreadable-answer' },
  },
}
const SETTINGS = { kannel: kannelSettings, json: jsonSettings, form: formSettings }

for (const dialect of ['kannel', 'json', 'form'] as const)
  describe(`the ${dialect} dialect`, () => {
    for (const fault of SMS_FAULTS)
      it(`${fault}: ${TABLES[dialect]?.[fault].kind}`, async () => {
        const simulator = await startGateway({ fault })
        const [outcome] = await sendSample(openSms(SETTINGS[dialect](simulator.port)), {}, [
          NUMBERS[0],
        ])
        expect(outcome).toMatchObject(TABLES[dialect]?.[fault] ?? {})
        // What the gateway took is never called unsent.
        if (outcome?.kind === 'retry' || outcome?.kind === 'refused')
          expect(simulator.accepted()).toBe(0)
      })
  })

describe('number by number', () => {
  it('settles each by its own row, in the order of the batch', async () => {
    const simulator = await startGateway({ fault: 'partial' })
    const outcomes = await sendSample(openSms(jsonSettings(simulator.port)), {}, [
      ...['13800138001', 'nobody', '13800138002', '+8613800138003'],
    ])
    expect(outcomes).toMatchObject([
      { kind: 'accepted', units: 2 },
      { kind: 'refused', scope: 'recipient', code: 'address-invalid' },
      { kind: 'refused', scope: 'recipient', code: '2002' },
      { kind: 'accepted' },
    ])
    const references = outcomes.flatMap((one) => (one.kind === 'accepted' ? one.reference : []))
    // Eighteen digits, written as a number by many vendors: none is lost.
    expect(references).toEqual(simulator.messages().map(({ id }) => id))
  })

  it('a number the answer does not name stays in doubt', async () => {
    const answers = createServer((_, response) =>
      response.end(
        JSON.stringify({
          code: 0,
          id: 1,
          results: [{ number: NUMBERS[1], code: 0, id: 1 }, { number: NUMBERS[2] }],
        }).replace('"id":1}', '"id":900000000000000123}'),
      ),
    )
    const outcomes = await sendSample(openSms(jsonSettings(await portOf(answers))))
    expect(outcomes).toMatchObject([
      { kind: 'unsure', code: 'number-absent' },
      { kind: 'accepted', reference: '900000000000000123' },
      { kind: 'unsure', code: 'code-absent' },
    ])
  })

  it('a code nobody knows refuses its number and is never tried again', async () => {
    const results = NUMBERS.map((number) => ({ number, code: '8888' }))
    const answers = createServer((_, response) =>
      response.end(JSON.stringify({ code: 0, results })),
    )
    const outcomes = await sendSample(openSms(jsonSettings(await portOf(answers))))
    expect(outcomes).toMatchObject(NUMBERS.map(() => refused('message', '8888')))
  })

  it('never more numbers in a call than the vendor takes', async () => {
    const simulator = await startGateway()
    const channel = openSms(
      jsonSettings(simulator.port, 'json-vendor', {
        gateway: { numbers: { array: true, max: 2 } },
      }),
    )
    expect(channel.capabilities).toMatchObject({ batchMax: 2, perCall: 'batch' })
    const many = Array.from({ length: 5 }, (_, index) => `1380013810${index}`)
    expect((await sendSample(channel, {}, many)).map(({ kind }) => kind)).toEqual(
      many.map(() => 'accepted'),
    )
    expect(new Set(simulator.messages().map(({ key }) => key)).size).toBe(3)
  })

  it('tries no further call once the account was refused, and says that nothing left', async () => {
    const simulator = await startGateway({ fault: 'account' })
    const channel = openSms(kannelSettings(simulator.port, { callsMax: 1 }))
    const outcomes = await sendSample(channel)
    expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'retry', 'retry'])
    expect(simulator.accepted()).toBe(0)
  })
})

describe('statuses without a code', () => {
  const TABLE: readonly (readonly [number, Expected])[] = [
    [301, refused('account', 'http-301')],
    [400, refused('message', 'http-400')],
    [401, refused('account', 'http-401')],
    [404, refused('account', 'http-404')],
    [408, UNSURE],
    [429, { kind: 'retry', code: 'http-429', notBeforeMs: 7_000 }],
    [502, UNSURE],
    [503, UNSURE],
  ]
  for (const [status, expected] of TABLE)
    it(`${status}: ${expected.kind}`, async () => {
      const server = createServer((_, response) =>
        response.writeHead(status, { 'retry-after': '7' }).end('<html>no</html>'),
      )
      const [outcome] = await sendSample(openSms(jsonSettings(await portOf(server))))
      expect(outcome).toMatchObject(expected)
    })

  it('a code that holds a number is masked before anybody logs it', async () => {
    const server = createServer((_, response) =>
      response.end(JSON.stringify({ code: `bad 13800138001 ${'x'.repeat(500)}` })),
    )
    const said: string[] = []
    const outcomes = await sendSample(openSms(jsonSettings(await portOf(server)), said))
    expect(JSON.stringify([outcomes, said])).not.toContain('13800138001')
    expect(outcomes[0]).toMatchObject({ kind: 'refused', scope: 'message' })
  })
})

describe('a gateway described wrongly stops the road before anything leaves', () => {
  const send = (url: string, fields: Settings) => ({
    gateway: { send: { method: 'POST', url, body: 'json', fields } },
  })

  it('a variable the message does not have', async () => {
    const simulator = await startGateway()
    const more = send('{{values.url}}/send', { text: '{{variables.name}}' })
    const outcomes = await sendSample(openSms(jsonSettings(simulator.port, 'json-vendor', more)))
    expect(outcomes[0]).toMatchObject(refused('account', 'gateway-incomplete'))
  })

  it('an address that is none, and a header that cannot be written', async () => {
    const wrong = send('http://:::/', {})
    const [outcome] = await sendSample(openSms(jsonSettings(9, 'json-vendor', wrong)))
    expect(outcome).toMatchObject(refused('account', 'uncallable'))
    const headers = { 'X-Name': '{{text}}' }
    const { gateway } = send('{{values.url}}/send', {})
    const odd = { gateway: { send: { ...gateway.send, headers } } }
    const [second] = await sendSample(openSms(jsonSettings(9, 'json-vendor', odd)))
    expect(second).toMatchObject(refused('account', 'uncallable'))
  })
})

describe('looking again', () => {
  const settings = (port: number) => jsonSettings(port, 'json-single')

  it('finds what was taken, and proves what was not', async () => {
    const simulator = await startGateway()
    const channel = openSms(settings(simulator.port))
    expect(channel.capabilities).toMatchObject({ idempotency: 'query', perCall: 'one' })
    simulator.setFault('drop-after-body')
    const doubtful = batchOf(channel, {}, NUMBERS.slice(0, 2))
    const signal = new AbortController().signal
    expect((await channel.send(doubtful, signal)).map(({ kind }) => kind)).toEqual([
      ...['unsure', 'unsure'],
    ])
    // The same recipients in another company: what they are called does not change.
    const asked = batchOf(channel, {}, NUMBERS)
    expect(await channel.reconcile?.(asked, signal)).toMatchObject([
      { kind: 'accepted', units: 2 },
      { kind: 'accepted', units: 2 },
      { kind: 'retry', code: 'not-taken' },
    ])
    await simulator.stop()
    expect((await channel.reconcile?.(asked, signal))?.map(({ kind }) => kind)).toEqual([
      ...['unsure', 'unsure', 'unsure'],
    ])
  })

  it('a repeated call under the same key is the first one', async () => {
    const simulator = await startGateway({ dedupes: true })
    const channel = openSms(settings(simulator.port))
    await sendSample(channel)
    expect((await sendSample(channel)).map(({ kind }) => kind)).toEqual(
      NUMBERS.map(() => 'accepted'),
    )
    expect(simulator.accepted()).toBe(NUMBERS.length)
  })
})

describe('health', () => {
  it('tells what is left, that it is little, and that the account is wrong', async () => {
    const simulator = await startGateway({ balance: 5_000 })
    const settings = jsonSettings(simulator.port)
    expect(await openSms(settings).health()).toEqual({ state: 'ok', detail: '余额 5000 条' })
    const poor = await startGateway({ balance: 12 })
    expect((await openSms(jsonSettings(poor.port)).health()).state).toBe('degraded')
    const values = { url: `http://127.0.0.1:${simulator.port}`, account: 'somebody' }
    expect((await openSms({ ...settings, values }).health()).state).toBe('down')
  })

  it('a message that grew over its limit by a long address does not leave', async () => {
    const simulator = await startGateway()
    const message = { form: 'text', link: true }
    const channel = openSms(
      jsonSettings(simulator.port, 'json-vendor', { message, partsMax: 1, linkCharacters: 10 }),
    )
    const { payload } = channel.render({ ...SAMPLE_INPUT, blocks: [] })
    expect(channel.check(payload)).toEqual([])
    const [outcome] = await sendSample(channel, { blocks: [], title: '短'.repeat(40) })
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'message', code: 'too-long' })
    expect(simulator.accepted()).toBe(0)
  })
})

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endWith(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
