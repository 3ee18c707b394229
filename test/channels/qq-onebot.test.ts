/** QQ 群 over OneBot 11: the conformance suite over HTTP and over a WebSocket. */
import { qqOnebot } from '../../channels/qq-onebot.ts'
import { type OnebotFault, startOnebotSimulator } from '../../src/simulator/onebot.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down' | 'retry'>, OnebotFault>> = {
  none: 'none',
  refuse: 'refuse',
  'drop-before-body': 'drop-before-body',
  'drop-after-body': 'drop-after-body',
  stall: 'stall',
  garbage: 'garbage',
}
const SECRETS = { 'qq-token': 'onebot-token-not-said' }
const NAMES = ['危化品企业QQ群', '烟花爆竹QQ群']

for (const scheme of ['http', 'ws'] as const) {
  const settingsFor = (port: number) => ({
    ...{ url: `${scheme}://127.0.0.1:${port}`, accessToken: 'qq-token', answerTimeoutMs: 1_500 },
    groups: NAMES.map((group, index) => ({ group, id: `70000000${index}` })),
  })
  keepsContract({
    adapter: qqOnebot,
    secrets: SECRETS,
    addresses: [...NAMES, '700000009'],
    counterpart(fault: Fault) {
      if (fault === 'retry')
        return { impossible: 'OneBot 11 has no answer that asks to come back later' }
      return (async (): Promise<Counterpart> => {
        const simulator = await startOnebotSimulator({ accessToken: SECRETS['qq-token'] })
        if (fault === 'down') await simulator.stop()
        else simulator.setFault(FAULTS[fault])
        return {
          settings: settingsFor(simulator.port),
          taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
          stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
        }
      })()
    },
    overLimit: (payload) => ({
      ...payload,
      fields: { ...payload.fields, text: ['长'.repeat(4_501)] },
    }),
    wrongSettings: [
      { settings: undefined, fields: ['settings'] },
      {
        settings: {
          ...{ url: `${scheme}://user:word@127.0.0.1/?access_token=1`, colour: 'red' },
          ...{ groups: [{ group: '一群', id: '12' }], charactersMax: 1 },
        },
        fields: ['url', 'colour', 'groups.0.id', 'charactersMax'],
      },
      {
        settings: {
          url: `${scheme}://127.0.0.1:1`,
          groups: [
            { group: '一群', id: '700000001' },
            { group: '一群', id: '700000001' },
          ],
        },
        fields: ['groups.1.group', 'groups.1.id'],
      },
      { settings: { url: `${scheme}://127.0.0.1:99999` }, fields: ['url'] },
      {
        settings: { url: `${scheme}://127.0.0.1:1`, accessToken: 'nowhere' },
        fields: ['accessToken'],
      },
    ],
  })
}
