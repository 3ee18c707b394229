/** A short look at public web addresses: is somebody there? It reads no body, follows few redirections,
 *  and never reaches a private, loopback or link-local address, whatever a name resolves to. */
import { lookup as resolve } from 'node:dns'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { errorCode } from './environment-fault.ts'

export type LookedAt =
  | { readonly kind: 'alive' }
  | { readonly kind: 'dead'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string }

export interface LinkLimits {
  /** all addresses of one look */
  readonly totalMsMax: number
  readonly addressesMax: number
  readonly redirectionsMax: number
  /** false outside: true only where tests and practice stand on the loopback */
  readonly allowPrivate: boolean
}

const LINK_LIMITS: LinkLimits = {
  ...{ totalMsMax: 3_000, addressesMax: 20, redirectionsMax: 3, allowPrivate: false },
}
const AT_ONCE_MAX = 6
const PORTS: ReadonlySet<string> = new Set(['', '80', '443', '8080', '8443'])

/** IANA special-purpose registries: what no public page stands on. */
const CLOSED = new BlockList()
for (const [network, prefix] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
  ] as const),
  ...([
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
  ] as const),
  ...([
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
  ] as const),
  ...([
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
] as const)
  CLOSED.addSubnet(network, prefix, 'ipv4')
/** Of IPv6 only 2000::/3 is handed out; tunnels inside it carry addresses of the other kind. */
const PUBLIC_SIX = new BlockList()
PUBLIC_SIX.addSubnet('2000::', 3, 'ipv6')
const TUNNELS = new BlockList()
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  TUNNELS.addSubnet(network, prefix, 'ipv6')

export function isPublicAddress(address: string): boolean {
  const kind = isIP(address)
  if (kind === 4) return !CLOSED.check(address, 'ipv4')
  if (kind !== 6 || address.includes('%')) return false
  return PUBLIC_SIX.check(address, 'ipv6') && !TUNNELS.check(address, 'ipv6')
}

export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

export function openLinks(given: Partial<LinkLimits> = {}) {
  const limits = { ...LINK_LIMITS, ...given }
  return { look: (urls: readonly string[]) => look(urls, limits) }
}

async function look(
  urls: readonly string[],
  limits: LinkLimits,
): Promise<ReadonlyMap<string, LookedAt>> {
  const states = new Map<string, LookedAt>()
  const wanted = [...new Set(urls)]
  for (const url of wanted) states.set(url, { kind: 'unknown', why: '没有轮到' })
  const signal = AbortSignal.timeout(limits.totalMsMax)
  const queue = wanted.slice(0, limits.addressesMax)
  const visit = async () => {
    for (let url = queue.shift(); url !== undefined && !signal.aborted; url = queue.shift())
      states.set(url, await visitOne(url, limits, signal))
  }
  // A name that is being looked up cannot be called back: whoever waits goes on without it.
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE_MAX }, visit)), whenAborted(signal)])
  return new Map(states)
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function visitOne(first: string, limits: LinkLimits, signal: AbortSignal): Promise<LookedAt> {
  let address = first
  for (let turn = 0; turn <= limits.redirectionsMax; turn += 1) {
    const url = URL.parse(address)
    const closed = whyNotVisited(url, limits)
    if (closed !== undefined || url === null)
      return { kind: 'unknown', why: closed ?? '地址不合格式' }
    let answer = await ask(url, 'HEAD', limits, signal)
    // Some servers know no HEAD.
    if (answer.status !== undefined && [400, 403, 404, 405, 501].includes(answer.status))
      answer = await ask(url, 'GET', limits, signal)
    if (answer.status === undefined) return answer.state
    if (answer.status < 300 || answer.location === undefined) return judge(answer.status)
    address = URL.parse(answer.location, url.href)?.href ?? ''
  }
  return { kind: 'unknown', why: '跳转太多' }
}

function whyNotVisited(url: URL | null, limits: LinkLimits): string | undefined {
  if (url === null || !/^https?:$/.test(url.protocol)) return '地址不合格式'
  if (url.username !== '' || url.password !== '') return '地址里有用户名'
  if (limits.allowPrivate) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublicAddress(host)) return '不是公网地址'
  return PORTS.has(url.port) ? undefined : '端口不常用'
}

function judge(status: number): LookedAt {
  if (status === 404 || status === 410) return { kind: 'dead', why: `网站答复 ${status}` }
  return status < 400 ? { kind: 'alive' } : { kind: 'unknown', why: `网站答复 ${status}` }
}

type Answer =
  | { readonly status: number; readonly location: string | undefined }
  | { readonly status: undefined; readonly state: LookedAt }

function ask(
  url: URL,
  method: 'HEAD' | 'GET',
  limits: LinkLimits,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((settle) => {
    const request = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, {
      ...{
        method,
        signal,
        agent: false,
        lookup: lookupWithin(limits.allowPrivate ? () => true : isPublicAddress),
      },
      headers: { 'user-agent': 'Duoling link check', accept: '*/*' },
    })
    request.on('response', (response) => {
      settle({ status: response.statusCode ?? 0, location: response.headers.location })
      // Only the first line matters; the body is never read.
      response.destroy()
    })
    request.on('error', (error) => settle({ status: undefined, state: faultOf(error) }))
    request.end()
  })
}

function faultOf(error: unknown): LookedAt {
  const code = errorCode(error) ?? ''
  if (code === 'ENOTFOUND') return { kind: 'dead', why: '没有这个域名' }
  if (code === 'EPRIVATE') return { kind: 'unknown', why: '不是公网地址' }
  if (code === 'ABORT_ERR') return { kind: 'unknown', why: '答复太慢' }
  return { kind: 'unknown', why: '连接不上' }
}

/** The address is judged where it is used: a name that changes its answer in between gains nothing. */
export function lookupWithin(allows: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      const open = found?.filter(({ address }) => allows(address))
      const [first] = open ?? []
      if (error) callback(error, '', 0)
      else if (!first)
        callback(Object.assign(new Error('no public address'), { code: 'EPRIVATE' }), '', 0)
      else if (options.all) callback(null, open ?? [])
      else callback(null, first.address, first.family)
    })
  }
}
