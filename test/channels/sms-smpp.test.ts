/** The SMPP adapter: the conformance suite against the simulator, over one connection and over a pair. */
import { smsSmpp } from '../../channels/sms-smpp.ts'
import type { CarrierFault } from '../../src/simulator/carrier-world.ts'
import { startSmppSimulator } from '../../src/simulator/smpp.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, CarrierFault>> = {
  none: 'none',
  refuse: 'refuse-recipient',
  retry: 'slower',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const PASSWORD = 'pw-9f3!x'

const settingsTo = (port: number) => ({
  ...{ host: '127.0.0.1', port, systemId: 'duoling', passwordSecret: 'smpp-password' },
  ...{ from: { address: '10690000' }, signature: '桐乡应急', answerTimeoutMs: 400 },
  reconnectMsMin: 20,
})

function counterpartOf(more: Readonly<Record<string, unknown>>) {
  return async (fault: Fault): Promise<Counterpart> => {
    const simulator = await startSmppSimulator({ account: { user: 'duoling', secret: PASSWORD } })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: { ...settingsTo(simulator.port), ...more },
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

const wrongSettings: ConformanceKit['wrongSettings'] = [
  {
    settings: {},
    fields: ['host', 'port', 'systemId', 'passwordSecret', 'from', 'signature'],
  },
  {
    settings: {
      ...settingsTo(1),
      ...{ host: 'a b', port: 0, systemId: '', bind: 'both', from: { address: '密' } },
      ...{ to: { prefix: 'x', ton: 300 }, signature: '【桐乡】', window: 0, colour: 'red' },
      errors: { '0x58': { means: 'maybe', text: '' } },
    },
    fields: [
      ...['host', 'port', 'systemId', 'bind', 'from.address', 'to.prefix', 'to.ton'],
      ...['signature', 'window', 'colour'],
    ],
  },
  {
    settings: { ...settingsTo(1), errors: { 1025: { means: 'maybe', text: '' } } },
    fields: ['errors.1025.means', 'errors.1025.text'],
  },
  {
    settings: {
      ...{ ...settingsTo(1), bind: 'transmitter', countsWhen: 'receipt' },
      ...{ reconnectMsMin: 200, reconnectMsMax: 100 },
    },
    fields: ['countsWhen', 'reconnectMsMax'],
  },
  { settings: { ...settingsTo(1), passwordSecret: 'nowhere' }, fields: ['passwordSecret'] },
]

for (const more of [{}, { bind: 'pair', countsWhen: 'receipt' }, { bind: 'transmitter' }])
  keepsContract({
    ...{ adapter: smsSmpp, addresses: ['13800138001', '13800138002', '13800138003'] },
    ...{ secrets: { 'smpp-password': PASSWORD }, wrongSettings, counterpart: counterpartOf(more) },
    overLimit: (payload) => ({
      ...payload,
      fields: { ...payload.fields, text: [`【桐乡应急】${'长'.repeat(67 * 8)}`] },
    }),
  })
