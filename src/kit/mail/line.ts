/** A pool of SMTP connections. It tells what certainly did not leave from what may have: nothing asks for
 *  the first byte of a message before the server has said that it takes the body. */
import { connect, isIP, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import { lookupWithin } from '../links.ts'
import { failureOf, type Judgement, judge } from './answer.ts'

export interface MailServer {
  readonly host: string
  readonly port: number
  /** `tls` from the first byte, `starttls` demanded, `offered` where the server can, `none` never */
  readonly security: 'tls' | 'starttls' | 'offered' | 'none'
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly connections: number
  readonly messagesPerConnection: number
  readonly connectTimeoutMs: number
  readonly answerTimeoutMs: number
  /** of an address after its name was resolved; everywhere when absent */
  allows?(address: string, port: number): boolean
}

export interface MailMessage {
  readonly envelope: { readonly from: string; readonly to: readonly string[] }
  readonly messageId: string
  /** headers of this message alone, each line ended */
  readonly head: Buffer
  /** the remaining headers and the body */
  readonly body: Buffer
}

export interface MailLine {
  /** Never throws: the server's own id of the message where it gives one, or what its answer means. */
  deliver(
    message: MailMessage,
    signal: AbortSignal,
  ): Promise<{ readonly accepted: true; readonly serverId?: string } | Judgement>
  /** undefined when the server answers and the login holds, otherwise in words what is wrong */
  whyNot(): Promise<string | undefined>
  close(): void
}

interface Journey extends MailMessage {
  /** once the server may have seen a byte of the body */
  begun: boolean
  readonly signal: AbortSignal
}

export function openMailLine(server: MailServer): MailLine {
  const transport = openTransport(server)
  const journeys = new WeakMap<object, Journey>()
  transport.use('stream', (mail, done) => {
    const journey = journeys.get(mail.data.envelope ?? {})
    if (journey) mail.message.createReadStream = () => streamOf(journey) as never
    done()
  })
  return {
    async deliver(message, signal) {
      const { messageId } = message
      const envelope = { from: message.envelope.from, to: [...message.envelope.to] }
      const journey: Journey = { ...message, begun: false, signal }
      journeys.set(envelope, journey)
      try {
        const { serverMessageId } = await transport.sendMail({ envelope, messageId, signal })
        return {
          accepted: true,
          ...(serverMessageId === undefined ? {} : { serverId: serverMessageId }),
        }
      } catch (error) {
        return judge(failureOf(error), journey.begun)
      }
    },
    async whyNot() {
      try {
        await transport.verify()
        return undefined
      } catch (error) {
        return judge(failureOf(error), false).outcome.detail
      }
    },
    close: () => transport.close(),
  }
}

function openTransport(server: MailServer) {
  const { host, port, security, user, connections, messagesPerConnection } = server
  return createTransport({
    pool: true,
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: server.password ?? '' }, forceAuth: true }),
    maxConnections: connections,
    maxMessages: messagesPerConnection,
    // One more try for a message that met a connection the server had closed while it was idle.
    maxRequeues: 1,
    connectionTimeout: server.connectTimeoutMs,
    greetingTimeout: server.connectTimeoutMs,
    socketTimeout: server.answerTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options: unknown, done: Dialled) => dial(server, done),
  })
}

type Dialled = (error: Error | null, made?: { connection: Socket }) => void

/** The connection is made here, so that the address is judged when it is used; what was not reached carries the
 *  library's own codes. */
function dial(
  { host, port, connectTimeoutMs, allows = () => true }: MailServer,
  done: Dialled,
): void {
  const failed = (code: string) => done(Object.assign(new Error(code), { code, command: 'CONN' }))
  if (isIP(host) !== 0 && !allows(host, port)) {
    failed('ESOCKET')
    return
  }
  const socket = connect({ host, port, lookup: lookupWithin((address) => allows(address, port)) })
  const timer = setTimeout(() => socket.destroy(errorOf('ETIMEDOUT')), connectTimeoutMs)
  const fault = (error: NodeJS.ErrnoException) => {
    clearTimeout(timer)
    const unknown = error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
    failed(unknown ? 'EDNS' : error.code === 'ETIMEDOUT' ? 'ETIMEDOUT' : 'ESOCKET')
  }
  socket.once('error', fault)
  socket.once('connect', () => {
    clearTimeout(timer)
    // Whoever takes it over listens for itself; until then a fault must not end the process.
    socket.removeListener('error', fault).on('error', () => {})
    done(null, { connection: socket })
  })
}

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function streamOf(journey: Journey): Readable {
  return new Readable({
    read() {
      // The conversation up to here may have outlived the lease; nothing of the body has left.
      if (journey.signal.aborted) return void this.destroy(new DOMException('', 'TimeoutError'))
      journey.begun = true
      this.push(journey.head)
      this.push(journey.body)
      this.push(null)
    },
  })
}
