/** The CMPP adapter: the conformance suite against the simulator, in both versions. */
import { smsCmpp } from '../../channels/sms-cmpp.ts'
import type { CarrierFault } from '../../src/simulator/carrier-world.ts'
import { startCmppSimulator } from '../../src/simulator/cmpp.ts'
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
const SECRET = 'secret-9f3x'

const settingsTo = (port: number, version = '3.0') => ({
  ...{ host: '127.0.0.1', port, version, spId: '901234', passwordSecret: 'cmpp-secret' },
  ...{ from: '10690000', signature: '桐乡应急', answerTimeoutMs: 400, reconnectMsMin: 20 },
})

function counterpartOf(version: '2.0' | '3.0') {
  return async (fault: Fault): Promise<Counterpart> => {
    const account = { user: '901234', secret: SECRET }
    const simulator = await startCmppSimulator(version, { account })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settingsTo(simulator.port, version),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

const wrongSettings: ConformanceKit['wrongSettings'] = [
  {
    settings: {},
    fields: ['host', 'port', 'version', 'spId', 'passwordSecret', 'from', 'signature'],
  },
  {
    settings: {
      ...settingsTo(1, '4.0'),
      ...{ host: 'a b', port: 0, spId: '1234567', from: '+86', numberPrefix: '0086' },
      ...{ fee: { userType: 3, type: '1', code: 'x' }, signature: '【桐乡】', window: 0 },
      ...{ colour: 'red', errors: { 77: { means: 'maybe', text: '' } } },
    },
    fields: [
      ...['host', 'port', 'version', 'spId', 'from', 'numberPrefix', 'fee.userType', 'fee.type'],
      ...['fee.code', 'signature', 'window', 'colour', 'errors.77.means', 'errors.77.text'],
    ],
  },
  {
    settings: { ...settingsTo(1), reconnectMsMin: 200, reconnectMsMax: 100 },
    fields: ['reconnectMsMax'],
  },
  { settings: { ...settingsTo(1), passwordSecret: 'nowhere' }, fields: ['passwordSecret'] },
]

for (const version of ['2.0', '3.0'] as const)
  keepsContract({
    ...{ adapter: smsCmpp, addresses: ['13800138001', '13800138002', '13800138003'] },
    ...{ secrets: { 'cmpp-secret': SECRET }, wrongSettings, counterpart: counterpartOf(version) },
    overLimit: (payload) => ({
      ...payload,
      fields: { ...payload.fields, text: [`【桐乡应急】${'长'.repeat(67 * 8)}`] },
    }),
  })
