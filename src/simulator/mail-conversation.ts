/** One SMTP conversation (RFC 5321) of the mail simulator: commands, body, and the fault of the hour.
 *  Refuses lines and bodies over their limits, because its peers may be broken too. */
import type { Socket } from 'node:net'

export interface MailAccount {
  readonly user: string
  readonly password: string
}

export interface MailWorld {
  fault: string
  only: (recipient: string) => boolean
  delayMs: number
  /** those that may log in; without any every login is welcome */
  accounts: readonly MailAccount[]
  /** false lets a conversation throw the text away once its Message-ID is known */
  readonly keeps: boolean
  take(message: {
    messageId: string
    sender: string
    recipients: readonly string[]
    text: string
  }): void
}

const LINE_BYTES_MAX = 4_096
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024
/** a Message-ID further down than this is not found */
const HEADER_BYTES_MAX = 16_384
const CRLF = '\r\n'
const END_OF_BODY = Buffer.from('\r\n.\r\n')

export class MailConversation {
  readonly #socket: Socket
  readonly #world: MailWorld
  #pending: Buffer = Buffer.alloc(0)
  #sender = ''
  #recipients: string[] = []
  #body: Buffer[] | undefined
  #bodyBytes = 0
  /** the last bytes of the body so far, in which an end may have begun */
  #tail: Buffer = Buffer.alloc(0)
  /** what the next line answers, inside AUTH */
  #secret: ((line: string) => string | undefined) | undefined
  #busy = false

  constructor(socket: Socket, world: MailWorld) {
    this.#socket = socket
    this.#world = world
  }

  open(): void {
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('data', (chunk: Buffer) => this.#hear(chunk))
    const { fault } = this.#world
    if (fault === 'stall-greeting') return
    if (fault === 'garbage-greeting') this.#say('\u0000\u0007 HTTP/1.1 200 what?')
    else if (fault === 'refused-greeting') this.#say('554 no service here')
    else this.#say('220 simulator ESMTP')
  }

  #say(line: string): void {
    if (this.#socket.writable) this.#socket.write(line + CRLF, 'latin1')
  }

  #answer(line: string | undefined): void {
    if (line !== undefined) this.#say(line)
  }

