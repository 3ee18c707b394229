/** DKIM: what is signed is what python3-dkim verifies, a program nobody here wrote; a letter that was changed on its
 *  way is no longer ours; and it still is after a real Postfix took it over STARTTLS and handed it on. */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { Toolbox } from '../../channels/channel.ts'
import { email } from '../../channels/email.ts'
import { press } from '../../channels/press.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { type MailSimulator, startMailSimulator } from '../../src/simulator/mail.ts'
import { startPostfix, WHY_NO_POSTFIX } from './postfix.ts'
import { filledFields, SAMPLE_INPUT, sampleBatch } from './sample.ts'

/** Reads letters, and says of each whether the public key at hand vouches for it, and where it looked for the key. */
const VERIFY = `
import sys, json, dkim
record, *letters = json.load(sys.stdin)
for letter in letters:
    asked = []
    def txt(name, timeout=5):
        asked.append(name.decode())
        return record.encode()
    good = dkim.verify(letter.encode(), dnsfunc=txt)
    print('good' if good else 'bad', *asked)
`
const PYTHON = '/usr/bin/python3'
const WITHOUT_PYTHON = spawnSync(PYTHON, ['-c', 'import dkim']).status !== 0
if (WITHOUT_PYTHON)
  console.log('python3-dkim (Debian) is not installed: no signature is verified by another program')
if (WHY_NO_POSTFIX) console.log(`${WHY_NO_POSTFIX}: no letter goes through another mail server`)

