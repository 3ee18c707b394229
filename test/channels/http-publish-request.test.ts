/** One step made into a request: each kind of body, each place of a signature, and values that do not fit
 *  their place. */
import { describe, expect, it } from 'vitest'
import type { ProfileSource } from '../../channels/http-publish/profile.ts'
import {
  type BuiltRequest,
  buildRequest,
  whyNotBuilt,
} from '../../channels/http-publish/request.ts'
import { readPublishSettings } from '../../channels/http-publish/settings.ts'
import { httpPublish } from '../../channels/http-publish.ts'
import { signText } from '../../src/kit/signing.ts'
import { SAMPLE_INPUT } from './sample.ts'

type Create = ProfileSource['steps']['create']

const PROFILE = {
  name: '测试方案',
  secrets: ['key'],
  fields: { title: {}, column: {}, externalId: {} },
  idempotency: 'none',
} as const

function settingsWith(create: Create, more: Partial<ProfileSource> = {}) {
  const used = { 'X-All': '{{title|percent}}{{column|percent}}{{externalId|percent}}' }
  const steps = { create: { ...create, headers: { ...used, ...create.headers } } }
  return {
    ...{ profile: { ...PROFILE, steps, ...more }, base: 'https://cms.example.test/api' },
    ...{ hosts: [{ host: 'cms.example.test' }], secrets: { key: 'platform-key' } },
  }
}

const VALUES: Readonly<Record<string, string>> = {
  ...{
    base: 'https://cms.example.test/api',
    title: '安 & "全"\r\n',
    column: '7',
    externalId: 'a/b?c',
  },
  ...{ timestamp: '1700000000', nonce: 'abcdef', 'secret.key': 'k', reference: '..' },
}

function built(create: Create, more: Partial<ProfileSource> = {}, values = VALUES): BuiltRequest {
  const settings = readPublishSettings(settingsWith(create, more))
  const input = { values: (name: string) => values[name], files: [] }
  return buildRequest(settings, settings.profile.steps.create, input)
}

function whyNot(create: Create, values = VALUES): string | undefined {
  const settings = readPublishSettings(settingsWith(create))
  try {
    built(create, {}, values)
    return undefined
  } catch (error) {
    return whyNotBuilt(error, settings)?.code
  }
}

const textOf = ({ body }: BuiltRequest) => Buffer.from(body ?? []).toString('utf8')
const post = { method: 'POST', url: '{{base}}/x' } as const

describe('a body', () => {
  it('of JSON keeps values inside their strings, and numbers as numbers', () => {
    const content = {
      t: 'x{{title}}',
      n: '{{column|number}}',
      fixed: [1, true, null],
      inner: { t: '{{title}}' },
    }
    const request = built({ ...post, body: { kind: 'json', content } })
    expect(JSON.parse(textOf(request))).toEqual({
      ...{ t: `x${VALUES['title']}`, n: 7, fixed: [1, true, null] },
      inner: { t: VALUES['title'] },
    })
    expect(request.headers['Content-Type']).toBe('application/json; charset=utf-8')
  })

  it('of a form in GBK encodes its bytes', () => {
    const request = built(
      { ...post, body: { kind: 'form', content: { t: '{{title}}' } } },
      { charset: 'gbk' },
    )
    expect(textOf(request)).toBe('t=%B0%B2%20%26%20%22%C8%AB%22%0D%0A')
  })

  it('of several parts has a boundary no value can hold', () => {
    const request = built({
      ...post,
      body: { kind: 'multipart', content: { t: '{{title}}', u: '--{{title}}' } },
    })
    const boundary = /boundary=(.+)$/.exec(request.headers['Content-Type'] ?? '')?.[1] ?? ''
    const parts = textOf(request).split(`--${boundary}`)
    expect(parts).toHaveLength(4)
    expect(parts[1]).toBe(
      `\r\nContent-Disposition: form-data; name="t"\r\n\r\n${VALUES['title']}\r\n`,
    )
    expect(parts[3]).toBe('--\r\n')
  })

  it('of XML, a SOAP envelope for one, escapes text and attributes', () => {
    const content = '<Envelope><Body><add t="{{title}}">{{title}}</add></Body></Envelope>'
    const request = built({ ...post, body: { kind: 'xml', content } })
    const escaped = '安 &amp; &quot;全&quot;&#13;&#10;'
    expect(textOf(request)).toBe(
      `<Envelope><Body><add t="${escaped}">${escaped}</add></Body></Envelope>`,
    )
    expect(request.headers['Content-Type']).toBe('text/xml; charset=utf-8')
  })
})

