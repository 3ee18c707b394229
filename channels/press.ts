/** 新闻媒体: a signed release goes to one outlet's desk by e-mail. That the server took the letter is not yet a
 *  publication: the outlet decides, and only a clipping (刊播凭证) counts. What a server's answer means
 *  stands in `src/kit/mail/answer.ts`. */
import type { Outcome } from '../src/domain/outcome.ts'
import { mailboxOf, messageIdOf } from '../src/kit/mail/address.ts'
import { BAD_ADDRESS, UNSENT } from '../src/kit/mail/answer.ts'
import { composeMail, mailHead } from '../src/kit/mail/compose.ts'
import { type DkimSigner, openDkim } from '../src/kit/mail/dkim.ts'
import { readMailFiles, Unbuildable } from '../src/kit/mail/files.ts'
import { type MailLine, openMailLine } from '../src/kit/mail/line.ts'
import type { Adapter, Capabilities, Channel, Recipient, SendBatch, Toolbox } from './channel.ts'
import {
  checkPressLetter,
  renderPressLetter,
  SUBJECT_CHARACTERS_MAX,
  TEXT_BYTES_MAX,
} from './press/letter.ts'
import { type PressSettings, pressSecrets, readPressSettings } from './press/settings.ts'

const ADAPTER = 'press'
const DAY_MS = 86_400_000
const MESSAGES_PER_CONNECTION = 20

/** The letter names an outlet that the road no longer leads to. */
const OTHER_OUTLET: Outcome = {
  kind: 'refused',
  scope: 'message',
  code: 'outlet-changed',
  detail: '签发之后这条通路换了媒体，信没有发出，请重新签发',
}

export const press: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readPressSettings(ADAPTER, given, tools)
    return openPress(settings, pressSecrets(ADAPTER, settings, tools), tools)
  },
}

function openPress(
  settings: PressSettings,
  { password, dkimKey }: ReturnType<typeof pressSecrets>,
  tools: Toolbox,
): Channel {
  const mail = openMailLine({
    ...{ ...settings, password },
    allows: (address, port) => tools.mayReach?.(address, port) ?? true,
    ...{ connections: 1, messagesPerConnection: MESSAGES_PER_CONNECTION },
  })
  const { dkim } = settings
  const signer = dkim && dkimKey ? openDkim(dkim, dkimKey) : undefined
  const open = new Set<Promise<unknown>>()
  let closed = false
  const sendAll = async (batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> => {
    const outcomes: Outcome[] = []
    for (const recipient of batch.recipients)
      outcomes.push(
        signal.aborted || closed
          ? UNSENT
          : await sendLetter({ settings, tools, mail, signer, signal }, batch, recipient),
      )
    return outcomes
  }
  const send = async (batch: SendBatch, signal: AbortSignal): Promise<readonly Outcome[]> => {
    const sending = sendAll(batch, signal)
    open.add(sending)
    try {
      return await sending
    } finally {
      open.delete(sending)
    }
  }
  return {
    adapter: ADAPTER,
    runsOn: ['node'],
    capabilities: capabilitiesOf(settings),
    render: (input) => renderPressLetter(input, settings),
    check: checkPressLetter,
    send,
    // Both are letters that ask; what the outlet did is known by its clipping or its word only.
    update: send,
    retract: send,
    async health() {
      if (closed) return { state: 'down', detail: '邮件通路已关闭' }
      const wrong = await mail.whyNot()
      if (wrong !== undefined) return { state: 'down', detail: wrong }
      return { state: 'ok', detail: settings.user ? '已登录邮件服务器' : '已连接邮件服务器' }
    },
    async close() {
      closed = true
      mail.close()
      await Promise.allSettled(open)
    },
  }
}

function capabilitiesOf({ rates }: PressSettings): Capabilities {
  return {
    addressing: 'place',
    batchMax: 1,
    perCall: 'one',
    limits: { titleCharactersMax: SUBJECT_CHARACTERS_MAX, bytesMax: TEXT_BYTES_MAX },
    idempotency: 'none',
    receipts: 'none',
    countsWhen: 'confirmed',
    evidence: 'clipping',
    retract: 'correction-only',
    concurrencyMax: 1,
    ...(rates ? { rates } : {}),
  }
}

interface Sending {
  readonly settings: PressSettings
  readonly tools: Toolbox
  readonly mail: MailLine
  readonly signer: DkimSigner | undefined
  readonly signal: AbortSignal
}

async function sendLetter(
  { settings, tools, mail, signer, signal }: Sending,
  batch: SendBatch,
  recipient: Recipient,
): Promise<Outcome> {
  const { outlet, subject = '', text = '', html = '', ...more } = recipient.fields ?? batch.fields
  const { from, fromName, replyTo, desk, messageIdDomain } = settings
  if (outlet !== settings.outlet) return OTHER_OUTLET
  const to = mailboxOf(desk)
  if (!to) return BAD_ADDRESS
  const domain = messageIdDomain ?? from.split('@')[1] ?? 'localhost'
  // The same at each attempt, so that the desk can see a repeat.
  const messageId = messageIdOf(recipient.key, domain)
  try {
    const attachments = await readMailFiles(
      more['attachments'] ?? '',
      batch.attachments,
      async (sha256) => tools.blobs.read(sha256),
    )
    const body = await composeMail({
      ...{ from, fromName, replyTo: replyTo ?? from, subject, text, html },
      ...{ attachments, at: batch.at },
    })
    const own = mailHead(to, messageId, batch.at)
    const head = signer ? await signer.signed(own, body, batch.at) : own
    const answer = await mail.deliver(
      { envelope: { from, to: [to] }, messageId, head, body },
      signal,
    )
    if ('outcome' in answer) {
      tools.log('press-road', { kind: answer.outcome.kind, code: answer.outcome.code })
      return answer.outcome
    }
    const withinMs = settings.evidenceDays * DAY_MS
    return { kind: 'awaiting', on: 'hand', reference: messageId, withinMs }
  } catch (error) {
    if (error instanceof Unbuildable) return error.answer
    return { kind: 'retry', code: 'not-built', detail: '信没有排好，没有发出，稍后重试' }
  }
}
