/** Profiles as data: each fault in one is named by its field before anything is sent; the rehearsal shows
 *  what would leave, with the text under the signature and no secret. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SettingsFault } from '../../channels/channel.ts'
import { dryRun } from '../../channels/http-publish/dry-run.ts'
import { allowedUrl } from '../../channels/http-publish/hosts.ts'
import { pageConfirms } from '../../channels/http-publish/probe.ts'
import type { ProfileSource } from '../../channels/http-publish/profile.ts'
import { serviceNetwork } from '../../channels/http-publish/profiles/service-network.ts'
import { PROFILES, readPublishSettings } from '../../channels/http-publish/settings.ts'
import { signText } from '../../src/kit/signing.ts'
import { PROFILE_NAMES, settingsFor } from './http-publish-kit.ts'
import { SAMPLE_INPUT } from './sample.ts'

const WHERE = { port: 8443, base: 'https://cms.example.test/openapi' }
const RIGHT = { ...settingsFor('service-network', WHERE), hosts: [{ host: 'cms.example.test' }] }

function faultsOf(settings: unknown): readonly string[] {
  try {
    readPublishSettings(settings)
    return []
  } catch (error) {
    if (error instanceof SettingsFault) return error.problems.map(({ field }) => field)
    throw error
  }
}

function mended(change: (profile: ProfileSource) => unknown): unknown {
  return { ...RIGHT, profile: change(structuredClone(serviceNetwork)) }
}

describe('a profile', () => {
  it('that comes with the product is right; what no document confirms says so', () => {
    expect(Object.keys(PROFILES).sort()).toEqual([...PROFILE_NAMES].sort())
    expect(faultsOf(RIGHT)).toEqual([])
    for (const name of ['service-network', 'hanweb'] as const)
      expect(JSON.stringify(PROFILES[name])).toMatch(/示例.*待核/)
  })

  it('may be written whole into the settings', () => {
    expect(faultsOf(mended((profile) => profile))).toEqual([])
  })

  it('names every wrong field at once', () => {
    const { create } = serviceNetwork.steps
    const table: readonly (readonly [unknown, readonly string[]])[] = [
      [
        { ...RIGHT, profile: { name: 'x' } },
        ['profile.fields', 'profile.idempotency', 'profile.steps'],
      ],
      [mended((p) => ({ ...p, unknown: 1 })), ['profile.unknown']],
      [
        mended((p) => ({
          ...p,
          steps: { ...p.steps, create: { ...create, url: '{{base', method: 'BREW' } },
        })),
        ['profile.steps.create.url', 'profile.steps.create.method'],
      ],
      [
        mended((p) => ({
          ...p,
          steps: {
            ...p.steps,
            create: { ...create, headers: { 'X\r\nY': 'z', T: '{{nothing}}' } },
          },
        })),
        ['profile.steps.create.headers.X\r\nY'],
      ],
      [
        mended((p) => ({
          ...p,
          steps: { ...p.steps, create: { ...create, headers: { T: '{{nothing}}' } } },
        })),
        ['profile.steps.create.headers.T'],
      ],
      [
        mended((p) => ({
          ...p,
          steps: { ...p.steps, create: { ...create, url: '{{base}}/{{secret.appSecret}}' } },
        })),
        ['profile.steps.create.url'],
      ],
      [
        mended((p) => ({
          ...p,
          steps: { ...p.steps, create: { ...create, url: 'http://elsewhere.test/x' } },
        })),
        ['profile.steps.create.url'],
      ],
      [
        mended((p) => ({
          ...p,
          steps: { ...p.steps, create: { ...create, url: '{{base}}.elsewhere.test/x' } },
        })),
        ['profile.steps.create.url'],
      ],
      [
        mended((p) => ({ ...p, errors: [{ value: { regex: '(a+)+b' }, class: 'retry' }] })),
        ['profile.errors.0.value.regex'],
      ],
      [mended((p) => ({ ...p, idempotency: 'put-url' })), ['profile.steps.create.method']],
      [mended((p) => ({ ...p, secrets: [] })), ['profile.secrets', 'secrets.appSecret']],
      [{ ...RIGHT, constants: { other: 'x' } }, ['constants.appKey', 'constants.other']],
    ]
    for (const [settings, fields] of table)
      expect(faultsOf(settings)).toEqual(expect.arrayContaining([...fields]))
  })

  it('of XML lets no value become markup', () => {
    const xml = (content: string) =>
      mended((p) => ({
        ...p,
        steps: { ...p.steps, create: { ...p.steps.create, body: { kind: 'xml', content } } },
      }))
    for (const content of [
      '<a><{{title}}/></a>',
      '<a {{title}}="1"/>',
      '<a b={{title}}/>',
      '<a><![CDATA[{{title}}]]></a>',
      '<a><!-- {{title}} --></a>',
      '<a>{{title}}',
    ])
      expect(faultsOf(xml(content))).toContain('profile.steps.create.body.content')
    expect(faultsOf(xml('<a b="{{title}}" c=\'{{column}}\'>{{body}}</a>'))).not.toContain(
      'profile.steps.create.body.content',
    )
  })
})

describe('the page about this channel', () => {
  it('shows settings and a profile that work as they are printed', () => {
    const page = new URL('../../docs/channels/http-publish.md', import.meta.url)
    const blocks = [...readFileSync(page, 'utf8').matchAll(/```json\n([\s\S]*?)```/g)]
    const shown = blocks.map(([, text = '']): object => JSON.parse(text))
    const profile = shown.find((one) => 'steps' in one)
    const settings = shown.filter((one) => 'profile' in one)
    expect(settings).toHaveLength(3)
    for (const one of settings) expect(faultsOf(one)).toEqual([])
    const own = { constants: { appKey: 'duoling' }, secrets: { appSecret: 'platform-key' } }
    expect(faultsOf({ ...RIGHT, ...own, profile })).toEqual([])
  })
})

describe('a host', () => {
  const hosts = [
    { host: 'a.gov.cn', plain: false, internal: false },
    { host: '10.1.2.3', port: 8080, plain: true, internal: true },
  ]
  it('is called only as it is listed', () => {
    for (const [address, listed] of [
      ['https://a.gov.cn/x?y=1', true],
      ['https://A.GOV.CN/x', true],
      ['http://a.gov.cn/x', false],
      ['https://a.gov.cn:8443/x', false],
      ['https://a.gov.cn.evil.test/x', false],
      ['https://evila.gov.cn/x', false],
      ['https://sub.a.gov.cn/x', false],
      ['https://a.gov.cn.evil.test/x', false],
      ['https://evila.gov.cn/x', false],
      ['https://sub.a.gov.cn/x', false],
      ['https://user@a.gov.cn/x', false],
      ['https://a.gov.cn\\@evil.test/', false],
      ['https://a.gov.cn/\r\nHost: x', false],
      ['http://10.1.2.3:8080/x', true],
      ['http://10.1.2.3/x', false],
      ['http://167838211:8080/x', true],
      ['http://169.254.169.254/', false],
      ['javascript:alert(1)', false],
      ['/x', false],
    ] as const)
      expect([address, allowedUrl(address, hosts) !== undefined]).toEqual([address, listed])
  })
})

describe('a rehearsal', () => {
  const sample = { input: SAMPLE_INPUT, at: new Date('2026-07-01T01:07:00Z') }
  it('shows each step with the text under its signature, and no secret', () => {
    const secret = 'the real secret of the platform'
    const run = dryRun(RIGHT, { ...sample, secret: () => secret })
    expect(run.problems).toEqual([])
    expect(run.steps.map(({ step }) => step)).toEqual([
      ...['login', 'upload', 'query', 'create', 'publish', 'update.0', 'withdraw.0'],
    ])
    const create = run.steps.find(({ step }) => step === 'create')
    expect(create).toMatchObject({
      method: 'POST',
      url: 'https://cms.example.test/openapi/articles',
    })
    expect(create?.canonical).toMatch(/^POST\n\/openapi\/articles\n\n[0-9a-f]{64}\n1782868020000\n/)
    const recipe = { algorithm: 'hmac-sm3', encoding: 'hex' } as const
    expect(create?.signature).toBe(signText(recipe, create?.canonical ?? '', secret))
    expect(create?.body).toContain(SAMPLE_INPUT.title)
    expect(JSON.stringify(run)).not.toContain(secret)
    expect(dryRun(RIGHT, { ...sample, secret: () => secret })).toEqual(run)
  })

  it('masks a secret that stands in the signed text or in a login', () => {
    for (const name of PROFILE_NAMES) {
      const settings = { ...settingsFor(name, WHERE), hosts: [{ host: 'cms.example.test' }] }
      const run = dryRun(settings, { ...sample, secret: () => 'swordfish' })
      const said = JSON.stringify(run)
      expect(said).not.toContain('swordfish')
      expect(said).not.toContain(Buffer.from('editor:swordfish').toString('base64'))
      expect(run.steps.filter(({ problem }) => problem !== undefined)).toEqual([])
    }
    const hanweb = dryRun(
      { ...settingsFor('hanweb', WHERE), hosts: [{ host: 'cms.example.test' }] },
      sample,
    )
    expect(hanweb.steps[0]?.canonical).toContain('&key=＊＊＊')
  })

  it('says what the item lacks', () => {
    const run = dryRun({ ...RIGHT, columns: {} }, sample)
    expect(run.problems.map(({ field }) => field)).toEqual(['column'])
  })
})

describe('the public page', () => {
  const page = (html: string, status = 200, headers = {}) => ({
    ...{ kind: 'answer' as const, status, headers, body: Buffer.from(html) },
  })
  const publish = { title: '关于 A&B 的通知 - 第一号', act: 'publish' } as const
  it('confirms by title or heading, whatever stands around it', () => {
    for (const html of [
      '<title>关于 A&amp;B 的通知 - 第一号</title>',
      '<TITLE>关于 A&#38;B 的通知 - 第一号 - 桐乡市人民政府</TITLE>',
      '<title>别的</title><h1 class="t">【演练】<span>关于Ａ&amp;B的通知－第一号</span></h1>',
    ])
      expect(pageConfirms(page(html), publish)).toBe(true)
    for (const html of [
      '',
      '<title></title>',
      '<title>关于 A&amp;B 的通知</title>',
      '<p>关于 A&amp;B 的通知 - 第一号</p>',
    ])
      expect(pageConfirms(page(html), publish)).toBe(false)
    expect(pageConfirms(page('<h1>关于 A&amp;B 的通知 - 第一号</h1>', 404), publish)).toBe(false)
    expect(pageConfirms({ kind: 'lost', code: 'x' }, publish)).toBe(false)
  })

  it('of a withdrawn item no longer shows it', () => {
    const withdraw = { ...publish, act: 'withdraw' } as const
    expect(pageConfirms(page('', 404), withdraw)).toBe(true)
    expect(pageConfirms(page('<h1>已撤下</h1>'), withdraw)).toBe(true)
    expect(pageConfirms(page('<h1>关于 A&amp;B 的通知 - 第一号</h1>'), withdraw)).toBe(false)
    expect(pageConfirms(page('', 503), withdraw)).toBe(false)
  })
})
