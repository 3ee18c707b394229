/** A message as bytes, built once and shared by all who get the same: the lines that differ between
 *  recipients (To, Message-ID, Date) are left out and are put before it. */
import MailComposer from 'nodemailer/lib/mail-composer'

const CRLF = '\r\n'

export interface MailText {
  readonly from: string
  readonly fromName?: string | undefined
  readonly replyTo?: string | undefined
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly attachments: readonly {
    readonly filename: string
    readonly contentType: string
    readonly content: Buffer
  }[]
  readonly at: Date
}

export async function composeMail(mail: MailText): Promise<Buffer> {
  const { from, fromName, replyTo } = mail
  const composer = new MailComposer({
    from: { name: fromName ?? '', address: from },
    ...(replyTo === undefined ? {} : { replyTo }),
    subject: mail.subject.replace(/\p{Cc}+/gu, ' '),
    text: mail.text,
    html: mail.html,
    attachments: [...mail.attachments],
    // A placeholder for the lines each recipient gets for himself.
    messageId: '<each@recipient>',
    date: mail.at,
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

/** The lines that belong to one recipient and one attempt; `more` are whole lines without their end. */
export function mailHead(
  to: string,
  messageId: string,
  at: Date,
  more: readonly string[] = [],
): Buffer {
  const lines = [
    `To: ${to}`,
    `Message-ID: ${messageId}`,
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    ...more,
  ]
  return Buffer.from(lines.join(CRLF) + CRLF)
}
