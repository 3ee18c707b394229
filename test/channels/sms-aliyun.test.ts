/** Aliyun's short messages: the conformance suite against the simulator, one number a call and many. */
import { smsAliyun } from '../../channels/sms-aliyun.ts'
import type { AliyunFault } from '../../src/simulator/aliyun-gateway.ts'
import { startAliyunSms } from '../../src/simulator/aliyun-sms.ts'
import { CALLBACK_SECRET, NUMBERS, SAMPLE_TIME, SECRET, TEMPLATES } from './cloud-messages-kit.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, AliyunFault>> = {
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
    ...{ accessKeyId: 'duoling', accessKeySecret: 'aliyun-secret', callbackSecret: 'callback' },
    ...{ signature: '桐乡应急', templates: TEMPLATES, answerTimeoutMs: 1_500, ...more },
  }
}

function counterpartOf(more: object) {
  return async (fault: Fault): Promise<Counterpart> => {
    const key = { id: 'duoling', secret: SECRET }
    const simulator = await startAliyunSms({ key, now: SAMPLE_TIME })
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
    ...{ phone_number: '13800138001', send_time: '2026-07-01 09:07:01', success: true },
    ...{ report_time: '2026-07-01 09:08:00', err_code: 'DELIVERED', err_msg: '用户接收成功' },
    ...{ sms_size: '1', biz_id: '12345^0', out_id: reference },
  }
  const url = `https://hub.example.test/callbacks/1/sms/aliyun/${secret}`
  return new Request(url, { method: 'POST', body: JSON.stringify([record]) })
}

const kit: Omit<ConformanceKit, 'counterpart'> = {
  adapter: smsAliyun,
  addresses: NUMBERS,
  secrets: { 'aliyun-secret': SECRET, callback: CALLBACK_SECRET },
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, 'variable.title': ['长'.repeat(131)] },
  }),
  callbacks: {
    genuine: (reference) => report(reference, CALLBACK_SECRET),
    forged: (reference) => report(reference, SECRET),
  },
  wrongSettings: [
    { settings: {}, fields: ['accessKeyId', 'accessKeySecret', 'signature', 'templates'] },
    {
      settings: settingsFor(1, {
        ...{ signature: '【桐乡】', numbersMax: 1_001, colour: 'red', endpoint: 'ftp://x' },
        templates: { publish: { code: '', wording: '{{a}}', variables: [{ name: 'b' }] }, lift: 1 },
        rates: { limits: [{ scope: 'account', window: 1, max: 0, unit: 'call' }] },
      }),
      fields: [
        ...['signature', 'numbersMax', 'colour', 'endpoint', 'templates.lift'],
        ...['templates.publish.code', 'templates.publish.wording', 'templates.publish.variables.0'],
        ...['templates.publish.variables.0.from', 'templates.publish.variables.0.charactersMax'],
        ...['rates.limits.0.window', 'rates.limits.0.max'],
      ],
    },
    {
      settings: settingsFor(1, { accessKeySecret: 'nowhere', callbackSecret: 'nor-here' }),
      fields: ['accessKeySecret', 'callbackSecret'],
    },
  ],
}

keepsContract({ ...kit, counterpart: counterpartOf({}) })
keepsContract({ ...kit, counterpart: counterpartOf({ numbersMax: 1_000 }) })
