/** The stations of the test of all adapters at once that speak to groups and write letters. */
import { startDingtalkSimulator } from '../../src/simulator/dingtalk.ts'
import { startFeishuSimulator } from '../../src/simulator/feishu.ts'
import { type MailMessage, startMailSimulator } from '../../src/simulator/mail.ts'
import { startOnebotSimulator } from '../../src/simulator/onebot.ts'
import { startWecomSimulator } from '../../src/simulator/wecom.ts'
import {
  channelOn,
  handRoad,
  PASSWORD,
  ROBOT_TOKENS,
  type Station,
  TOWNS,
  UNHURRIED,
  WECHAT_GROUPS,
} from './all-at-once-station.ts'
import { startWechatBridge } from './wechat-group-kit.ts'

const PATIENT = { answerTimeoutMs: 20_000 }
const ROBOTS = Object.fromEntries(ROBOT_TOKENS.map((token) => [token, {}]))

/** The platform is busy. */
export async function dingtalkStation(): Promise<Station> {
  const simulator = await startDingtalkSimulator({ robots: ROBOTS })
  const robots = TOWNS.map((group, at) => ({ group, token: `robot-${at + 1}` }))
  return {
    channel: channelOn('dingtalk', 'group', 'office', 'dingtalk', {
      ...{
        kind: 'robot',
        baseUrl: `http://127.0.0.1:${simulator.port}`,
        robots,
        ...PATIENT,
        ...UNHURRIED,
      },
    }),
    taken: () => simulator.messages().map(({ to, text }) => ({ to, says: text })),
    fault: () => simulator.setFault('busy'),
    mend: () => simulator.setFault('none'),
    stop: () => simulator.stop(),
  }
}

/** What it answers means nothing. */
export async function feishuRobotStation(): Promise<Station> {
  const simulator = await startFeishuSimulator({ robots: ROBOTS })
  const robots = TOWNS.map((group, at) => ({ group, hook: `robot-${at + 1}` }))
  return {
    channel: channelOn('feishu-robot', 'group', 'office', 'feishu-robot', {
      ...{ baseUrl: `http://127.0.0.1:${simulator.port}`, robots, ...PATIENT, ...UNHURRIED },
    }),
    taken: () => simulator.messages().map(({ hook, text }) => ({ to: hook, says: text })),
    fault: () => simulator.setFault('garbage'),
    mend: () => simulator.setFault('none'),
    stop: () => simulator.stop(),
  }
}

/** It refuses with a code nobody has seen. */
export async function wecomStation(): Promise<Station> {
  const simulator = await startWecomSimulator({ robots: ROBOT_TOKENS })
  const robots = TOWNS.map((group, at) => ({ group, key: `robot-${at + 1}` }))
  return {
    channel: channelOn('wecom', 'group', 'office', 'wecom', {
      ...{
        kind: 'robot',
        baseUrl: `http://127.0.0.1:${simulator.port}`,
        robots,
        ...PATIENT,
        ...UNHURRIED,
      },
    }),
    taken: () => simulator.messages().map(({ to, text }) => ({ to, says: text })),
    fault: () => simulator.setFault('unknown-code'),
    mend: () => simulator.setFault('none'),
    stop: () => simulator.stop(),
  }
}

/** Its account was logged out; a person can do what it did. */
export async function qqOnebotStation(): Promise<Station> {
  const simulator = await startOnebotSimulator({ accessToken: PASSWORD })
  const settings = {
    ...{ url: `http://127.0.0.1:${simulator.port}`, accessToken: 'password', ...PATIENT },
    ...UNHURRIED,
  }
  return {
    channel: channelOn('qq-group', 'group', 'qq-group', 'qq-onebot', settings, [handRoad('group')]),
    taken: () => simulator.messages().map(({ group, text }) => ({ to: String(group), says: text })),
    fault: () => simulator.setFault('logged-out'),
    mend: () => simulator.setFault('none'),
    stop: () => simulator.stop(),
  }
}