describe('a value that does not fit its place', () => {
  it('is not sent', () => {
    const missing = { ...VALUES, column: 'not a number', title: '安全' }
    const content = { n: '{{column|number}}' }
    expect(whyNot({ ...post, body: { kind: 'json', content } }, missing)).toBe('not-a-number')
    expect(whyNot({ ...post, headers: { X: '{{title}}' } })).toBe('header-text')
    expect(whyNot({ method: 'GET', url: '{{base}}/{{reference}}/x' })).toBe('path-dots')
    expect(whyNot({ method: 'GET', url: '{{base}}/{{column}}' }, { ...VALUES, column: '' })).toBe(
      'path-empty',
    )
    expect(
      whyNot(
        { method: 'GET', url: '{{reference}}' },
        { ...VALUES, reference: 'https://evil.test/' },
      ),
    ).toBe('host-not-listed')
    expect(whyNot({ method: 'GET', url: '{{base}}/{{url}}' })).toBe('value-missing')
    const control = { ...VALUES, title: 'a\u0001' }
    expect(whyNot({ ...post, body: { kind: 'xml', content: '<a>{{title}}</a>' } }, control)).toBe(
      'character',
    )
  })

  it('is one segment of the path or one value of the query', () => {
    const request = built({
      ...{ method: 'GET', url: '{{base}}/{{externalId}}/x?a={{title}}' },
      query: { b: '{{externalId}}', 'c d': '1' },
    })
    expect(request.url).toBe(
      'https://cms.example.test/api/a%2Fb%3Fc/x?a=%E5%AE%89%20%26%20%22%E5%85%A8%22%0D%0A&b=a%2Fb%3Fc&c%20d=1',
    )
  })

  it('of an optional header leaves the header out', () => {
    const create = { ...post, headers: { 'If-Match': '{{url|optional}}' } }
    expect(built(create).headers).not.toHaveProperty('If-Match')
    expect(built(create, {}, { ...VALUES, url: '"1"' }).headers['If-Match']).toBe('"1"')
  })
})

describe('a signature', () => {
  const sign = {
    canonical: '{{parameters}}{{secret.key}}{{timestamp}}',
    algorithm: 'sha1',
    encoding: 'hex',
    name: 'sign',
  } as const
  const create: Create = {
    ...post,
    query: { b: '2' },
    body: { kind: 'form', content: { a: '{{column}}' } },
  }
  const expected = signText(sign, 'a=7&b=2k1700000000')

  it('stands where the platform reads it, over the same text', () => {
    const inHeader = built(create, { sign: { ...sign, place: 'header', form: 'V1 {{signature}}' } })
    expect(inHeader.headers['sign']).toBe(`V1 ${expected}`)
    const inQuery = built(create, { sign: { ...sign, place: 'query' } })
    expect(inQuery.url).toBe(`https://cms.example.test/api/x?b=2&sign=${expected}`)
    const inBody = built(create, { sign: { ...sign, place: 'body' } })
    expect(textOf(inBody)).toBe(`a=7&sign=${expected}`)
    for (const one of [inHeader, inQuery, inBody]) expect(one.canonical).toBe('a=7&b=2k1700000000')
  })

  it('joins a JSON object as a member of its own', () => {
    const json: Create = {
      ...post,
      body: { kind: 'json', content: { a: '{{column}}', inner: { x: 1 } } },
    }
    const request = built(json, { sign: { ...sign, place: 'body' } })
    expect(request.canonical).toBe('a=7k1700000000')
    expect(JSON.parse(textOf(request))).toEqual({
      a: '7',
      inner: { x: 1 },
      sign: request.signature,
    })
  })

  it('is left off a step that says so', () => {
    const request = built({ ...create, signed: false }, { sign: { ...sign, place: 'header' } })
    expect(request).not.toHaveProperty('signature')
    expect(request.headers).not.toHaveProperty('sign')
  })
})

describe('how a repeat is recognised', () => {
  it('is declared as the hub understands it', () => {
    const nothing = () => Promise.reject(new Error('not here'))
    const tools = {
      secret: () => 'k',
      pages: { put: nothing, tombstone: nothing, look: nothing },
      ...{ blobs: { read: nothing }, http: nothing, log: () => undefined },
    }
    const query = {
      ...{ method: 'GET', url: '{{base}}/find', query: { id: '{{externalId}}' } },
      read: { reference: { json: 'id' } },
    } as const
    const put: Create = { method: 'PUT', url: '{{base}}/{{externalId}}' }
    for (const [idempotency, steps, declared] of [
      ['external-id', { create: post }, 'key'],
      ['put-url', { create: put }, 'replace'],
      ['query-before-create', { create: post, query }, 'query'],
      ['none', { create: post }, 'none'],
    ] as const) {
      const used = { 'X-All': '{{title|percent}}{{column|percent}}{{externalId|percent}}' }
      const profile = {
        ...PROFILE,
        idempotency,
        steps: { ...steps, create: { ...steps.create, headers: used } },
      }
      const channel = httpPublish.create({ ...settingsWith(post), profile }, tools)
      expect(channel.capabilities).toMatchObject({
        idempotency: declared,
        retract: 'none',
        receipts: 'none',
      })
      expect(channel.reconcile !== undefined).toBe('query' in steps)
      expect(channel.update ?? channel.retract ?? channel.poll).toBeUndefined()
      expect(channel.render(SAMPLE_INPUT).payload.form).toBe('fields')
    }
  })
})