const pair = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits })
const { privateKey, publicKey } = pair(2_048)
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const RECORD = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`
const SECRETS: Readonly<Record<string, string>> = {
  ...{ pem: PEM, 'one-line': PEM.replaceAll('\n', '\\n') },
  bytes: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  short: pair(1_024).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  curve: generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  public: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  nonsense: 'not a key',
}
const FILE = Buffer.from('signed  bytes \t of the attachment \r\n\r\n\r\n')
const FILE_HASH = sha256Hex(FILE)
const ADDRESSES = ['a@example.test', 'b@example.test', 'c@example.test']

const nothing = () => Promise.reject(new Error('not for mail'))
const TOOLS: Toolbox = {
  secret(name) {
    const value = SECRETS[name]
    if (value === undefined) throw new Error(`no secret named ${name}`)
    return value
  },
  pages: { put: nothing, tombstone: nothing, look: nothing },
  blobs: { read: async (sha256) => (sha256 === FILE_HASH ? FILE : null) },
  http: nothing,
  log: () => undefined,
}
const DKIM = { domain: 'example.test', selector: 'duoling2026', keySecret: 'pem' }
const settingsFor = (port: number, more: object = {}) => ({
  ...{ host: '127.0.0.1', port, security: 'none', from: 'notice@mail.example.test' },
  ...{ fromName: '桐乡应急', replyTo: 'office@example.test', dkim: DKIM, answerTimeoutMs: 20_000 },
  ...{ unsubscribeBase: 'https://example.test/unsubscribe/', ...more },
})

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function simulator(): Promise<MailSimulator> {
  const started = await startMailSimulator()
  stops.push(() => started.stop())
  return started
}

async function send(port: number, more: object = {}, input: Partial<typeof SAMPLE_INPUT> = {}) {
  const channel = email.create(settingsFor(port, more), TOOLS)
  stops.push(() => channel.close())
  const fields = filledFields(channel.render({ ...SAMPLE_INPUT, ...input }).payload)
  const { attachments = [] } = input
  return channel.send(sampleBatch(fields, ADDRESSES, { attachments }), new AbortController().signal)
}

function verified(letters: readonly string[], record = RECORD): readonly string[] {
  const input = JSON.stringify([record, ...letters])
  const { stdout, stderr } = spawnSync(PYTHON, ['-c', VERIFY], { input, encoding: 'utf8' })
  return `${stdout}${stderr}`.trim().split('\n')
}
const GOOD = 'good duoling2026._domainkey.example.test.'

describe('the settings', () => {
  it.each(['pem', 'one-line', 'bytes'])('take a key as %s', async (keySecret) => {
    const { port } = await simulator()
    const outcomes = await send(port, { dkim: { ...DKIM, keySecret } })
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted'])
  })

  it.each(['short', 'curve', 'public', 'nonsense', 'nowhere'])(
    'refuse a key that is %s before the first letter, and never repeat it',
    (keySecret) => {
      const open = () => email.create(settingsFor(1, { dkim: { ...DKIM, keySecret } }), TOOLS)
      expect(open).toThrow(/dkim\.keySecret: (?:这个机密不是 2048|没有名为 nowhere 的机密)/)
      expect(open).not.toThrow(/BEGIN|not a key/)
    },
  )

  it('name every wrong field, and a domain the sender is not in', () => {
    const open = (dkim: object) => () => email.create(settingsFor(1, { dkim }), TOOLS)
    expect(open({ domain: 'x y', selector: 'a_b;', colour: 1 })).toThrow(
      /dkim\.domain.*dkim\.selector.*dkim\.keySecret.*dkim\.colour/s,
    )
    for (const domain of ['elsewhere.test', 'ample.test'])
      expect(open({ ...DKIM, domain })).toThrow(/dkim\.domain: 发件信箱要在这个域名之下/)
  })
})

describe('a letter', () => {
  it('carries no signature where none is set', async () => {
    const server = await simulator()
    await send(server.port, { dkim: undefined })
    expect(server.messages()).toHaveLength(ADDRESSES.length)
    for (const { text } of server.messages()) expect(text).not.toMatch(/^DKIM-Signature:/im)
  })

  it('is signed for each recipient over all a reader goes by, in lines every server carries', async () => {
    const server = await simulator()
    await send(server.port)
    const heads = server
      .messages()
      .map(({ text }) => /^DKIM-Signature: .*(?:\r\n .*)*/.exec(text)?.[0] ?? '')
    expect(new Set(heads).size).toBe(ADDRESSES.length)
    for (const head of heads) {
      const named = /h=([^;]*);/.exec(head)?.[1]?.replaceAll(/\s/g, '').split(':')
      expect(named).toEqual([
        ...['from', 'reply-to', 'to', 'subject', 'date', 'message-id', 'mime-version'],
        ...['content-type', 'auto-submitted', 'list-unsubscribe', 'list-unsubscribe-post', 'from'],
      ])
      for (const line of head.split('\r\n')) expect(line.length).toBeLessThan(79)
    }
  })
})

describe.skipIf(WITHOUT_PYTHON)('verified by python3-dkim', () => {
  it('each letter is ours, with and without an attachment', async () => {
    const server = await simulator()
    const name = '检查 表(1).bin'
    const file = {
      sha256: FILE_HASH,
      name,
      mediaType: 'application/octet-stream',
      bytes: FILE.length,
    }
    await send(server.port)
    await send(server.port, { replyTo: undefined }, { attachments: [file] })
    await send(server.port, {}, { act: 'withdraw', reason: '编号有误' })
    const letters = server.messages().map(({ text }) => text)
    expect(letters).toHaveLength(3 * ADDRESSES.length)
    expect(verified(letters)).toEqual(letters.map(() => GOOD))
  })

  it('one that was changed, or has a second sender, is not', async () => {
    const server = await simulator()
    await send(server.port)
    const [{ text } = { text: '' }] = server.messages()
    const other = pair(2_048).publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
    const changed = [
      text.replace(/^Subject: =/im, 'Subject: -='),
      text.replace('To: a@example.test', 'To: z@example.test'),
      `${text}added\r\n`,
      `From: somebody@example.test\r\n${text}`,
      text.replace('/unsubscribe/abc', '/unsubscribe/abd'),
    ]
    for (const letter of changed) expect(letter).not.toBe(text)
    const bad = GOOD.replace('good', 'bad')
    expect(verified([...changed, text])).toEqual([...changed.map(() => bad), GOOD])
    expect(verified([text], `v=DKIM1; k=rsa; p=${other}`)).toEqual([bad])
  })

  it('a release to the press is signed as well', async () => {
    const server = await simulator()
    const { unsubscribeBase: _, ...settings } = settingsFor(server.port)
    const outlet = { outlet: '示例日报', desk: 'desk@paper.test', contact: '王联络' }
    const channel = press.create({ ...settings, ...outlet }, TOOLS)
    stops.push(() => channel.close())
    const fields = filledFields(channel.render(SAMPLE_INPUT).payload)
    const batch = sampleBatch(fields, ['press-newspaper'])
    const [outcome] = await channel.send(batch, new AbortController().signal)
    expect(outcome).toMatchObject({ kind: 'awaiting' })
    expect(verified(server.messages().map(({ text }) => text))).toEqual([GOOD])
  })
})

describe.skipIf(WITHOUT_PYTHON || WHY_NO_POSTFIX !== undefined)('through a real Postfix', () => {
  it('over STARTTLS, and only under a certificate we know; handed on, the letters are still ours', {
    timeout: 90_000,
  }, async () => {
    const server = await simulator()
    const postfix = await startPostfix(server.port)
    stops.push(() => postfix.stop())
    const strangers = await send(postfix.port, { security: 'starttls' })
    expect(strangers).toMatchObject(ADDRESSES.map(() => ({ kind: 'retry', code: 'tls' })))
    stops.push(postfix.trust())
    const outcomes = await send(postfix.port, { security: 'starttls' })
    expect(outcomes).toMatchObject(ADDRESSES.map(() => ({ kind: 'accepted' })))
    while (server.messages().length < ADDRESSES.length)
      await new Promise((resolve) => setTimeout(resolve, 20))
    const letters = server.messages().map(({ text }) => text)
    for (const letter of letters) expect(letter).toMatch(/^Received: .*\r\n\t\(using TLSv1\.[23]/m)
    expect(verified(letters)).toEqual(letters.map(() => GOOD))
    expect(
      server
        .messages()
        .map(({ recipients }) => recipients.join())
        .sort(),
    ).toEqual(ADDRESSES)
  })
})
