/** 微信群 over the bridge: the conformance suite, against the bridge's own server and sender. */
import { wechatGroup } from '../../channels/wechat-group.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { SECRET, startWechatBridge, type WireFault } from './wechat-group-kit.ts'

const SECRETS = { 'wechat-bridge': SECRET }
const ROOMS = [
  { id: '17000000001@chatroom', topic: '危化品企业微信群' },
  { id: '17000000002@chatroom', topic: '烟花爆竹微信群（二）' },
  { id: '17000000003@chatroom', topic: '镇街安监微信群' },
]
/** one by its exact topic, one by a name of ours, one by its id */
const ADDRESSES = ['危化品企业微信群', '烟花爆竹群在名单上的名字', '17000000003@chatroom']

const settingsFor = (url: string) => ({
  ...{ url, secret: 'wechat-bridge', answerTimeoutMs: 2_500 },
  groups: [{ group: ADDRESSES[1], id: ROOMS[1]?.id, topic: ROOMS[1]?.topic }],
})
const isWireFault = (fault: Fault): fault is WireFault & Fault =>
  !['refuse', 'retry', 'down'].includes(fault)

keepsContract({
  adapter: wechatGroup,
  secrets: SECRETS,
  addresses: ADDRESSES,
  async counterpart(fault: Fault): Promise<Counterpart> {
    const live = await startWechatBridge({ rooms: fault === 'refuse' ? [] : ROOMS })
    if (isWireFault(fault)) live.setWire(fault)
    if (fault === 'retry') live.rooms.setFault('unreachable')
    if (fault === 'down') await live.stop()
    return {
      settings: settingsFor(live.url),
      taken: () => [...live.rooms.counts()].flatMap(([line, many]) => Array(many).fill(line)),
      stop: () => (fault === 'down' ? Promise.resolve() : live.stop()),
    }
  },
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, text: ['长'.repeat(5_001)] },
  }),
  wrongSettings: [
    { settings: undefined, fields: ['settings'] },
    {
      settings: {
        ...{ url: 'http://user:word@127.0.0.1/?secret=1', secret: '', colour: 'red' },
        ...{ groups: [{ group: '一群' }], charactersMax: 1 },
      },
      fields: ['url', 'secret', 'colour', 'groups.0.id', 'charactersMax'],
    },
    {
      settings: {
        ...{ url: 'http://127.0.0.1:1', secret: 'wechat-bridge' },
        groups: [
          { group: '一群', topic: '一' },
          { group: '一群', topic: '二' },
        ],
      },
      fields: ['groups.1.group'],
    },
    {
      settings: {
        ...{ url: 'http://127.0.0.1:1', secret: 'wechat-bridge' },
        groups: [
          { group: '一群', id: '1@chatroom' },
          { group: '二群', id: '1@chatroom' },
        ],
      },
      fields: ['groups'],
    },
    { settings: { url: 'http://127.0.0.1:1', secret: 'nowhere' }, fields: ['secret'] },
  ],
})
