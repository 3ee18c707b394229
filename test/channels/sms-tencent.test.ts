/** Tencent Cloud's short messages: the conformance suite against the simulator, with pushed and with pulled
 *  receipts. */
import { smsTencent } from '../../channels/sms-tencent.ts'
import { startTencentSms } from '../../src/simulator/tencent-sms.ts'
import type { TencentFault } from '../../src/simulator/tencent-sms-world.ts'
import { CALLBACK_SECRET, NUMBERS, SAMPLE_TIME, SECRET, TEMPLATES } from './cloud-messages-kit.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, TencentFault>> = {
  none: 'none',
  refuse: 'refuse-recipient',
  retry: 'throttled',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}

function settingsFor(port: number, more: object = {}) {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    ...{ secretId: 'duoling', secretKey: 'tencent-key', sdkAppId: '1400006666' },
    ...{ signature: '桐乡应急', templates: TEMPLATES, answerTimeoutMs: 1_500, ...more },
  }
}

function counterpartOf(more: object) {
  return async (fault: Fault): Promise<Counterpart> => {
    const key = { id: 'duoling', secret: SECRET }
    const simulator = await startTencentSms({ key, now: SAMPLE_TIME, left: 5_000 })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settingsFor(simulator.port, more),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

function report(reference: string, secret: string): Request {
  const record = {
    ...{ user_receive_time: '2026-07-01 09:08:00', nationcode: '86', mobile: '13800138001' },
    ...{ report_status: 'SUCCESS', errmsg: 'DELIVRD', description: '用户短信送达成功' },
    sid: reference,
  }
  const url = `https://hub.example.test/callbacks/1/sms/tencent/${secret}`
  return new Request(url, { method: 'POST', body: JSON.stringify([record]) })
}

const kit: Omit<ConformanceKit, 'counterpart'> = {
  adapter: smsTencent,
  addresses: NUMBERS,
  secrets: { 'tencent-key': SECRET, callback: CALLBACK_SECRET },
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, text: [`【桐乡应急】${'长'.repeat(67 * 8)}`] },
  }),
  callbacks: {
    genuine: (reference) => report(reference, CALLBACK_SECRET),
    forged: (reference) => report(reference, SECRET),
  },
  wrongSettings: [
    { settings: {}, fields: ['secretId', 'secretKey', 'sdkAppId', 'signature', 'templates'] },
    {
      settings: settingsFor(1, {
        ...{ signature: '【桐乡】', numbersMax: 201, colour: 'red', endpoint: 'ftp://x' },
        ...{ region: '广州', sdkAppId: 'x', templates: { publish: 1 } },
      }),
      fields: [
        ...['signature', 'numbersMax', 'colour', 'endpoint', 'region', 'sdkAppId'],
        'templates.publish',
      ],
    },
    {
      settings: settingsFor(1, { secretKey: 'nowhere', countsWhen: 'receipt' }),
      fields: ['secretKey', 'countsWhen'],
    },
  ],
}

keepsContract({ ...kit, counterpart: counterpartOf({ callbackSecret: 'callback' }) })
keepsContract({ ...kit, counterpart: counterpartOf({ pulls: true, countsWhen: 'receipt' }) })
keepsContract({ ...kit, counterpart: counterpartOf({ numbersMax: 1 }) })
