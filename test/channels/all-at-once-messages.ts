/** The stations of the test of all adapters at once that carry short messages and calls. */
import { type AliyunSmsMessage, startAliyunSms } from '../../src/simulator/aliyun-sms.ts'
import { startAliyunVoice } from '../../src/simulator/aliyun-voice.ts'
import type { CarrierFault } from '../../src/simulator/carrier-world.ts'
import { startCmppSimulator } from '../../src/simulator/cmpp.ts'
import { startSmppSimulator } from '../../src/simulator/smpp.ts'
import { startSmsSimulator } from '../../src/simulator/sms-gateway.ts'
import { startTencentSms } from '../../src/simulator/tencent-sms.ts'
import {
  channelOn,
  type Ground,
  PASSWORD,
  PHONES,
  type Station,
  UNHURRIED,
} from './all-at-once-station.ts'
import { TEMPLATES } from './cloud-messages-kit.ts'

const SIGNATURE = '桐乡应急'
const KEY = { id: 'duoling', secret: PASSWORD }
/** A slow machine is no fault; a platform that is silent for so long is. */
const PATIENT = { answerTimeoutMs: 20_000 }
const BY_RECEIPT = { countsWhen: 'receipt' }
/** What one who gets a message from a template sees of it. */
const VARIABLES = ['variable.title', 'variable.text']

/** Everybody but the first is reached: his number is one the gateway takes no message for. */
export async function smsStation(ground: Ground): Promise<Station> {
  const simulator = await startSmsSimulator({ account: { user: 'duoling', secret: PASSWORD } })
  const values = { url: `http://127.0.0.1:${simulator.port}/cgi-bin/sendsms`, user: 'duoling' }
  return {
    channel: channelOn('sms', 'recipient', 'phone', 'sms', {
      ...{ base: 'kannel', signature: SIGNATURE, ...PATIENT },
      values: { ...values, from: '10690000', callback: ground.callback('sms') },
      secrets: { password: 'password', callback: 'callback' },
    }),
    taken: () => simulator.messages().map(({ number, text }) => ({ to: number, says: text })),
    fault: () => simulator.setFault('refuse-recipient', (number) => number === PHONES[0]),
    mend: () => simulator.setFault('none'),
    finish: () => simulator.finish('delivered'),
    stop: () => simulator.stop(),
  }
}

/** Its reports come days late. */
export async function smsAliyunStation(ground: Ground): Promise<Station> {
  const { now } = ground
  const callback = `${ground.callback('sms-aliyun')}/nor-this-17c`
  const simulator = await startAliyunSms({ key: KEY, now, callback })
  const says = ({ parameters }: AliyunSmsMessage) => Object.values(parameters).join('\n')
  let late = false
  return {
    channel: channelOn('sms-aliyun', 'recipient', 'phone', 'sms-aliyun', {
      ...{
        endpoint: `http://127.0.0.1:${simulator.port}`,
        ...PATIENT,
        ...BY_RECEIPT,
        ...UNHURRIED,
      },
      ...{ accessKeyId: KEY.id, accessKeySecret: 'password', callbackSecret: 'callback' },
      ...{ signature: SIGNATURE, templates: TEMPLATES },
    }),
    travels: VARIABLES,
    taken: () => simulator.messages().map((one) => ({ to: one.number, says: says(one) })),
    fault: () => {
      late = true
    },
    mend: () => {
      late = false
    },
    finish: async () => late || simulator.finish(true),
    stop: () => simulator.stop(),
  }
}

/** The connection is lost at the head of the request. */
export async function smsTencentStation({ now }: Ground): Promise<Station> {
  const simulator = await startTencentSms({ key: KEY, now })
  return {
    channel: channelOn('sms-tencent', 'recipient', 'phone', 'sms-tencent', {
      ...{
        endpoint: `http://127.0.0.1:${simulator.port}`,
        ...PATIENT,
        ...BY_RECEIPT,
        ...UNHURRIED,
      },
      ...{ secretId: KEY.id, secretKey: 'password', sdkAppId: '1400006666', pulls: true },
      ...{ signature: SIGNATURE, templates: TEMPLATES },
    }),
    travels: VARIABLES,
    taken: () =>
      simulator
        .messages()
        .map(({ number, parameters }) => ({ to: number.slice(-11), says: parameters.join('\n') })),
    fault: () => simulator.setFault('drop-before-body'),
    mend: () => simulator.setFault('none'),
    finish: () => simulator.finish(true),
    stop: () => simulator.stop(),
  }
}

/** A line of a carrier's own; what a `slower` line refuses once it takes a moment later. */
async function lineStation(
  adapter: 'sms-cmpp' | 'sms-smpp',
  fault: CarrierFault,
): Promise<Station> {
  const smpp = adapter === 'sms-smpp'
  const account = { user: smpp ? 'duoling' : '901234', secret: PASSWORD }
  const simulator = await (smpp
    ? startSmppSimulator({ account })
    : startCmppSimulator('3.0', { account }))
  const login = smpp
    ? { systemId: account.user, from: { address: '10690000' } }
    : { version: '3.0', spId: account.user, from: '10690000' }
  return {
    channel: channelOn(adapter, 'recipient', 'phone', adapter, {
      ...{ host: '127.0.0.1', port: simulator.port, passwordSecret: 'password', ...login },
      ...{ signature: SIGNATURE, ...PATIENT, ...BY_RECEIPT, ...UNHURRIED },
      ...{ reconnectMsMin: 20, reconnectMsMax: 100, slowerMs: 20 },
    }),
    taken: () => simulator.messages().map(({ number, text }) => ({ to: number, says: text })),
    fault: () => simulator.setFault(fault),
    mend: () => simulator.setFault('none'),
    finish: () => simulator.finish('delivered'),
    stop: () => simulator.stop(),
  }
}

export const smsCmppStation = () => lineStation('sms-cmpp', 'slower')
export const smsSmppStation = () => lineStation('sms-smpp', 'drop-after-body')

/** The account is in arrears. */
export async function voiceAliyunStation(ground: Ground): Promise<Station> {
  const { now } = ground
  const callback = `${ground.callback('voice-aliyun')}/nor-this-17c`
  const simulator = await startAliyunVoice({ key: KEY, now })
  return {
    channel: channelOn('voice-aliyun', 'recipient', 'phone', 'voice-aliyun', {
      ...{
        endpoint: `http://127.0.0.1:${simulator.port}`,
        ...PATIENT,
        ...BY_RECEIPT,
        ...UNHURRIED,
      },
      ...{ accessKeyId: KEY.id, accessKeySecret: 'password', callbackSecret: 'callback' },
      templates: TEMPLATES,
    }),
    travels: VARIABLES,
    taken: () =>
      simulator.calls().map(({ number, parameters }) => ({
        to: number,
        says: Object.values(parameters).join('\n'),
      })),
    fault: () => simulator.setFault('balance'),
    mend: () => simulator.setFault('none'),
    finish: () => simulator.finish(simulator.calls(), '200000', callback),
    stop: () => simulator.stop(),
  }
}
