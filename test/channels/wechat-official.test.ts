/** The official account through the conformance suite: publishing without a push, and sending to followers. */
import { describe } from 'vitest'
import { wechatOfficial } from '../../channels/wechat-official.ts'
import {
  eventRequest,
  massEvent,
  type OfficialFault,
  publishEvent,
} from '../../src/simulator/wechat-official.ts'
import type { OfficialWorld } from '../../src/simulator/wechat-official-world.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { APP_ID, SECRETS, settingsFor, startSimulator } from './wechat-official-bench.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, OfficialFault>> = {
  none: 'none',
  refuse: 'refuse',
  retry: 'rate-limited',
  'drop-before-body': 'drop-before',
  'drop-after-body': 'drop-after',
  stall: 'stall',
  garbage: 'garbage',
}

async function counterpart(fault: Fault, push: boolean): Promise<Counterpart> {
  const simulator = await startSimulator()
  if (fault === 'down') await simulator.stop()
  else simulator.setFault(FAULTS[fault])
  return {
    // Only a stall waits for the end of this time; a busy machine must not.
    settings: settingsFor(simulator.base, { push, timeoutMs: fault === 'stall' ? 400 : 20_000 }),
    taken: () => simulator.world.taken,
    stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
  }
}

const RIGHT = settingsFor('https://api.weixin.qq.com')
const { coverMediaId: _, ...NO_COVER } = RIGHT

const WRONG = [
  { settings: {}, fields: ['appId', 'secret'] },
  { settings: { ...RIGHT, appId: 'gh_1', secrets: 'x' }, fields: ['appId', 'secrets'] },
  { settings: { ...RIGHT, base: 'http://api.weixin.qq.com' }, fields: ['base'] },
  { settings: { ...RIGHT, base: 'https://api.weixin.qq.com/' }, fields: ['base'] },
  {
    settings: { ...RIGHT, author: '长'.repeat(17), timeoutMs: 1 },
    fields: ['author', 'timeoutMs'],
  },
  { settings: { ...RIGHT, tagId: 100 }, fields: ['tagId'] },
  { settings: { ...NO_COVER, coverFromPicture: false }, fields: ['coverMediaId'] },
  { settings: { ...RIGHT, callback: { token: 'official-token' } }, fields: ['callback.aesKey'] },
  {
    settings: { ...RIGHT, secret: 'nowhere', callback: { token: 'x', aesKey: 'official-token' } },
    fields: ['secret', 'callback.token', 'callback.aesKey'],
  },
  { settings: { ...RIGHT, rates: { limits: [{}] } }, fields: ['rates.limits.0.scope'] },
]

const callback = {
  url: 'https://hub.example.test/callbacks/1/wechat-official/account',
  token: SECRETS['official-token'],
  encodingAesKey: SECRETS['official-key'],
}
const article = { title: '', author: '', digest: '', content: '', link: '', cover: '' }
const origin = { origin: 'http://127.0.0.1' } as OfficialWorld

function eventFor(reference: string, push: boolean): string {
  if (push) return massEvent({ id: reference }, 'send success')
  return publishEvent(origin, { id: reference, article, status: 0, articleId: 'a' })
}

for (const push of [false, true])
  describe(push ? '群发' : '发布', () => {
    keepsContract({
      adapter: wechatOfficial,
      addresses: ['wechat-official'],
      counterpart: (fault) => counterpart(fault, push),
      secrets: SECRETS,
      wrongSettings: WRONG,
      good: 'awaiting',
      overLimit: (payload) => ({
        ...payload,
        fields: { ...payload.fields, title: ['长'.repeat(33)] },
      }),
      callbacks: {
        genuine: (reference) => eventRequest(callback, APP_ID, eventFor(reference, push)),
        forged: (reference) =>
          eventRequest({ ...callback, token: 'guessed' }, APP_ID, eventFor(reference, push)),
      },
    })
  })
