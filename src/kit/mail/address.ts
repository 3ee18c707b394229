/** Mailboxes, Message-IDs and links as they may stand in a command or a header. Refuses everything that
 *  could end a line and begin another. */
import { domainToASCII } from 'node:url'
import { sha256Hex } from '../hash.ts'

const LOCAL_PART = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i
const ADDRESS_CHARACTERS_MAX = 254
const LINK = /^https?:\/\/[\x21-\x3b\x3d\x3f-\x7e]{1,490}$/
/** what may stand left of the @ in a Message-ID without quotes */
const KEY = /^[\w-]+(?:\.[\w-]+)*$/

/** The mailbox with its domain in ASCII; undefined when no server would take it. */
export function mailboxOf(address: string): string | undefined {
  if (address.length > ADDRESS_CHARACTERS_MAX) return undefined
  const at = address.lastIndexOf('@')
  const local = address.slice(0, Math.max(at, 0))
  const given = address.slice(at + 1)
  const domain = DOMAIN.test(given) ? given : domainToASCII(given)
  return LOCAL_PART.test(local) && DOMAIN.test(domain) ? `${local}@${domain}` : undefined
}

/** The same for each attempt of one delivery, so that a receiver can see a repeat. */
export function messageIdOf(key: string, domain: string): string {
  return `<${KEY.test(key) && key.length <= 100 ? key : sha256Hex(key)}@${domain}>`
}

export function isLink(url: string, base: string | undefined): boolean {
  return LINK.test(url) && (base === undefined || url.startsWith(base))
}
