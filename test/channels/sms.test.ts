/** The SMS adapter: the conformance suite against the simulator, in Kannel's dialect and a vendor's JSON. */
import { createHmac } from 'node:crypto'
import { sms } from '../../channels/sms.ts'
import { startSmsSimulator } from '../../src/simulator/sms-gateway.ts'
import type { SmsFault } from '../../src/simulator/sms-gateway-world.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, SmsFault>> = {
  none: 'none',
  refuse: 'refuse-recipient',
  retry: 'retry',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const PASSWORD = 'not-to-be-said-9f3'
const CALLBACK = 'nor-this-17c'
const SECRETS = { 'sms-password': PASSWORD, 'sms-callback': CALLBACK }

type Settle = (port: number) => Readonly<Record<string, unknown>>

const kannel: Settle = (port) => ({
  base: 'kannel',
  values: {
    ...{ url: `http://127.0.0.1:${port}/cgi-bin/sendsms`, user: 'duoling', from: '10690000' },
    callback: 'https://hub.example.test/callbacks/1/sms',
  },
  secrets: { password: 'sms-password', callback: 'sms-callback' },
  signature: '桐乡应急',
  answerTimeoutMs: 400,
})
const json =
  (base: string): Settle =>
  (port) => ({
    base,
    values: { url: `http://127.0.0.1:${port}`, account: 'duoling' },
    secrets: { key: 'sms-password' },
    signature: '桐乡应急',
    answerTimeoutMs: 400,
  })

function counterpartOf(settings: Settle, dedupes = false) {
  return async (fault: Fault): Promise<Counterpart> => {
    const account = { user: 'duoling', secret: PASSWORD }
    const simulator = await startSmsSimulator({ account, dedupes })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settings(simulator.port),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

const overLimit: ConformanceKit['overLimit'] = (payload) => ({
  ...payload,
  fields: { ...payload.fields, text: [`【桐乡应急】${'长'.repeat(67 * 8)}`] },
})

const shared = {
  adapter: sms,
  addresses: ['13800138001', '13800138002', '13800138003'],
  secrets: SECRETS,
  overLimit,
}

const hub = 'https://hub.example.test/callbacks/1/sms'
const dlr = (reference: string, token: string) =>
  new Request(
    `${hub}?kind=receipt&token=${token}&reference=${reference}&state=1&number=13800138001&at=1782868080`,
  )

keepsContract({
  ...shared,
  counterpart: counterpartOf(kannel),
  wrongSettings: [
    {
      settings: {},
      fields: ['signature', 'gateway.send', 'gateway.answer'],
    },
    {
      settings: {
        ...kannel(1),
        base: 'toString',
        gateway: { charset: 'utf-7', numbers: { max: 0 }, send: { method: 'PUT' } },
        signature: '【桐乡】',
        colour: 'red',
      },
      fields: [
        ...['base', 'signature', 'colour', 'gateway.charset', 'gateway.numbers.max'],
        ...['gateway.send.method', 'gateway.send.url', 'gateway.send.body', 'gateway.answer'],
      ],
    },
    {
      settings: { ...kannel(1), values: { url: 'http://127.0.0.1/' }, secrets: {} },
      fields: ['values.user', 'values.from', 'values.callback', 'secrets.password'],
    },
    {
      settings: { ...kannel(1), secrets: { password: 'nowhere', callback: 'sms-callback' } },
      fields: ['secrets.password'],
    },
    {
      settings: { ...kannel(1), gateway: { push: { verify: [], format: 'query' } } },
      fields: ['gateway.push.verify'],
    },
  ],
  callbacks: {
    genuine: (reference) => dlr(reference, CALLBACK),
    forged: (reference) => dlr(reference, PASSWORD),
  },
})

function pushed(reference: string, key: string): Request {
  const report = { id: reference, number: '13800138001', state: 'UNDELIV', code: 'MK:0001' }
  const body = JSON.stringify({ reports: [report] })
  const signature = createHmac('sha256', key).update(`1782868080\n${body}`).digest('hex')
  const headers = { 'x-timestamp': '1782868080', 'x-signature': signature }
  return new Request(hub, { method: 'POST', headers, body })
}

for (const [base, dedupes] of [
  ['json-vendor', false],
  ['json-single', true],
  ['json-pulled', false],
] as const)
  keepsContract({
    ...shared,
    counterpart: counterpartOf(json(base), dedupes),
    wrongSettings: [
      {
        settings: {
          ...json(base)(1),
          gateway: {
            numbers: { max: 50 },
            keyed: true,
            sign: { algorithm: 'md5', encoding: 'hex', text: '{{no.such}}', key: 'key' },
          },
        },
        fields: ['gateway.keyed', 'gateway.sign.text', 'gateway.sign.key'],
      },
    ],
    callbacks: {
      genuine: (reference) => pushed(reference, PASSWORD),
      forged: (reference) => pushed(reference, 'guessed'),
    },
  })
