/** A channel over a carrier line for the bench, and the message it sends. */
import type { Channel, Toolbox } from '../../channels/channel.ts'
import { smsCmpp } from '../../channels/sms-cmpp.ts'
import { smsSmpp } from '../../channels/sms-smpp.ts'

export type Spoken = 'smpp' | 'cmpp'

/** One part of 70 characters, as most messages are. */
export const TEXT = `【市安监局】${'高温天气请加强巡查。'.repeat(6)}`

export function openLineTo(protocol: Spoken, port: number, window: number): Channel {
  const unused = () => {
    throw new Error('a carrier line needs nothing but its secret')
  }
  const tools: Toolbox = {
    ...{ secret: () => 'simul8', blobs: { read: unused }, http: unused, log: () => {} },
    pages: { put: unused, tombstone: unused, look: unused },
  }
  const shared = { host: '127.0.0.1', port, passwordSecret: 'line', signature: '市安监局', window }
  return protocol === 'smpp'
    ? smsSmpp.create({ ...shared, systemId: 'duoling', from: { address: '10690000' } }, tools)
    : smsCmpp.create({ ...shared, version: '3.0', spId: '901234', from: '10690000' }, tools)
}
