/** The hosts a road may call, and nothing else: an address from an answer, a setting or a text leads
 *  nowhere the settings do not list. Refuses open lines, logins inside addresses and cloud metadata. */
import { isIP } from 'node:net'

export interface AllowedHost {
  readonly host: string
  /** a port that is not 443, or not 80 where `plain` */
  readonly port?: number | undefined
  /** http without encryption, for a closed net */
  readonly plain: boolean
  /** a machine of the own net: a private address, or a name without a dot */
  readonly internal: boolean
}

const LOCAL_NAME = /^(?:localhost|[^.]+)$|\.(?:local|localhost|internal|lan|home\.arpa)$/i
/** Link-local and unspecified addresses: where clouds keep credentials. Never listed, never called. */
const NEVER = /^(?:0\.|169\.254\.|::$|fe[89ab][0-9a-f]:|::ffff:)/i
const PRIVATE =
  /^(?:10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd][0-9a-f]{2}:)/i

/** Why this host may not stand in the list; undefined when it may. */
export function whyNotListed({ host, internal }: AllowedHost): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) !== 0 && NEVER.test(bare)) return `${host} 是保留地址，不能填写`
  const own = isIP(bare) === 0 ? LOCAL_NAME.test(bare) : PRIVATE.test(bare)
  if (own && !internal) return `${host} 是内部地址；确属本单位内网时请加上 internal: true`
  return undefined
}

/** The address in its normal form when it leads to a listed host; undefined otherwise. */
export function allowedUrl(address: string, hosts: readonly AllowedHost[]): URL | undefined {
  if (address.length > 2_000 || /[\s\\\p{Cc}]/u.test(address) || !URL.canParse(address))
    return undefined
  const url = new URL(address)
  if (url.username !== '' || url.password !== '') return undefined
  const plain = url.protocol === 'http:'
  if (!plain && url.protocol !== 'https:') return undefined
  const listed = hosts.some(
    (one) =>
      one.host.toLowerCase() === url.hostname.toLowerCase() &&
      String(one.port ?? '') === url.port &&
      (one.plain || !plain),
  )
  return listed ? url : undefined
}
