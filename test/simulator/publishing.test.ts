/** The simulated platforms by themselves: they refuse what the documents say they refuse, tell what they
 *  expected, and count every creation, so that a double shows. */
import { createHash, createHmac } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import {
  PLATFORM_KINDS,
  type PlatformKind,
  PUBLISHING_FAULTS,
  type PublishingPlatform,
  type PublishingPlatformOptions,
  startPublishingPlatform,
} from '../../src/simulator/publishing-platform.ts'

const ACCOUNT = { user: 'editor', secret: 'simulated secret' }
const open: PublishingPlatform[] = []
afterEach(async () => {
  for (const platform of open.splice(0)) await platform.stop()
})

async function start(kind: PlatformKind, more: Partial<PublishingPlatformOptions> = {}) {
  const platform = await startPublishingPlatform({ kind, account: ACCOUNT, ...more })
  open.push(platform)
  return platform
}

const BASIC = `Basic ${Buffer.from(`${ACCOUNT.user}:${ACCOUNT.secret}`).toString('base64')}`

describe('the signed JSON platform', () => {
  const signed = (method: string, path: string, body: string, nonce: string, token = '') => {
    const bodyHash = createHash('sm3').update(body).digest('hex')
    const text = [method, path, '', bodyHash, '1', nonce].join('\n')
    return {
      'X-App-Key': ACCOUNT.user,
      'X-Timestamp': '1',
      'X-Nonce': nonce,
      'X-Signature': createHmac('sm3', ACCOUNT.secret).update(text).digest('hex'),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    }
  }

  it('tells what it expected under a wrong signature, and not the key', async () => {
    const { base } = await start('json')
    const headers = { ...signed('POST', '/openapi/token', '', 'n'), 'X-Signature': 'wrong' }
    const answer = await fetch(`${base}/token`, { method: 'POST', headers })
    const said = await answer.text()
    expect(answer.status).toBe(401)
    expect(said).toContain(String.raw`POST\n/openapi/token\n\n`)
    expect(said).not.toContain(ACCOUNT.secret)
  })

  it('wants a token, a fresh nonce and an unknown external id', async () => {
    const { base, created, documents } = await start('json', { refuseReplays: true })
    const call = async (path: string, body: string, nonce: string, token?: string) => {
      const headers = signed('POST', `/openapi${path}`, body, nonce, token)
      const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body })
      return (await answer.json()) as { code: number; data: { token: string } | null }
    }
    const login = await call('/token', '', 'n1')
    expect(login.code).toBe(0)
    const token = login.data?.token
    expect((await call('/token', '', 'n1')).code).toBe(40104)
    const body = JSON.stringify({ externalId: 'e1', title: 'T', content: 'C', columnId: '1' })
    expect((await call('/articles', body, 'n2')).code).toBe(40101)
    expect((await call('/articles', body, 'n3', token)).code).toBe(0)
    expect((await call('/articles', body, 'n4', token)).code).toBe(40901)
    expect(created()).toEqual(['e1 T'])
    expect(documents()).toMatchObject([{ state: 'draft', title: 'T', body: 'C' }])
  })
})

describe('AtomPub', () => {
  const entry = (title: string) =>
    `<entry xmlns="http://www.w3.org/2005/Atom"><id>x</id><title>${title}</title><updated>2026-01-01T00:00:00Z</updated><summary/><summary></summary><content type="html">c &lt;b&gt;</content></entry>`
  const headers = { Authorization: BASIC, 'Content-Type': 'application/atom+xml;type=entry' }

  it('makes a member at each post, and wants the tag it was read with', async () => {
    const platform = await start('atom')
    const post = () => fetch(platform.base, { method: 'POST', headers, body: entry('one') })
    const first = await post()
    expect(first.status).toBe(201)
    const location = first.headers.get('location') ?? ''
    await post()
    expect(platform.created()).toEqual(['x one', 'x one'])
    expect(platform.documents()[0]?.body).toBe('c <b>')
    const etag = first.headers.get('etag') ?? ''
    const put = (tag: string) =>
      fetch(location, {
        method: 'PUT',
        headers: { ...headers, 'If-Match': tag },
        body: entry('two'),
      })
    expect((await put('"stale"')).status).toBe(412)
    expect((await put(etag)).status).toBe(200)
    expect((await put(etag)).status).toBe(412)
    expect((await fetch(location, { method: 'DELETE', headers })).status).toBe(204)
    expect((await fetch(location, { headers })).status).toBe(404)
    expect((await fetch(platform.base, { method: 'POST', body: entry('x') })).status).toBe(401)
  })
})

