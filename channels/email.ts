/** 电子邮件: one message a recipient through a pool of SMTP connections. What an answer means stands in
 *  `src/kit/mail/answer.ts`. Refuses addresses that could add a command or a header. */
import type { Outcome } from '../src/domain/outcome.ts'
import { isLink, mailboxOf, messageIdOf } from '../src/kit/mail/address.ts'
import {
  BAD_ADDRESS,
  failureOf,
  judge,
  type MailAnswer,
  UNSENT,
  untried,
} from '../src/kit/mail/answer.ts'
import { composeMail, mailHead } from '../src/kit/mail/compose.ts'
import { type DkimSigner, openDkim } from '../src/kit/mail/dkim.ts'
import { readMailFiles, Unbuildable } from '../src/kit/mail/files.ts'
import { type MailLine, openMailLine } from '../src/kit/mail/line.ts'
import type { Adapter, Capabilities, Channel, Recipient, SendBatch, Toolbox } from './channel.ts'
import {
  checkLetter,
  renderLetter,
  SUBJECT_CHARACTERS_MAX,
  TEXT_BYTES_MAX,
} from './email/letter.ts'
import { type EmailSettings, readEmailSettings, secretsOf } from './email/settings.ts'

const ADAPTER = 'email'
const BATCH_MAX = 64
/** letters kept ready: the batches of one dispatch all send the same one */
const LETTERS_MAX = 4
/** Lanes for each connection: while one message is answered the next is already built. */
const LANES_PER_CONNECTION = 2
const BAD_LINK: MailAnswer = {
  kind: 'refused',
  scope: 'message',
  code: 'unsubscribe-invalid',
  detail: '退订链接不以设置的地址开头，请检查 unsubscribeBase 设置',
}

export const email: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readEmailSettings(ADAPTER, given, tools)
    return new EmailChannel(settings, secretsOf(ADAPTER, settings, tools), tools)
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

class EmailChannel implements Channel {
  readonly adapter = ADAPTER
  readonly runsOn = ['node'] as const
  readonly capabilities: Capabilities
  readonly #settings: EmailSettings
  readonly #tools: Toolbox
  readonly #line: MailLine
  readonly #signer: DkimSigner | undefined
  readonly #domain: string
  readonly #letters: Letter[] = []
  readonly #open = new Set<Promise<unknown>>()
  #closed = false

  constructor(
    settings: EmailSettings,
    { password, dkimKey }: ReturnType<typeof secretsOf>,
    tools: Toolbox,
  ) {
    this.#settings = settings
    this.#tools = tools
    this.#domain = settings.messageIdDomain ?? settings.from.split('@')[1] ?? 'localhost'
    this.#line = openMailLine({
      ...{ ...settings, password },
      allows: (address, port) => tools.mayReach?.(address, port) ?? true,
    })
    const { dkim } = settings
    this.#signer = dkim && dkimKey ? openDkim(dkim, dkimKey) : undefined
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
    let stopped: MailAnswer | undefined
    const lane = async () => {
      for (let index = next++; index < recipients.length; index = next++) {
        const recipient = recipients[index]
        if (!recipient) return
        if (stopped) outcomes[index] = untried(stopped)
        else if (signal.aborted || this.#closed) outcomes[index] = UNSENT
        else {
          const judgement = await this.#sendOne(batch, recipient, signal)
          outcomes[index] = judgement.outcome
          if ('stopsBatch' in judgement && judgement.stopsBatch) stopped = judgement.outcome
        }
      }
    }
    const lanes = Math.min(recipients.length, this.#settings.connections * LANES_PER_CONNECTION)
    await Promise.all(Array.from({ length: lanes }, lane))
    if (stopped) this.#tools.log('email-road', { kind: stopped.kind, code: stopped.code })
    return outcomes
  }

  async #sendOne(batch: SendBatch, recipient: Recipient, signal: AbortSignal) {
    const address = mailboxOf(recipient.address)
    if (!address) return { outcome: BAD_ADDRESS }
    try {
      const messageId = messageIdOf(recipient.key, this.#domain)
      const body = await this.#letter(batch, recipient)
      const own = mailHead(address, messageId, batch.at, this.#unsubscribing(batch, recipient))
      const head = this.#signer ? await this.#signer.signed(own, body, batch.at) : own
      const envelope = { from: this.#settings.from, to: [address] }
      const answer = await this.#line.deliver({ envelope, messageId, head, body }, signal)
      if ('outcome' in answer) return answer
      const reference = answer.serverId ?? messageId
      return { outcome: { kind: 'accepted', reference } as const }
    } catch (error) {
      // What cannot be built has not been handed to anybody.
      if (error instanceof Unbuildable) return { outcome: error.answer }
      return judge(failureOf(error), false)
    }
  }

  #unsubscribing(batch: SendBatch, recipient: Recipient): readonly string[] {
    const url = (recipient.fields ?? batch.fields)['unsubscribe']
    if (url === undefined) return []
    if (!isLink(url, this.#settings.unsubscribeBase)) throw new Unbuildable(BAD_LINK)
    return [`List-Unsubscribe: <${url}>`, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click']
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
    const { attachments: list, ...text } = fields
    const { blobs } = this.#tools
    const attachments = await readMailFiles(list, batch.attachments, (one) => blobs.read(one))
    return composeMail({ ...{ from, fromName, replyTo, attachments, at: batch.at }, ...text })
  }

  async health(): Promise<{ state: 'ok' | 'down'; detail: string }> {
    if (this.#closed) return { state: 'down', detail: '邮件通路已关闭' }
    const wrong = await this.#line.whyNot()
    if (wrong !== undefined) return { state: 'down', detail: wrong }
    return { state: 'ok', detail: this.#settings.user ? '已登录邮件服务器' : '已连接邮件服务器' }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#line.close()
    await Promise.allSettled(this.#open)
  }
}
