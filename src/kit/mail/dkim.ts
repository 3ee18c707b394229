/** DKIM (RFC 6376): a letter signed for its domain, relaxed both ways, with RSA and SHA-256. What the recipients of
 *  a letter share is read once; each of them costs one signature. It refuses keys no receiver would trust. */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'

const CRLF = '\r\n'
/** RFC 8301: shorter keys are not believed; longer ones no longer fit a record of the DNS. */
const KEY_BITS_MIN = 2_048
const KEY_BITS_MAX = 4_096
const LINE_CHARACTERS = 72

/** Everything a reader or his program goes by; RFC 8058 wants both lines about unsubscribing covered. */
const SIGNED: readonly string[] = [
  ...['from', 'reply-to', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type'],
  ...['content-transfer-encoding', 'auto-submitted', 'list-unsubscribe', 'list-unsubscribe-post'],
]

export interface DkimName {
  readonly domain: string
  readonly selector: string
}

export interface DkimSigner {
  /** The head with its signature before it; `letter` is the remaining headers and the body, the same bytes for
   *  all who get the same. */
  signed(head: Buffer, letter: Buffer, at: Date): Promise<Buffer>
}

interface Shared {
  readonly headers: readonly Header[]
  readonly bodyHash: string
}
interface Header {
  readonly name: string
  /** canonical: `name:value` */
  readonly line: string
}

/** One label or more of a name in the DNS. */
export const DKIM_SELECTOR = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d-]{1,63}){0,2}$/i
export const OUTSIDE_DKIM_DOMAIN = '发件信箱要在这个域名之下，否则收件方不认这个签名'
export const BAD_DKIM_KEY = `这个机密不是 ${KEY_BITS_MIN} 到 ${KEY_BITS_MAX} 位的 RSA 私钥，请按说明页生成`

/** PEM with real or written line breaks, or the bytes of PKCS #8 in Base64 on one line; undefined when it is no RSA
 *  key of 2048 to 4096 bits. */
export function dkimKeyOf(text: string): KeyObject | undefined {
  const key = readKey(text.trim())
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0
  const good = key?.asymmetricKeyType === 'rsa' && bits >= KEY_BITS_MIN && bits <= KEY_BITS_MAX
  return good ? key : undefined
}

/** True when the mailbox is in the domain, so that a receiver takes the signature for its sender's own. */
export function sendsFor(mailbox: string, domain: string): boolean {
  const of = mailbox.slice(mailbox.lastIndexOf('@') + 1)
  return `.${of}`.toLowerCase().endsWith(`.${domain}`.toLowerCase())
}

function readKey(text: string): KeyObject | undefined {
  try {
    if (text.startsWith('-----BEGIN')) return createPrivateKey(text.replaceAll('\\n', '\n'))
    const key = Buffer.from(text, 'base64')
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

export function openDkim({ domain, selector }: DkimName, key: KeyObject): DkimSigner {
  const signRsa = promisify<string, Buffer, KeyObject, Buffer>(sign)
  const known = new WeakMap<Buffer, Shared>()
  return {
    async signed(head, letter, at) {
      const shared = known.get(letter) ?? sharedOf(letter)
      known.set(letter, shared)
      const headers = [...headersOf(head.toString('latin1')), ...shared.headers]
      const chosen = SIGNED.flatMap((name) => headers.filter((one) => one.name === name))
      // Named once more than it stands there: nobody can add a second sender.
      const names = [...chosen.map(({ name }) => name), 'from'].join(':')
      const unsigned = [
        ...['v=1; a=rsa-sha256; c=relaxed/relaxed;', `d=${domain}; s=${selector};`],
        ...[`t=${Math.floor(at.getTime() / 1_000)};`, ...folded(`h=${names};`, ':')],
        ...[`bh=${shared.bodyHash};`, 'b='],
      ].join(`${CRLF} `)
      const field = `DKIM-Signature: ${unsigned}`
      const text = [...chosen.map(({ line }) => line), canonicalHeader(field).line].join(CRLF)
      const signature = await signRsa('sha256', Buffer.from(text, 'latin1'), key)
      const written = folded(signature.toString('base64')).join(`${CRLF} `)
      return Buffer.concat([Buffer.from(`${field}${written}${CRLF}`, 'latin1'), head])
    },
  }
}

function sharedOf(letter: Buffer): Shared {
  const end = letter.indexOf(`${CRLF}${CRLF}`)
  const body = canonicalBody(letter.toString('latin1', end + 2 * CRLF.length))
  const bodyHash = createHash('sha256').update(body, 'latin1').digest('base64')
  return { headers: headersOf(letter.toString('latin1', 0, end)), bodyHash }
}

function headersOf(block: string): readonly Header[] {
  return block
    .split(/\r\n(?![ \t])/)
    .filter(Boolean)
    .map(canonicalHeader)
}

/** §3.4.2: name in lower case, unfolded, each run of blanks one blank. */
function canonicalHeader(field: string): Header {
  const colon = field.indexOf(':')
  const name = field.slice(0, colon).trim().toLowerCase()
  const value = field
    .slice(colon + 1)
    .replaceAll(CRLF, '')
    .replace(/[ \t]+/g, ' ')
    .trim()
  return { name, line: `${name}:${value}` }
}

/** §3.4.4: each run of blanks one blank, none at the end of a line, no empty lines at the end of the body. Lines are
 *  ended as they are on the wire, where every other end becomes CRLF. */
function canonicalBody(body: string): string {
  const text = body
    .replace(/\r\n?|\n/g, CRLF)
    .replace(/[ \t]+/g, ' ')
    .replaceAll(` ${CRLF}`, CRLF)
    .replace(/ $/, '')
  let end = text.length
  while (text.endsWith(CRLF, end)) end -= CRLF.length
  return end === 0 ? '' : `${text.slice(0, end)}${CRLF}`
}

/** In lines of a length every server carries, broken behind `after` or anywhere. */
function folded(text: string, after = ''): readonly string[] {
  const pieces = after === '' ? [...text] : text.split(new RegExp(`(?<=${after})`))
  const lines = ['']
  for (const piece of pieces) {
    const last = lines.at(-1) ?? ''
    if (last.length + piece.length > LINE_CHARACTERS) lines.push(piece)
    else lines[lines.length - 1] = `${last}${piece}`
  }
  return lines
}
