/** The mail adapter: the conformance suite against the simulator, and what is particular to letters. */
import { describe, expect, it } from 'vitest'
import type { Toolbox } from '../../channels/channel.ts'
import { email } from '../../channels/email.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { type MailFault, startMailSimulator } from '../../src/simulator/mail.ts'
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
const PASSWORD = 'not-to-be-said-9f3'
const ACCOUNT = { user: 'notice', password: PASSWORD }

function settingsFor(port: number) {
  return {
    host: '127.0.0.1',
    port,
    security: 'none',
    user: ACCOUNT.user,
    passwordSecret: 'mail-password',
    from: 'notice@example.test',
    fromName: '桐乡应急',
    answerTimeoutMs: 400,
    unsubscribeBase: 'https://example.test/unsubscribe/',
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
  adapter: email,
  addresses: ['first@example.test', 'second@example.test', 'third@example.test'],
  counterpart,
  secrets: { 'mail-password': PASSWORD },
  wrongSettings: [
    { settings: {}, fields: ['host', 'port', 'security', 'from'] },
    {
      settings: { ...settingsFor(25), from: 'a@b\r\nBcc: c@d', passwordSecret: 'nowhere', port: 0 },
      fields: ['from', 'port'],
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

describe('a letter', () => {
  it('has a fixed Message-ID, one-click unsubscribing and says that a machine sent it', async () => {
    const simulator = await startMailSimulator({ account: ACCOUNT })
    const channel = email.create(settingsFor(simulator.port), toolbox())
    const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
    const outcomes = await channel.send(
      sampleBatch(fields, ['a@example.test', 'b@example.test'], { key: '7' }),
      signal,
    )
    expect(outcomes).toEqual([
      { kind: 'accepted', reference: '<1.7.1@example.test>' },
      { kind: 'accepted', reference: '<1.7.2@example.test>' },
    ])
    const [first] = simulator.messages()
    expect(first?.recipients).toHaveLength(1)
    expect(first?.text).toMatch(/^To: a@example\.test\r\n/)
    expect(first?.text.match(/^Message-ID:/gim)).toHaveLength(1)
    expect(first?.text.match(/^Date:/gim)).toEqual(['Date:'])
    expect(first?.text).toContain('Date: Wed, 01 Jul 2026 01:07:00 +0000')
    expect(first?.text).toContain('List-Unsubscribe: <https://example.test/unsubscribe/abc>')
    expect(first?.text).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    expect(first?.text).toContain('Auto-Submitted: auto-generated')
    await channel.close()
    await simulator.stop()
  })

  it('marks level, correction and withdrawal, and repeats no withdrawn text', () => {
    const channel = email.create(settingsFor(25), toolbox())
    const subject = (input: Partial<typeof SAMPLE_INPUT>) =>
      channel.render({ ...SAMPLE_INPUT, ...input }).payload.fields['subject']
    expect(subject({ level: 'red' })).toEqual([`【红色预警】${SAMPLE_INPUT.title}`])
    expect(subject({ level: 'red', title: '台风红色预警信号' })).toEqual(['台风红色预警信号'])
    expect(subject({ mode: 'exercise', act: 'amend' })).toEqual([
      `【演练】更正：${SAMPLE_INPUT.title}`,
    ])
    const { payload } = channel.render({ ...SAMPLE_INPUT, act: 'withdraw', reason: '编号有误' })
    expect(textOf(payload)).toContain('编号有误')
    expect(textOf(payload)).not.toContain('示例企业')
  })

  it('lists what a letter cannot show', () => {
    const channel = email.create({ ...settingsFor(25), attachmentBytesMax: 10 }, toolbox())
    const file = (name: string, bytes: number) => ({
      sha256: sha256Hex(name),
      name,
      mediaType: 'application/pdf',
      bytes,
    })
    const { payload, losses } = channel.render({
      ...SAMPLE_INPUT,
      blocks: [{ kind: 'picture', sha256: sha256Hex('p'), alt: '现场' }],
      attachments: [file('小.pdf', 8), file('大.pdf', 8)],
    })
    expect(losses).toHaveLength(2)
    expect(payload.fields['attachments']).toEqual([`${sha256Hex('小.pdf')} 小.pdf`])
    expect(textOf(payload)).toContain('大.pdf')
  })

  it('mails the signed bytes of an attachment, and no others', async () => {
    const simulator = await startMailSimulator()
    const bytes = Buffer.from('signed bytes of the attachment')
    const sha256 = sha256Hex(bytes)
    const attachments = [{ sha256, name: '附件.txt', mediaType: 'text/plain', bytes: bytes.length }]
    for (const [kept, kind] of [
      [bytes, 'accepted'],
      [Buffer.from('other bytes'), 'refused'],
      [undefined, 'refused'],
    ] as const) {
      const blobs = new Map(kept ? [[sha256, kept]] : [])
      const channel = email.create(settingsFor(simulator.port), toolbox(blobs))
      const fields = filledFields(channel.render({ ...SAMPLE_INPUT, attachments }).payload)
      const batch = sampleBatch(fields, ['a@example.test'], { attachments })
      expect((await channel.send(batch, signal)).map((outcome) => outcome.kind)).toEqual([kind])
      await channel.close()
    }
    expect(simulator.accepted()).toBe(1)
    expect(simulator.messages()[0]?.text).toContain(bytes.toString('base64'))
    await simulator.stop()
  })

  it('tries no further recipient once the login was refused', async () => {
    const simulator = await startMailSimulator({ account: ACCOUNT, fault: 'auth-535' })
    const channel = email.create({ ...settingsFor(simulator.port), connections: 1 }, toolbox())
    const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
    const many = Array.from({ length: 64 }, (_, index) => `r${index}@example.test`)
    const outcomes = await channel.send(sampleBatch(fields, many), signal)
    const refused = outcomes.filter((outcome) => outcome.kind === 'refused')
    expect(refused.length).toBeLessThanOrEqual(2)
    expect(refused[0]).toMatchObject({ scope: 'account', code: 'login-535' })
    expect(outcomes.filter((outcome) => outcome.kind === 'retry')).toHaveLength(64 - refused.length)
    await channel.close()
    await simulator.stop()
  })
})
