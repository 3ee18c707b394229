/** 钉钉: the conformance suite for the robots and for work notifications, to people and to groups. */
import { dingtalk } from '../../channels/dingtalk.ts'
import { type DingtalkFault, startDingtalkSimulator } from '../../src/simulator/dingtalk.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, DingtalkFault>> = {
  none: 'none',
  refuse: 'refuse',
  retry: 'limited',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const SECRETS = {
  ...{ 'token-1': 'robot-token-not-said-1', 'token-2': 'robot-token-not-said-2' },
  ...{
    'token-3': 'robot-token-not-said-3',
    'ding-sign': 'SEC-not-said',
    'ding-app': 'app-not-said',
  },
}
const GROUPS = ['禾墩镇安监中队', '青圩镇安监中队', '槐里街道安监中队']
const base = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}`, answerTimeoutMs: 1_500 })

const robots = (port: number) => ({
  ...{ kind: 'robot', ...base(port) },
  robots: GROUPS.map((group, index) => ({
    ...{ group, token: `token-${index + 1}` },
    secret: 'ding-sign',
  })),
})
const work = (port: number) => ({
  ...{ kind: 'work', ...base(port), contents: 'summary' },
  ...{ appKey: 'dingapp', agentId: 1_001, secret: 'ding-app' },
})
const workToGroups = (port: number) => ({
  ...work(port),
  addressing: 'group',
  groups: GROUPS.map((group, index) => ({ group, departments: [String(index + 2)] })),
})

function counterpartOf(settings: (port: number) => unknown) {
  return async (fault: Fault): Promise<Counterpart> => {
    const simulator = await startDingtalkSimulator({
      appSecret: SECRETS['ding-app'],
      robots: Object.fromEntries(
        [1, 2, 3].map((one) => [`robot-token-not-said-${one}`, { secret: SECRETS['ding-sign'] }]),
      ),
    })
    if (fault === 'down') await simulator.stop()
    else simulator.setFault(FAULTS[fault])
    return {
      settings: settings(simulator.port),
      taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
    }
  }
}

const overLimit =
  (bytes: number): ConformanceKit['overLimit'] =>
  (payload) => ({ ...payload, fields: { ...payload.fields, text: ['x'.repeat(bytes)] } })
const shared = { adapter: dingtalk, secrets: SECRETS }

keepsContract({
  ...shared,
  overLimit: overLimit(20_000),
  addresses: GROUPS,
  counterpart: counterpartOf(robots),
  wrongSettings: [
    { settings: undefined, fields: ['settings'] },
    {
      settings: {
        ...{ kind: 'robot', baseUrl: 'ftp://example.test', colour: 'red', keyword: '' },
        robots: [{ group: '', token: '', secret: '' }],
      },
      fields: [
        ...['baseUrl', 'colour', 'keyword', 'robots.0.group', 'robots.0.token'],
        ...['robots.0.secret'],
      ],
    },
    {
      settings: {
        ...robots(1),
        robots: [{ group: '一群', token: 'nowhere', secret: 'nowhere' }],
      },
      fields: ['robots.0.token', 'robots.0.secret'],
    },
  ],
})

keepsContract({
  ...shared,
  overLimit: overLimit(2_048),
  addresses: ['shen.wenshu', 'manager123', '0123456'],
  counterpart: counterpartOf(work),
  wrongSettings: [
    {
      settings: { kind: 'work', appKey: '', agentId: 0, format: 'html' },
      fields: ['appKey', 'agentId', 'secret', 'format'],
    },
    { settings: { ...work(1), secret: 'nowhere' }, fields: ['secret'] },
  ],
})

keepsContract({
  ...shared,
  overLimit: overLimit(2_048),
  addresses: GROUPS,
  counterpart: counterpartOf(workToGroups),
  wrongSettings: [
    { settings: { ...work(1), addressing: 'group' }, fields: ['groups'] },
    { settings: { ...work(1), groups: [{ group: '一群' }] }, fields: ['groups.0'] },
  ],
})
