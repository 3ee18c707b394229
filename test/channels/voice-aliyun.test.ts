/** Calls over Aliyun's voice service: the conformance suite against the simulator, with and without a key that
 *  confirms. */
import { voiceAliyun } from '../../channels/voice-aliyun.ts'
import type { AliyunFault } from '../../src/simulator/aliyun-gateway.ts'
import { startAliyunVoice } from '../../src/simulator/aliyun-voice.ts'
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
    ...{ templates: TEMPLATES, answerTimeoutMs: 1_500, ...more },
  }
}

function counterpartOf(more: object) {
  return async (fault: Fault): Promise<Counterpart> => {
    const key = { id: 'duoling', secret: SECRET }
    const simulator = await startAliyunVoice({ key, now: SAMPLE_TIME })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settingsFor(simulator.port, more),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

/** A call that was heard out, after its key was pressed. */
function report(reference: string, secret: string): Request {
  const record = {
    ...{ call_id: reference, status_code: '200000', dtmf: '1', callee: '13800138001' },
    ...{ duration: '19', end_time: '2026-07-01 09:07:39', out_id: 'abc' },
  }
  const url = `https://hub.example.test/callbacks/1/voice/aliyun/${secret}`
  return new Request(url, { method: 'POST', body: JSON.stringify([record]) })
}

const kit: Omit<ConformanceKit, 'counterpart'> = {
  adapter: voiceAliyun,
  addresses: NUMBERS,
  secrets: { 'aliyun-secret': SECRET, callback: CALLBACK_SECRET },
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, 'variable.text': ['长'.repeat(240)] },
  }),
  callbacks: {
    genuine: (reference) => report(reference, CALLBACK_SECRET),
    forged: (reference) => report(reference, SECRET),
  },
  wrongSettings: [
    { settings: {}, fields: ['accessKeyId', 'accessKeySecret', 'templates'] },
    {
      settings: settingsFor(1, {
        ...{ playTimes: 4, volume: 101, confirmKey: '10', colour: 'red', showNumber: '?' },
        templates: {
          publish: { code: 'TTS_1', wording: '{{a}}', variables: [] },
          withdraw: {
            ...{ code: 'TTS_2', wording: '{{a}}' },
            variables: [{ name: 'a', from: 'title', charactersMax: 20 }],
          },
        },
      }),
      fields: [
        ...['playTimes', 'volume', 'confirmKey', 'colour', 'showNumber'],
        ...['templates.publish.variables', 'templates.withdraw.variables'],
      ],
    },
    {
      settings: {
        ...{ accessKeyId: 'duoling', accessKeySecret: 'nowhere', templates: TEMPLATES },
        ...{ confirmKey: '1', countsWhen: 'accepted' },
      },
      fields: ['accessKeySecret', 'callbackSecret', 'countsWhen'],
    },
  ],
}

keepsContract({ ...kit, counterpart: counterpartOf({}) })
keepsContract({ ...kit, counterpart: counterpartOf({ confirmKey: '1' }) })