  #hear(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    this.#work()
  }

  #work(): void {
    while (!this.#busy && this.#pending.length > 0 && !this.#socket.destroyed) {
      if (this.#body) {
        this.#answer(this.#readBody(this.#body))
        continue
      }
      const end = this.#pending.indexOf('\n')
      if (end === -1) {
        if (this.#pending.length > LINE_BYTES_MAX) this.#socket.destroy()
        return
      }
      const line = this.#pending.toString('latin1', 0, end).replace(/\r$/, '')
      this.#pending = this.#pending.subarray(end + 1)
      this.#answer(this.#command(line))
    }
  }

  #command(line: string): string | undefined {
    if (this.#secret) return this.#secret(line)
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        return ['250-simulator', '250-PIPELINING', '250-8BITMIME', '250 AUTH PLAIN LOGIN'].join(
          CRLF,
        )
      case 'HELO':
        return '250 simulator'
      case 'AUTH':
        return this.#auth(line)
      case 'MAIL':
        return this.#mail(line)
      case 'RCPT':
        return this.#recipient(line)
      case 'DATA':
        return this.#data()
      case 'RSET':
        this.#forget()
        return '250 2.0.0 ok'
      case 'NOOP':
        return '250 2.0.0 ok'
      case 'QUIT':
        this.#say('221 2.0.0 bye')
        this.#socket.end()
        return undefined
      default:
        return '502 5.5.1 not known here'
    }
  }

  #drop(): undefined {
    this.#socket.destroy()
  }

  #forget(): void {
    this.#sender = ''
    this.#recipients = []
    this.#body = undefined
    this.#bodyBytes = 0
    this.#tail = Buffer.alloc(0)
  }

  #auth(line: string): string | undefined {
    const [, method = '', initial] = line.split(' ')
    const plain = (text: string) => {
      const [, user = '', password = ''] = decode(text).split('\u0000')
      return this.#login(user, password)
    }
    if (method.toUpperCase() === 'PLAIN') {
      if (initial) return plain(initial)
      return this.#ask('', plain)
    }
    if (method.toUpperCase() !== 'LOGIN') return '504 5.5.4 method not known'
    const password = (user: string) =>
      this.#ask('Password:', (text) => this.#login(user, decode(text)))
    if (initial) return password(decode(initial))
    return this.#ask('Username:', (text) => password(decode(text)))
  }

  #ask(question: string, answer: (line: string) => string | undefined): string {
    this.#secret = (line) => {
      this.#secret = undefined
      return answer(line)
    }
    return `334 ${Buffer.from(question).toString('base64')}`
  }

  #login(user: string, password: string): string | undefined {
    const { accounts, fault } = this.#world
    const known =
      accounts.length === 0 ||
      accounts.some((one) => one.user === user && one.password === password)
    if (fault === 'auth-535' || !known) return '535 5.7.8 not welcome'
    return '235 2.7.0 welcome'
  }

  #mail(line: string): string | undefined {
    this.#forget()
    const { fault } = this.#world
    if (fault === 'sender-450') return '450 4.3.2 later'
    if (fault === 'sender-550') return '550 5.7.1 sender not allowed'
    this.#sender = pathOf(line)
    return '250 2.1.0 ok'
  }

  #recipient(line: string): string | undefined {
    const recipient = pathOf(line)
    const { fault, only } = this.#world
    if (only(recipient)) {
      if (fault === 'recipient-450') return `450 4.2.1 <${recipient}> busy`
      if (fault === 'recipient-550') return `550 5.1.1 <${recipient}> unknown`
      if (fault === 'drop-before-data') return this.#drop()
    }
    this.#recipients.push(recipient)
    return '250 2.1.5 ok'
  }

  #concerns(): boolean {
    return this.#recipients.some(this.#world.only)
  }

  #data(): string | undefined {
    const { fault } = this.#world
    if (this.#recipients.length === 0) return '554 5.5.1 no valid recipients'
    if (fault === 'data-450' && this.#concerns()) return '450 4.3.0 later'
    if (fault === 'drop-at-data' && this.#concerns()) return this.#drop()
    this.#body = []
    // A body that begins with the dot has its line break before it.
    this.#tail = Buffer.from(CRLF)
    return '354 go on'
  }

  #readBody(body: Buffer[]): string | undefined {
    const chunk = this.#pending
    const seen = Buffer.concat([this.#tail, chunk])
    const end = seen.indexOf(END_OF_BODY)
    if (this.#world.fault === 'drop-in-body' && this.#concerns()) return this.#drop()
    if (end === -1) {
      body.push(chunk)
      this.#bodyBytes += chunk.length
      this.#tail = seen.subarray(-(END_OF_BODY.length - 1))
      this.#pending = Buffer.alloc(0)
      if (this.#bodyBytes > MESSAGE_BYTES_MAX) {
        this.#say('552 5.3.4 too big')
        this.#socket.end()
      }
      return undefined
    }
    const used = end + END_OF_BODY.length - this.#tail.length
    body.push(chunk.subarray(0, used))
    this.#pending = chunk.subarray(used)
    return this.#finish(Buffer.concat(body))
  }

  /** The whole message is here: take it or not, then answer or not. */
  #finish(bytes: Buffer): string | undefined {
    const { fault, delayMs } = this.#world
    const met = this.#concerns() ? fault : 'none'
    const refused = { 'dot-450': '450 4.3.0 later', 'dot-550': '550 5.7.1 not wanted' }[met]
    if (refused === undefined) this.#take(bytes)
    this.#forget()
    if (met === 'drop-after-body') return this.#drop()
    if (met === 'stall-after-body') {
      this.#busy = true
      return undefined
    }
    const answer = refused ?? (met === 'garbage-dot' ? 'what was that?' : '250 2.0.0 taken')
    if (delayMs === 0) return answer
    this.#busy = true
    setTimeout(() => {
      this.#busy = false
      this.#say(answer)
      this.#work()
    }, delayMs)
    return undefined
  }

  #take(bytes: Buffer): void {
    const header = bytes.toString('latin1', 0, HEADER_BYTES_MAX)
    const found = /(?:^|\r\n)Message-ID:\s*(<[^>\r\n]*>)/i.exec(header)
    const text = this.#world.keeps
      ? bytes.toString('utf8', 0, bytes.length - 3).replace(/\r\n\./g, CRLF)
      : ''
    this.#world.take({
      messageId: found?.[1] ?? '<none>',
      sender: this.#sender,
      recipients: this.#recipients,
      text,
    })
  }
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

/** `MAIL FROM:<a@b> SIZE=1` → `a@b` */
function pathOf(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? ''
}
