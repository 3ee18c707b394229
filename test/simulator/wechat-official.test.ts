/** The simulated official account by itself: it refuses what the platform's pages say it refuses, and counts
 *  what it took, so that a double shows. */
import { afterEach, expect, it } from 'vitest'
import {
  OFFICIAL_FAULTS,
  type OfficialSimulator,
  startOfficialSimulator,
} from '../../src/simulator/wechat-official.ts'

const ACCOUNT = { appId: 'wx5823bf96d3bd56c7', secret: 'simulated secret' }
const COVER = 'cover-of-the-account'
const open: OfficialSimulator[] = []
afterEach(async () => {
  for (const simulator of open.splice(0)) await simulator.stop()
})

async function start(more = {}) {
  const simulator = await startOfficialSimulator({ account: ACCOUNT, materials: [COVER], ...more })
  open.push(simulator)
  const post = async (path: string, body: unknown, token = 'token-0') => {
    const url = `${simulator.base}/cgi-bin/${path}?access_token=${token}`
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return answer.text()
  }
  const draft = async (more = {}) => {
    const article = { title: '标题', content: '<p>正文</p>', thumb_media_id: COVER, ...more }
    return JSON.parse(await post('draft/add', { articles: [article] })) as {
      media_id?: string
      errcode?: number
    }
  }
  return { simulator, post, draft }
}

it('gives every process the same token, until it is forced', async () => {
  const { post } = await start()
  const body = {
    ...{ grant_type: 'client_credential', appid: ACCOUNT.appId, secret: ACCOUNT.secret },
  }
  expect(await post('stable_token', body)).toContain('token-0')
  expect(await post('stable_token', { ...body, force_refresh: true })).not.toContain('token-0')
  expect(await post('stable_token', { ...body, secret: 'guess' })).toContain('40125')
  expect(await post('draft/get', {})).toContain('40001')
})

it('refuses what is too long, has no cover, or shows pictures from elsewhere', async () => {
  const { simulator, draft } = await start()
  const cases = [
    [{ title: '长'.repeat(33) }, 45003],
    [{ author: '长'.repeat(17) }, 45110],
    [{ digest: '长'.repeat(129) }, 45004],
    [{ content: '长'.repeat(20_000) }, 45002],
    [{ content: '' }, 44003],
    [{ thumb_media_id: 'somewhere' }, 40007],
  ] as const
  for (const [article, errcode] of cases) expect((await draft(article)).errcode).toBe(errcode)
  const { media_id = '' } = await draft({
    content: '<p><img src="https://elsewhere.test/a.png">正文</p>',
  })
  expect(simulator.world.drafts.get(media_id)?.[0]?.content).toBe('<p>正文</p>')
})

it('takes a draft once: afterwards it is gone', async () => {
  const { simulator, post, draft } = await start()
  const { media_id } = await draft()
  expect(await post('freepublish/submit', { media_id })).toContain('"errcode":0')
  expect(await post('freepublish/submit', { media_id })).toContain('40007')
  expect(simulator.world.taken).toEqual(['标题'])
})

it('knows its own id again, and a used-up quota', async () => {
  const { simulator, post, draft } = await start({ sendsLeft: 1 })
  const send = async (clientmsgid: string) => {
    const { media_id } = await draft()
    return post('message/mass/sendall', { mpnews: { media_id }, msgtype: 'mpnews', clientmsgid })
  }
  expect(await send('a')).toContain('"errcode":0')
  expect(await send('a')).toContain('45065')
  expect(await send('b')).toContain('45028')
  expect(await send('c'.repeat(36))).toContain('45067')
  expect(simulator.world.taken).toEqual(['标题'])
})

it('every fault is one it can have', async () => {
  const { simulator, post, draft } = await start()
  const taking = ['none', 'server-error', 'drop-after', 'stall']
  for (const fault of OFFICIAL_FAULTS) {
    simulator.world.taken.length = 0
    simulator.setFault('none')
    const { media_id } = await draft()
    simulator.setFault(fault)
    const answered = post('freepublish/submit', { media_id }).catch(() => undefined)
    // Nobody answers a stall; the others end by themselves.
    if (fault === 'stall') await expect.poll(() => simulator.world.taken.length).toBe(1)
    else await answered
    expect([fault, simulator.world.taken.length]).toEqual([fault, taking.includes(fault) ? 1 : 0])
  }
})