/** The bridge took it and its answer is lost; it can be asked. */
export async function wechatGroupStation(): Promise<Station> {
  const rooms = WECHAT_GROUPS.map((topic, at) => ({ id: `1700000000${at}@chatroom`, topic }))
  const bridge = await startWechatBridge({ rooms })
  const settings = { url: bridge.url, secret: 'wechat-bridge', ...PATIENT, ...UNHURRIED }
  return {
    channel: channelOn('wechat-rooms', 'group', 'wechat-group', 'wechat-group', settings),
    taken: () => bridge.rooms.messages().map(({ roomId, text }) => ({ to: roomId, says: text })),
    fault: () => bridge.setWire('drop-after-body'),
    mend: () => bridge.setWire('none'),
    stop: () => bridge.stop(),
  }
}

/** Nobody confirms what a person is to post. Its platform is the bureau's own people. */
export async function byHandStation(): Promise<Station> {
  return {
    channel: {
      ...channelOn('wechat-group', 'group', 'wechat-group', 'by-hand', {}),
      roads: [handRoad('group')],
    },
    taken: () => [],
    fault: () => undefined,
    stop: async () => undefined,
  }
}

/** The connection is lost after the whole letter was taken. */
export async function emailStation(): Promise<Station> {
  const simulator = await startMailSimulator({ account: { user: 'notice', password: PASSWORD } })
  return {
    channel: channelOn('email', 'recipient', 'mailbox', 'email', {
      ...{ host: '127.0.0.1', port: simulator.port, security: 'none', ...PATIENT },
      ...{ user: 'notice', passwordSecret: 'password', from: 'notice@practice.example' },
    }),
    taken: () => simulator.messages().flatMap(lettersOf),
    fault: () => simulator.setFault('drop-after-body'),
    mend: () => simulator.setFault('none'),
    stop: () => simulator.stop(),
  }
}

/** Nobody answers at the desk's mail server; a person can bring the release there. */
export async function pressStation(): Promise<Station> {
  const simulator = await startMailSimulator()
  const { port } = simulator
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= simulator.stop()
    return stopped
  }
  const settings = {
    ...{ host: '127.0.0.1', port, security: 'none', from: 'press@practice.example', ...PATIENT },
    ...{ outlet: '示例日报', desk: 'desk@paper.example', contact: '王联络 0573-00000000' },
  }
  return {
    channel: channelOn('press-newspaper', 'place', 'press-newspaper', 'press', settings, [
      handRoad('place'),
    ]),
    travels: ['subject', 'text', 'html'],
    taken: () => simulator.messages().flatMap(lettersOf),
    fault: stop,
    stop,
  }
}

function lettersOf({ text, recipients }: MailMessage) {
  const [, ...parts] = text.split(/\r\n--[^\r\n]+\r\n/)
  const subject = /^Subject: ((?:[^\r]|\r\n )+)/im.exec(text)?.[1] ?? ''
  const says = [encodedWords(subject), ...parts.map(partOf)].join('\n')
  return recipients.map((to) => ({ to, says }))
}

/** RFC 2047, both encodings; the folds between the words are no part of them. */
function encodedWords(header: string): string {
  return header
    .replace(/\?=\r\n =\?/g, '?==?')
    .replace(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('latin1')
        : octetsOf(word.replaceAll('_', ' ')),
    )
    .replace(/[\u0080-\u00ff]+/g, (octets) => Buffer.from(octets, 'latin1').toString('utf8'))
}

function partOf(part: string): string {
  const end = part.indexOf('\r\n\r\n')
  const [head, body] = [part.slice(0, end), part.slice(end + 4)]
  const octets = /base64/i.test(head)
    ? Buffer.from(body, 'base64').toString('latin1')
    : octetsOf(body.replace(/=\r\n/g, ''))
  return Buffer.from(octets, 'latin1').toString('utf8')
}

function octetsOf(quoted: string): string {
  return quoted.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
