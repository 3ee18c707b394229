/** From the signature to the receipt over the clouds: the whole installation with its database, and the
 *  simulators on real sockets. A lost answer is asked for, a receipt settles its delivery, a reply counts. */
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Adapter } from '../../channels/channel.ts'
import { smsAliyun } from '../../channels/sms-aliyun.ts'
import { smsTencent } from '../../channels/sms-tencent.ts'
import { voiceAliyun } from '../../channels/voice-aliyun.ts'
import { callbackRoutes } from '../../src/http/callbacks.ts'
import { newWorker } from '../../src/hub/attempt.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import { heardSettled } from '../../src/hub/receipts/receipt.ts'
import { reconcile } from '../../src/hub/sweep.ts'
import { type AliyunSmsSimulator, startAliyunSms } from '../../src/simulator/aliyun-sms.ts'
import { type AliyunVoiceSimulator, startAliyunVoice } from '../../src/simulator/aliyun-voice.ts'
import { startTencentSms, type TencentSmsSimulator } from '../../src/simulator/tencent-sms.ts'
import {
  addPeopleTo,
  channelTo,
  openTestInstallation,
  reviewed,
  signNow,
  type TestInstallation,
} from '../support/installation.ts'
import {
  openTemporaryServer,
  type TemporaryDatabase,
  type TemporaryServer,
} from '../support/temporary-database.ts'
import { CALLBACK_SECRET, NAMED_TEMPLATES, SECRET, TEMPLATES } from './cloud-messages-kit.ts'

const AT = new Date('2026-07-01T02:00:00Z')
const LATER = new Date('2026-07-01T02:10:00Z')
const PEOPLE = 12
const KEY = { id: 'duoling', secret: SECRET }

/** The installation of the tests has no secrets of its own. */
function withSecrets(adapter: Adapter): Adapter {
  const secret = (name: string) => (name === 'callback' ? CALLBACK_SECRET : SECRET)
  return {
    adapter: adapter.adapter,
    create: (settings, tools) => adapter.create(settings, { ...tools, secret }),
  }
}