describe('WordPress', () => {
  it('lists what has the slug, takes the same post twice, and has a trash', async () => {
    const { base, created } = await start('wordpress')
    const posts = `${base}/wp/v2/posts`
    const headers = { Authorization: BASIC }
    const body = JSON.stringify({
      title: 'T',
      content: 'C',
      slug: 's',
      status: 'publish',
      categories: [1],
    })
    const first = await fetch(posts, { method: 'POST', headers, body })
    expect(first.status).toBe(201)
    const { id } = (await first.json()) as { id: number }
    await fetch(posts, { method: 'POST', headers, body })
    expect(created()).toEqual(['s T', 's T'])
    const wrong = body.replace('[1]', '["1"]')
    expect((await fetch(posts, { method: 'POST', headers, body: wrong })).status).toBe(400)
    const remove = () => fetch(`${posts}/${id}`, { method: 'DELETE', headers })
    expect((await remove()).status).toBe(200)
    expect((await remove()).status).toBe(410)
    const list = await fetch(`${posts}?slug=s&status=publish`, { headers })
    expect(list.status).toBe(200)
    expect((await fetch(posts, { headers: { Authorization: 'Basic x' } })).status).toBe(401)
  })
})

describe('the GBK form platform', () => {
  it('checks MD5 over the sorted fields in GBK', async () => {
    const { base, documents } = await start('form')
    // 安 is B0B2 in GBK.
    const text = Buffer.concat([
      Buffer.from('appid=editor&syncid=e1&title='),
      Buffer.from([0xb0, 0xb2]),
      Buffer.from(`&key=${ACCOUNT.secret}`),
    ])
    const sign = createHash('md5').update(text).digest('hex').toUpperCase()
    const call = async (signature: string) => {
      const body = `title=%B0%B2&appid=editor&content=&syncid=e1&sign=${signature}`
      const answer = await fetch(`${base}/article/add.do`, { method: 'POST', body })
      return (await answer.json()) as { result: string; expected?: string }
    }
    const refused = await call('0'.repeat(32))
    expect(refused.expected).toBe('appid=editor&syncid=e1&title=安&key=＊＊＊')
    expect((await call(sign)).result).toBe('success')
    expect(documents()).toMatchObject([{ title: '安', externalId: 'e1', state: 'published' }])
  })
})

describe('faults', () => {
  it('that say they take nothing take nothing; the others have taken it', async () => {
    const taking = ['none', 'drop-after', 'stall', 'server-error-taken', 'token-expired']
    for (const fault of PUBLISHING_FAULTS) {
      const platform = await start('wordpress', { fault })
      const body = JSON.stringify({ title: 'T', content: 'C', slug: 's', categories: [1] })
      const signal = AbortSignal.timeout(fault === 'stall' ? 300 : 20_000)
      const call = {
        method: 'POST',
        headers: { Authorization: BASIC },
        body,
        signal,
        redirect: 'manual' as const,
      }
      await fetch(`${platform.base}/wp/v2/posts`, call).then(
        (answer) => answer.arrayBuffer(),
        () => undefined,
      )
      expect([fault, platform.created().length]).toEqual([fault, taking.includes(fault) ? 1 : 0])
    }
  })

  it('concern only the calls they are set for, and end with the platform', async () => {
    for (const kind of PLATFORM_KINDS) {
      const platform = await start(kind)
      platform.setFault('server-error', (call) => call === 'page')
      expect((await fetch(platform.base)).status).not.toBe(500)
      await platform.stop()
      await expect(fetch(platform.base)).rejects.toThrow()
    }
  })
})
