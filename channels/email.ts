/** 电子邮件: one message a recipient through a pool of SMTP connections. What an answer means stands in
 *  `email/answer.ts`. Refuses addresses that could add a command or a header. */
import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Outcome } from '../src/domain/outcome.ts'
import type { Adapter, Capabilities, Channel, Recipient, SendBatch, Toolbox } from './channel.ts'
import { isLink, mailboxOf, messageIdOf } from './email/address.ts'
import { BAD_ADDRESS, BAD_LINK, failureOf, judge, UNSENT, untried } from './email/answer.ts'
import { readAttachments, Unbuildable } from './email/attachment.ts'
import {
  checkLetter,
  renderLetter,
  SUBJECT_CHARACTERS_MAX,
  TEXT_BYTES_MAX,
} from './email/letter.ts'
import { type EmailSettings, passwordOf, readEmailSettings } from './email/settings.ts'

const ADAPTER = 'email'
const BATCH_MAX = 64
/** letters kept ready: the batches of one dispatch all send the same one */
const LETTERS_MAX = 4
/** Lanes for each connection: while one message is answered the next is already built. */
const LANES_PER_CONNECTION = 2
const CRLF = '\r\n'
export const email: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readEmailSettings(ADAPTER, given)
    return new EmailChannel(settings, passwordOf(ADAPTER, settings, tools), tools)
  },
}

/** What all recipients of a dispatch get alike; `bytes` begins with headers and is only prefixed. */
interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly attachments: string
  readonly bytes: Promise<Buffer>
}

/** A message on its way; `begun` once the server may have seen a byte of the body. */
interface Journey {
  readonly head: Buffer
  readonly body: Buffer
  begun: boolean
}

class EmailChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: EmailSettings
  readonly #tools: Toolbox
  readonly #transport: ReturnType<typeof openTransport>
  readonly #journeys = new WeakMap<object, Journey>()
  readonly #domain: string
  readonly #letters: Letter[] = []
  readonly #open = new Set<Promise<unknown>>()
  #closed = false

  constructor(settings: EmailSettings, password: string | undefined, tools: Toolbox) {
    this.#settings = settings
    this.#tools = tools
    this.#domain = settings.messageIdDomain ?? settings.from.split('@')[1] ?? 'localhost'
    this.#transport = openTransport(settings, password)
    this.#transport.use('stream', (mail, done) => {
      const journey = this.#journeys.get(mail.data.envelope ?? {})
      if (journey) mail.message.createReadStream = () => streamOf(journey) as never
      done()
    })
    this.capabilities = {
      addressing: 'recipient',
      batchMax: BATCH_MAX,
      perCall: 'one',
      limits: { titleCharactersMax: SUBJECT_CHARACTERS_MAX, bytesMax: TEXT_BYTES_MAX },
      idempotency: 'none',
      receipts: 'none',
      countsWhen: 'accepted',
      retract: 'correction-only',
      concurrencyMax: settings.connections,
      ...(settings.rates ? { rates: settings.rates } : {}),
    }
  }

  render(input: Parameters<Channel['render']>[0]) {
    const { attachmentBytesMax, publicLink, unsubscribeBase } = this.#settings
    const unsubscribe = unsubscribeBase !== undefined
    return renderLetter(input, { attachmentBytesMax, publicLink, unsubscribe })
  }

  check(payload: Parameters<Channel['check']>[0]) {
    return checkLetter(payload)
  }

  async send(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const sending = this.#sendAll(batch, signal)
    this.#open.add(sending)
    try {
      return await sending
    } finally {
      this.#open.delete(sending)
    }
  }

  async #sendAll(batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> {
    const { recipients } = batch
    const outcomes: Outcome[] = []
    let next = 0
    let stopped: Outcome | undefined
    const lane = async () => {
      for (let index = next++; index < recipients.length; index = next++) {
        const recipient = recipients[index]
        if (!recipient) return
        if (stopped) outcomes[index] = untried(stopped)
        else if (signal.aborted || this.#closed) outcomes[index] = UNSENT
        else {
          const judgement = await this.#sendOne(batch, recipient, signal)
          outcomes[index] = judgement.outcome
          if (judgement.stopsBatch) stopped = judgement.outcome
        }
      }
    }
    const lanes = Math.min(recipients.length, this.#settings.connections * LANES_PER_CONNECTION)
    await Promise.all(Array.from({ length: lanes }, lane))
    if (stopped)
      this.#tools.log('email-road', {
        kind: stopped.kind,
        code: 'code' in stopped ? stopped.code : '',
      })
    return outcomes
  }

  async #sendOne(batch: SendBatch, recipient: Recipient, signal: AbortSignal) {
    const address = mailboxOf(recipient.address)
    if (!address) return { outcome: BAD_ADDRESS, stopsBatch: false }
    let journey: Journey | undefined
    try {
      const messageId = messageIdOf(recipient.key, this.#domain)
      const body = await this.#letter(batch, recipient)
      const head = this.#headOf(batch, recipient, address, messageId)
      journey = { head: Buffer.from(head), body, begun: false }
      const envelope = { from: this.#settings.from, to: [address] }
      this.#journeys.set(envelope, journey)
      const sent = await this.#transport.sendMail({ envelope, messageId, signal })
      const reference = sent.serverMessageId ?? messageId
      return { outcome: { kind: 'accepted', reference } as const, stopsBatch: false }
    } catch (error) {
      if (error instanceof Unbuildable) return { outcome: error.outcome, stopsBatch: false }
      return judge(failureOf(error), journey?.begun ?? false)
    }
  }

  /** Headers that differ between recipients, and the time of this attempt. */
  #headOf(batch: SendBatch, recipient: Recipient, address: string, messageId: string): string {
    const lines = [
      `To: ${address}`,
      `Message-ID: ${messageId}`,
      `Date: ${batch.at.toUTCString().replace('GMT', '+0000')}`,
    ]
    const url = (recipient.fields ?? batch.fields)['unsubscribe']
    if (url !== undefined) {
      if (!isLink(url, this.#settings.unsubscribeBase)) throw new Unbuildable(BAD_LINK)
      lines.push(`List-Unsubscribe: <${url}>`)
      lines.push('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    }
    return lines.join(CRLF) + CRLF
  }

  /** Built once for all who get the same; comparing strings is far cheaper than building again. */
  #letter(batch: SendBatch, recipient: Recipient): Promise<Buffer> {
    const fields = recipient.fields ?? batch.fields
    const { subject = '', text = '', html = '', attachments = '' } = fields
    const known = this.#letters.find(
      (letter) =>
        letter.subject === subject &&
        letter.text === text &&
        letter.html === html &&
        letter.attachments === attachments,
    )
    if (known) return known.bytes
    const bytes = this.#build({ subject, text, html, attachments }, batch)
    const letter = { subject, text, html, attachments, bytes }
    this.#letters.push(letter)
    if (this.#letters.length > LETTERS_MAX) this.#letters.shift()
    // What could not be read now may be there at the next attempt.
    bytes.catch(() => {
      const index = this.#letters.indexOf(letter)
      if (index !== -1) this.#letters.splice(index, 1)
    })
    return bytes
  }

  async #build(fields: Omit<Letter, 'bytes'>, batch: SendBatch): Promise<Buffer> {
    const { from, fromName, replyTo } = this.#settings
    const composer = new MailComposer({
      from: { name: fromName ?? '', address: from },
      ...(replyTo === undefined ? {} : { replyTo }),
      subject: fields.subject.replace(/\p{Cc}+/gu, ' '),
      text: fields.text,
      html: fields.html,
      attachments: await readAttachments(fields.attachments, batch, this.#tools.blobs),
      // A placeholder for the lines each recipient gets for himself.
      messageId: '<each@recipient>',
      date: batch.at,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    const built = await composer.compile().build()
    const end = built.indexOf(`${CRLF}${CRLF}`)
    const shared = built
      .toString('latin1', 0, end)
      .replace(/^(?:Message-ID|Date):.*\r\n/gim, '')
      .replace(/\r\n(?:Message-ID|Date):.*$/gi, '')
    return Buffer.concat([Buffer.from(shared, 'latin1'), built.subarray(end)])
  }

  async health(): Promise<{ state: 'ok' | 'down'; detail: string }> {
    if (this.#closed) return { state: 'down', detail: '邮件通路已关闭' }
    try {
      await this.#transport.verify()
      return { state: 'ok', detail: this.#settings.user ? '已登录邮件服务器' : '已连接邮件服务器' }
    } catch (error) {
      const { outcome } = judge(failureOf(error), false)
      return { state: 'down', detail: 'detail' in outcome ? outcome.detail : '邮件服务器不可用' }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#transport.close()
    await Promise.allSettled(this.#open)
  }
}

function openTransport(settings: EmailSettings, password: string | undefined) {
  const { host, port, security, user, connections, messagesPerConnection } = settings
  return createTransport({
    pool: true,
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' }, forceAuth: true }),
    maxConnections: connections,
    maxMessages: messagesPerConnection,
    // One more try for a message that met a connection the server had closed while it was idle.
    maxRequeues: 1,
    connectionTimeout: settings.connectTimeoutMs,
    greetingTimeout: settings.connectTimeoutMs,
    socketTimeout: settings.answerTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** Nothing asks for the first byte before the server has said that it takes the body. */
function streamOf(journey: Journey): Readable {
  return new Readable({
    read() {
      journey.begun = true
      this.push(journey.head)
      this.push(journey.body)
      this.push(null)
    },
  })
}
