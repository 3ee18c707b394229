/** Settings of the mail road. Refuses a login over an open line, and names every wrong field at once. */
import { z } from 'zod'
import { type Rates, ratesIssues } from '../../src/domain/rates.ts'
import { DKIM_SELECTOR, OUTSIDE_DKIM_DOMAIN, sendsFor } from '../../src/kit/mail/dkim.ts'
import { mailLoginProblems } from '../../src/kit/mail/login.ts'
import { type MailSecrets, readMailSecrets } from '../../src/kit/mail/secrets.ts'
import { CLOSED_HOST } from '../../src/kit/reach.ts'
import { schemaProblems } from '../../src/kit/schema-problems.ts'
import { SettingsFault, type Toolbox } from '../channel.ts'

const MAILBOX = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d-]{1,63}\.)+[a-z\d-]{1,63}$/i
const DOMAIN = /^(?:[a-z\d-]{1,63}\.)+[a-z\d-]{1,63}$/i
const MEBIBYTE = 1024 * 1024

/** Text that goes into a header: one line. */
const headerText = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]*$/u, '不能含有换行或控制字符')

const schema = z
  .strictObject({
    host: z.string().regex(/^[\w.:-]{1,253}$/, '请填写邮件服务器的域名或 IP 地址'),
    port: z.int().min(1).max(65_535),
    /** `tls` from the first byte (465), `starttls` demanded (587), `offered` encrypts where the server
     *  can, `none` never, for a closed net */
    security: z.enum(['tls', 'starttls', 'offered', 'none']),
    user: headerText.optional(),
    /** name of the secret, never the password itself */
    passwordSecret: z.string().min(1).max(100).optional(),
    from: z.string().regex(MAILBOX, '请填写发件邮箱，例如 notice@example.gov.cn'),
    fromName: headerText.optional(),
    replyTo: z.string().regex(MAILBOX, '请填写完整的回复邮箱').optional(),
    /** right side of every Message-ID; fixed once chosen, so that repeats are recognised */
    messageIdDomain: z.string().regex(DOMAIN, '请填写域名，例如 example.gov.cn').optional(),
    /** signs each letter for the domain, so that a receiver knows it as ours; none when absent */
    dkim: z
      .strictObject({
        /** `from` has to be in it */
        domain: z.string().regex(DOMAIN, '请填写域名，例如 example.gov.cn'),
        /** left side of `…._domainkey.` where the public key stands in the DNS */
        selector: z.string().regex(DKIM_SELECTOR, '选择符用字母、数字、短横，例如 duoling2026'),
        /** name of the secret with the private key */
        keySecret: z.string().min(1).max(100),
      })
      .optional(),
    /** where unsubscribe links begin; without it no message carries one */
    unsubscribeBase: z
      .url({ protocol: /^https?$/ })
      .max(200)
      .optional(),
    /** true when the hub knows a public page for each bulletin mailed */
    publicLink: z.boolean().default(false),
    connections: z.int().min(1).max(100).default(5),
    messagesPerConnection: z.int().min(1).max(100_000).default(100),
    connectTimeoutMs: z.int().min(50).max(600_000).default(15_000),
    /** silence after which a message counts as `unsure` */
    answerTimeoutMs: z.int().min(50).max(600_000).default(60_000),
    /** the platform's limits on this account; none when absent */
    rates: z
      .custom<Rates>(() => true)
      .check((context) => {
        context.issues.push(...ratesIssues(context.value))
      })
      .optional(),
    /** attachments of one message together; the rest is named in the text */
    attachmentBytesMax: z
      .int()
      .min(0)
      .max(50 * MEBIBYTE)
      .default(10 * MEBIBYTE),
  })
  .check((context) => {
    for (const { field, text } of mailLoginProblems(context.value))
      context.issues.push({ code: 'custom', path: [field], message: text, input: undefined })
    const { from, dkim } = context.value
    if (dkim && !sendsFor(from, dkim.domain)) {
      const message = OUTSIDE_DKIM_DOMAIN
      context.issues.push({ code: 'custom', path: ['dkim', 'domain'], message, input: undefined })
    }
  })

export type EmailSettings = z.output<typeof schema>

/** @throws SettingsFault */
export function readEmailSettings(
  adapter: string,
  settings: unknown,
  tools: Toolbox,
): EmailSettings {
  const read = schema.safeParse(settings, { error: z.locales.zhCN().localeError })
  if (read.success && tools.mayReach?.(read.data.host, read.data.port) === false)
    throw new SettingsFault(adapter, [{ field: 'host', text: CLOSED_HOST }])
  if (read.success) return read.data
  throw new SettingsFault(adapter, schemaProblems(read.error.issues))
}

/** @throws SettingsFault when a secret the settings name is not there, or is no key that can sign */
export function secretsOf(adapter: string, settings: EmailSettings, tools: Toolbox): MailSecrets {
  const { problems, ...secrets } = readMailSecrets(settings, (name) => tools.secret(name))
  if (problems.length > 0) throw new SettingsFault(adapter, problems)
  return secrets
}
