/** The press adapter: the conformance suite against the mail simulator, and what is particular to a release. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Channel, Toolbox } from '../../channels/channel.ts'
import { press } from '../../channels/press.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { type MailFault, type MailSimulator, startMailSimulator } from '../../src/simulator/mail.ts'
import type { Counterpart, Fault } from './conformance-kit.ts'
import { keepsContract } from './keeps-contract.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch, textOf } from './sample.ts'

const FAULTS: Readonly<Record<Exclude<Fault, 'down'>, MailFault>> = {
  none: 'none',
  refuse: 'recipient-550',
  retry: 'recipient-450',
  'drop-before-body': 'drop-before-data',
  'drop-after-body': 'drop-after-body',
  stall: 'stall-after-body',
  garbage: 'garbage-dot',
}
const PASSWORD = 'not-to-be-said-5c1'
const ACCOUNT = { user: 'press', password: PASSWORD }
const DESK = 'desk@paper.test'

function settingsFor(port: number) {
  return {
    ...{ host: '127.0.0.1', port, security: 'none', user: ACCOUNT.user },
    ...{ passwordSecret: 'mail-password', from: 'press@example.test', fromName: '桐乡应急' },
    ...{ outlet: '示例日报', desk: DESK, contact: '王联络 0573-00000000' },
    answerTimeoutMs: 400,
  }
}

async function counterpart(fault: Fault): Promise<Counterpart> {
  const simulator = await startMailSimulator({ account: ACCOUNT })
  if (fault === 'down') await simulator.stop()
  else simulator.setFault(FAULTS[fault])
  return {
    settings: settingsFor(simulator.port),
    taken: () => [...simulator.counts()].flatMap(([line, count]) => Array(count).fill(line)),
    stop: () => (fault === 'down' ? Promise.resolve() : simulator.stop()),
  }
}

keepsContract({
  adapter: press,
  addresses: ['press-newspaper'],
  counterpart,
  secrets: { 'mail-password': PASSWORD },
  wrongSettings: [
    {
      settings: {},
      fields: ['host', 'port', 'security', 'from', 'outlet', 'desk', 'contact'],
    },
    {
      settings: { ...settingsFor(25), desk: 'a@b\r\nBcc: c@d', outlet: '甲\n乙', evidenceDays: 31 },
      fields: ['desk', 'outlet', 'evidenceDays'],
    },
    { settings: { ...settingsFor(25), passwordSecret: 'nowhere' }, fields: ['passwordSecret'] },
    { settings: { ...settingsFor(25), host: 'mail.example.test' }, fields: ['security'] },
    { settings: { ...settingsFor(25), password: PASSWORD }, fields: ['password'] },
  ],
  overLimit: (payload) => ({
    ...payload,
    fields: { ...payload.fields, subject: ['长'.repeat(201)] },
  }),
})

function toolbox(blobs: ReadonlyMap<string, Uint8Array> = new Map()): Toolbox {
  const none = () => Promise.reject(new Error('no pages'))
  return {
    secret: () => PASSWORD,
    pages: { put: none, tombstone: none, look: none },
    blobs: { read: async (sha256) => blobs.get(sha256) ?? null },
    http: () => Promise.reject(new Error('no web here')),
    log: () => undefined,
  }
}

const signal = new AbortController().signal
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function desk(more: object = {}, blobs?: ReadonlyMap<string, Uint8Array>) {
  const simulator = await startMailSimulator({ account: ACCOUNT })
  const channel = press.create({ ...settingsFor(simulator.port), ...more }, toolbox(blobs))
  stops.push(
    () => simulator.stop(),
    () => channel.close(),
  )
  return { simulator, channel }
}

/** The text part of the newest letter, as its reader sees it. */
function read(simulator: MailSimulator): { readonly head: string; readonly parts: string } {
  const mail = simulator.messages().at(-1)?.text ?? ''
  const head = mail.slice(0, mail.indexOf('\r\n\r\n'))
  const parts = mail.split(/\r\n--[^\r\n]+/).map((part) => {
    const [top = '', ...body] = part.split('\r\n\r\n')
    const text = body.join('\r\n\r\n')
    if (/quoted-printable/i.test(top))
      return Buffer.from(
        text
          .replace(/=\r\n/g, '')
          .replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          ),
        'latin1',
      ).toString('utf8')
    return /base64/i.test(top) ? Buffer.from(text, 'base64').toString('utf8') : text
  })
  return { head, parts: parts.join('\n') }
}

const send = (channel: Channel, act: 'publish' | 'amend' | 'withdraw', more: object = {}) => {
  const { payload } = channel.render({ ...SAMPLE_INPUT, act, reason: '数字有误', ...more })
  const batch = sampleBatch(filledFields(payload), ['press-newspaper'], { act, key: '9', ...more })
  const run = act === 'publish' ? 'send' : act === 'amend' ? 'update' : 'retract'
  return channel[run]?.(batch, signal)
}

