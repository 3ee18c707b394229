/** The stations of the test of all adapters at once where something is published. */
import type { Pages } from '../../channels/channel.ts'
import { startPublishingPlatform } from '../../src/simulator/publishing-platform.ts'
import { startOfficialSimulator } from '../../src/simulator/wechat-official.ts'
import {
  channelOn,
  type Ground,
  PASSWORD,
  SECRETS,
  type Station,
  type Taken,
} from './all-at-once-station.ts'

const PATIENT = { timeoutMs: 20_000 }

/** The page is written, and the word of it is lost. */
export async function disclosurePortalStation({ aroundPages }: Ground): Promise<Station> {
  const taken: Taken[] = []
  let lost = false
  aroundPages((pages: Pages) => ({
    ...pages,
    async put(page) {
      const kept = await pages.put(page)
      taken.push({ to: page.path, says: page.html })
      if (lost) throw new Error('connection lost')
      return kept
    },
  }))
  return {
    channel: channelOn('disclosure-portal', 'place', 'disclosure-portal', 'disclosure-portal', {}),
    // Between them stand the two values that are known only when it leaves.
    travels: ['start', 'middle', 'end'],
    filled: /^\w+\/2026-000012026-11-2510:00$/,
    taken: () => taken,
    fault: () => {
      lost = true
    },
    mend: () => {
      lost = false
    },
    stop: async () => undefined,
  }
}

/** The platform publishes and is silent. */
export async function httpPublishStation(): Promise<Station> {
  const account = { user: 'duoling', secret: PASSWORD }
  const platform = await startPublishingPlatform({ kind: 'json', account })
  return {
    channel: channelOn('service-network', 'place', 'service-network', 'http-publish', {
      ...{ profile: 'service-network', base: platform.base },
      hosts: [{ host: '127.0.0.1', port: platform.port, plain: true, internal: true }],
      ...{ constants: { appKey: 'duoling' }, secrets: { appSecret: 'password' } },
      ...{ columns: { notice: 'zwgk-01' }, timeoutMs: 5_000 },
    }),
    travels: ['title', 'body'],
    taken: () =>
      platform.documents().map(({ externalId, title, body }) => ({
        to: externalId,
        says: `${title}\n${body}`,
      })),
    fault: () => platform.setFault('stall', (kind) => kind === 'create' || kind === 'publish'),
    mend: () => platform.setFault('none'),
    stop: () => platform.stop(),
  }
}

/** The platform tells each end twice. */
export async function wechatOfficialStation(ground: Ground): Promise<Station> {
  const [appId, cover] = ['wx5823bf96d3bd56c7', 'material-of-the-account']
  const [token = '', encodingAesKey = ''] = [SECRETS['official-token'], SECRETS['official-key']]
  const simulator = await startOfficialSimulator({
    ...{ account: { appId, secret: PASSWORD }, materials: [cover], slowReview: true },
    callback: { url: ground.callback('wechat-official'), token, encodingAesKey },
  })
  let times = 1
  return {
    channel: channelOn('wechat-official', 'place', 'wechat-official', 'wechat-official', {
      ...{ appId, secret: 'password', base: simulator.base, coverMediaId: cover, ...PATIENT },
      callback: { token: 'official-token', aesKey: 'official-key' },
      previewTo: 'oR5Gjjl_eiZoUpGozMo7dbBJ362A',
    }),
    travels: ['title', 'content'],
    taken: () =>
      simulator.world.publications.map(({ article }) => ({
        to: 'readers',
        says: `${article.title}\n${article.content}`,
      })),
    fault: () => {
      times = 2
    },
    finish: async () => {
      for (const job of simulator.world.publications)
        if (job.status !== 0) await simulator.finishPublication(job, 0, times)
    },
    stop: () => simulator.stop(),
  }
}
