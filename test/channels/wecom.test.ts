/** 企业微信: the conformance suite for the robots and for the app's message, to members and to groups. */
import { wecom } from '../../channels/wecom.ts'
import { startWecomSimulator, type WecomFault } from '../../src/simulator/wecom.ts'
import type { ConformanceKit, Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, WecomFault>> = {
  none: 'none',
  refuse: 'refuse',
  retry: 'limited',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const SECRETS = {
  ...{ 'robot-1': 'key-not-to-be-said-1', 'robot-2': 'key-not-to-be-said-2' },
  ...{ 'robot-3': 'key-not-to-be-said-3', 'wecom-app': 'app-secret-not-to-be-said' },
}
const GROUPS = ['禾墩镇安监中队', '青圩镇安监中队', '槐里街道安监中队']

const robots = (port: number) => ({
  ...{ kind: 'robot', baseUrl: `http://127.0.0.1:${port}`, answerTimeoutMs: 1_500 },
  robots: GROUPS.map((group, index) => ({ group, key: `robot-${index + 1}` })),
})
const app = (port: number) => ({
  ...{ kind: 'app', baseUrl: `http://127.0.0.1:${port}`, answerTimeoutMs: 1_500 },
  ...{ corpId: 'ww1', agentId: 1_000_002, secret: 'wecom-app' },
})
const appToGroups = (port: number) => ({
  ...app(port),
  addressing: 'group',
  groups: GROUPS.map((group, index) => ({ group, parties: [String(index + 2)] })),
})

function counterpartOf(settings: (port: number) => unknown) {
  return async (fault: Fault): Promise<Counterpart> => {
    const simulator = await startWecomSimulator({ secret: SECRETS['wecom-app'] })
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
  fields: { ...payload.fields, text: ['长'.repeat(683)] },
})
const shared = { adapter: wecom, secrets: SECRETS, overLimit }

keepsContract({
  ...shared,
  addresses: GROUPS,
  counterpart: counterpartOf(robots),
  wrongSettings: [
    { settings: undefined, fields: ['settings'] },
    { settings: { kind: 'pigeon' }, fields: ['kind'] },
    {
      settings: {
        ...{ kind: 'robot', baseUrl: 'http://example.test', colour: 'red', format: 'html' },
        robots: [{ group: '', key: '' }],
        rates: { limits: [{ scope: 'all' }] },
      },
      fields: [
        ...['baseUrl', 'colour', 'format', 'robots.0.group', 'robots.0.key'],
        ...['rates.limits.0.scope'],
      ],
    },
    {
      settings: {
        ...robots(1),
        robots: [
          { group: '一群', key: 'robot-1' },
          { group: '一群', key: 'robot-2' },
        ],
      },
      fields: ['robots.1.group'],
    },
    {
      settings: { ...robots(1), robots: [{ group: '一群', key: 'nowhere' }] },
      fields: ['robots.0.key'],
    },
  ],
})

keepsContract({
  ...shared,
  addresses: ['shen.wenshu', 'LuBaomi', 'qian-ju'],
  counterpart: counterpartOf(app),
  wrongSettings: [
    {
      settings: { kind: 'app', corpId: 'ww 1', agentId: '2', duplicateSeconds: 90_000 },
      fields: ['corpId', 'agentId', 'secret', 'duplicateSeconds'],
    },
    { settings: { ...app(1), secret: 'nowhere' }, fields: ['secret'] },
  ],
})

keepsContract({
  ...shared,
  addresses: GROUPS,
  counterpart: counterpartOf(appToGroups),
  wrongSettings: [
    { settings: { ...app(1), addressing: 'group' }, fields: ['groups'] },
    {
      settings: {
        ...app(1),
        groups: [{ group: '一群' }, { group: '二群', parties: ['甲'] }],
      },
      fields: ['groups.1.parties.0'],
    },
  ],
})