describe('a release', () => {
  it('reaches the desk as a covering letter in two forms, under a fixed Message-ID, and waits for a clipping', async () => {
    const { simulator, channel } = await desk({ embargo: '7月2日8时后刊播', evidenceDays: 3 })
    const expected = [
      {
        ...{ kind: 'awaiting', on: 'hand', reference: '<1.9.1@example.test>' },
        withinMs: 3 * 86_400_000,
      },
    ]
    expect(await send(channel, 'publish')).toEqual(expected)
    expect(await send(channel, 'publish')).toEqual(expected)
    expect([...simulator.counts()]).toEqual([[`<1.9.1@example.test> ${DESK}`, 2]])
    const { head, parts } = read(simulator)
    expect(simulator.messages()[0]?.recipients).toEqual([DESK])
    expect(head).toContain(`To: ${DESK}`)
    expect(head).toContain('Reply-To: press@example.test')
    for (const said of [
      ...['示例日报：', '刊播要求：7月2日8时后刊播', SAMPLE_INPUT.title, '一、检查时间'],
      ...['桐应急〔2026〕1号', '联系人：王联络 0573-00000000', '负责人签发', '桐乡市应急管理局'],
    ])
      expect(parts.split(said).length, said).toBe(3)
    expect(parts).toContain('<h2>一、检查时间</h2>')
    expect(parts).toContain('&lt;b&gt;不是标签&lt;/b&gt;')
  })

  it('asks for a correction, and for a withdrawal without repeating the text; both say who decides', async () => {
    const { simulator, channel } = await desk()
    expect(channel.capabilities).toMatchObject({
      ...{ countsWhen: 'confirmed', evidence: 'clipping', retract: 'correction-only' },
    })
    expect((await send(channel, 'amend'))?.[0]?.kind).toBe('awaiting')
    expect(read(simulator).parts).toContain('以本函所附全文为准')
    expect(read(simulator).parts).toContain('原因：数字有误')
    expect((await send(channel, 'withdraw'))?.[0]?.kind).toBe('awaiting')
    const { parts } = read(simulator)
    expect(parts).toContain('现予撤稿')
    expect(parts).toContain('由贵方决定')
    expect(parts).toContain('原因：数字有误')
    expect(parts).not.toContain('示例企业')
  })

  it('an exercise says that it is not to be printed', () => {
    const channel = press.create(settingsFor(25), toolbox())
    for (const act of ['publish', 'amend', 'withdraw'] as const) {
      const { payload } = channel.render({ ...SAMPLE_INPUT, act, mode: 'exercise' })
      expect(payload.fields['subject']?.[0]).toMatch(/^【演练】/)
      expect(textOf(payload)).toContain('请勿刊播')
    }
  })

  it('carries the signed bytes of its files, names what does not fit, and sends nothing when one is another', async () => {
    const bytes = Buffer.from('signed bytes of the photo')
    const sha256 = sha256Hex(bytes)
    const attachments = [
      { sha256, name: '现场.jpg', mediaType: 'image/jpeg', bytes: bytes.length },
      { sha256: sha256Hex('b'), name: '大.zip', mediaType: 'application/zip', bytes: 9_000 },
    ]
    for (const [kept, kind] of [
      [bytes, 'awaiting'],
      [Buffer.from('other bytes'), 'refused'],
      [undefined, 'refused'],
    ] as const) {
      const { simulator, channel } = await desk(
        { attachmentBytesMax: 1_000 },
        new Map(kept ? [[sha256, kept]] : []),
      )
      const { losses } = channel.render({ ...SAMPLE_INPUT, attachments })
      expect(losses).toEqual(['附件过大，不随邮件发出，正文中列出名称：大.zip'])
      expect((await send(channel, 'publish', { attachments }))?.[0]?.kind).toBe(kind)
      expect(simulator.accepted()).toBe(kind === 'awaiting' ? 1 : 0)
      if (kind === 'awaiting')
        expect(simulator.messages()[0]?.text).toContain(bytes.toString('base64'))
    }
  })

  it('goes to no other outlet than the one it was signed for', async () => {
    const { simulator, channel } = await desk({ outlet: '另一家报社' })
    const signedFor = press.create(settingsFor(25), toolbox())
    stops.push(() => signedFor.close())
    const fields = filledFields(signedFor.render(SAMPLE_INPUT).payload)
    const outcomes = await channel.send(sampleBatch(fields, ['press-newspaper']), signal)
    expect(outcomes).toMatchObject([{ kind: 'refused', scope: 'message', code: 'outlet-changed' }])
    expect(simulator.accepted()).toBe(0)
  })

  it('reaches no mail server of the world from practice mode', () => {
    const practice = { ...toolbox(), mayReach: (host: string) => host === '127.0.0.1' }
    const outside = { ...settingsFor(465), host: 'mail.example.test', security: 'tls' }
    expect(() => press.create(outside, practice)).toThrow(/^press: host: 练习模式/)
    expect(press.create(settingsFor(25), practice).adapter).toBe('press')
  })

  it('a lost answer after the body is unsure; before it, retried', async () => {
    const { simulator, channel } = await desk()
    for (const [fault, kind] of [
      ['drop-after-body', 'unsure'],
      ['drop-in-body', 'unsure'],
      ['drop-at-data', 'retry'],
      ['auth-535', 'refused'],
    ] as const) {
      simulator.setFault(fault)
      expect((await send(channel, 'publish'))?.[0]?.kind, fault).toBe(kind)
    }
  })
})