describe('the clouds and the hub', () => {
  let server: TemporaryServer
  let database: TemporaryDatabase
  let installation: TestInstallation
  let aliyun: AliyunSmsSimulator
  let tencent: TencentSmsSimulator
  let voice: AliyunVoiceSimulator
  let origin: string
  let close: () => Promise<unknown>
  let now = AT

  beforeAll(async () => {
    server = await openTemporaryServer(inject('server').url)
    database = await server.create()
    aliyun = await startAliyunSms({ key: KEY, now: () => now })
    tencent = await startTencentSms({ key: KEY, now: () => now })
    voice = await startAliyunVoice({ key: KEY, now: () => now })
    const shared = { countsWhen: 'receipt', templates: TEMPLATES, answerTimeoutMs: 10_000 }
    const ofAliyun = {
      ...{ ...shared, accessKeyId: 'duoling', accessKeySecret: 'key', callbackSecret: 'callback' },
    }
    const ofTencent = {
      ...{ secretId: 'duoling', secretKey: 'key', sdkAppId: '1400006666', pulls: true },
      ...{ endpoint: `http://127.0.0.1:${tencent.port}`, signature: '桐乡应急' },
    }
    installation = await openTestInstallation(database, {
      adapters: [smsAliyun, smsTencent, voiceAliyun].map(withSecrets),
      ...{ audiences: ['media'], queue: false },
      channels: [
        channelTo('aliyun', 'phone', 'sms-aliyun', {
          ...{ ...ofAliyun, signature: '桐乡应急', endpoint: `http://127.0.0.1:${aliyun.port}` },
        }),
        channelTo('tencent', 'phone', 'sms-tencent', {
          ...{ ...shared, ...ofTencent, templates: NAMED_TEMPLATES },
        }),
        channelTo('voice', 'phone', 'voice-aliyun', {
          ...{ ...ofAliyun, confirmKey: '1', endpoint: `http://127.0.0.1:${voice.port}` },
        }),
      ],
    })
    await addPeopleTo(installation, 'media', 'phone', { from: 0, count: PEOPLE })
    const routes = callbackRoutes({
      ...{ hub: installation.app.hub, now: () => now, onFault: () => undefined },
    })
    const callbacks = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
      const method = 'POST'
      const answer = await routes.request(request.url ?? '', {
        method,
        body: Buffer.concat(chunks),
      })
      response.writeHead(answer.status).end(await answer.text())
    })
    await new Promise<void>((resolve) => callbacks.listen(0, '127.0.0.1', resolve))
    const address = callbacks.address()
    if (address === null || typeof address === 'string') throw new Error('the port is unknown')
    origin = `http://127.0.0.1:${address.port}/callbacks/${installation.agencyId}`
    close = () => new Promise((resolve) => callbacks.close(resolve))
  })
  afterAll(async () => {
    await close()
    await installation.app.close()
    await Promise.all([aliyun.stop(), tencent.stop(), voice.stop()])
    await database.drop()
    await server.remove()
  })

  /** Signs one notice over the channel, and sends it. */
  const notify = async (channelId: string) => {
    now = AT
    const draft = { title: '请注意防范', level: 'routine', text: '请各企业加强巡查。' } as const
    const paper = await reviewed(installation, draft, AT)
    await signNow(installation, paper, [{ channelId, act: 'notify', audiences: ['media'] }], AT)
    await installation.app.pump.drain(() => AT, { agencyId: installation.agencyId })
  }
  const states = async (channelId: string): Promise<Record<string, number>> => {
    const rows = await installation.app.connection.db
      .selectFrom('delivery')
      .innerJoin('dispatch', (join) =>
        join
          .onRef('dispatch.agency_id', '=', 'delivery.agency_id')
          .onRef('dispatch.id', '=', 'delivery.dispatch_id'),
      )
      .where('dispatch.channel_id', '=', channelId)
      .select(({ fn }) => ['delivery.state', fn.countAll<string>().as('count')])
      .groupBy('delivery.state')
      .execute()
    return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
  }

  it('Aliyun: a lost answer is asked for, pushed reports settle, a forged one does not', async () => {
    aliyun.setFault('drop-after-body')
    await notify('aliyun')
    expect(await states('aliyun')).toEqual({ unsure: PEOPLE })
    aliyun.setFault('none')
    now = LATER
    await reconcile(installation.app.hub, newWorker('test'), LATER)
    expect(await states('aliyun')).toEqual({ accepted: PEOPLE })
    expect([...aliyun.counts().values()]).toEqual(Array(PEOPLE).fill(1))
    aliyun.setCallback(`${origin}/aliyun/main/guessed`)
    expect(await aliyun.reply('13900000000', '退订')).toBe(0)
    aliyun.setCallback(`${origin}/aliyun/main/${CALLBACK_SECRET}`)
    expect(await aliyun.finish(true, 2)).toEqual([200, 200])
    await heardSettled(installation.app.hub)
    expect(await states('aliyun')).toEqual({ delivered: PEOPLE })
  })

  it('Tencent: names are filled in, and the queue is emptied once', async () => {
    await notify('tencent')
    expect(await states('tencent')).toEqual({ accepted: PEOPLE })
    const names = new Set(tencent.messages().map(({ parameters }) => parameters[0]))
    expect(names).toContain('企业00000000')
    expect(names.size).toBe(PEOPLE)
    await tencent.finish(true)
    now = LATER
    await askOutside(installation.app.hub, LATER, (error) => {
      throw error
    })
    expect(await states('tencent')).toEqual({ delivered: PEOPLE })
  })

  it('voice: only who pressed the key is reached, the others stay open or failed', async () => {
    await notify('voice')
    expect(await states('voice')).toEqual({ accepted: PEOPLE })
    const callback = `${origin}/voice/main/${CALLBACK_SECRET}`
    const [pressed, listened, ...rest] = voice.calls()
    if (!pressed || !listened) throw new Error('nobody was called')
    expect(await voice.press(pressed, '1', callback)).toBe(200)
    await voice.finish([pressed, listened], '200000', callback)
    await voice.finish(rest, '200003', callback)
    await heardSettled(installation.app.hub)
    const expected = { accepted: 1, delivered: 1, failed: PEOPLE - 2 }
    expect(await states('voice')).toEqual(expected)
  })
})
