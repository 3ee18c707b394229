/** Where an outgoing connection may lead. A setting must not reach this machine, its neighbours on the link, the
 *  service that hands out a cloud machine's credentials, or the hub and its database; a bureau's gateways stand in
 *  its private network and stay open. Every address is judged where it is used, after its name was resolved. */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopbackAddress, isPublicAddress } from './links.ts'

/** `host` is a name or an address; a name is judged again by its addresses when it is used. */
export type MayReach = (host: string, port: number) => boolean

/** What a person is told whose setting leads where it must not. */
export const CLOSED_HOST =
  '练习模式只能连到本机的模拟端（127.0.0.1）；正式库不能连本机、链路本地地址、本系统和数据库，本机的程序要先写进 duoling.config.json 的 allowLoopback'

/** IANA special-purpose registries (RFC 6890), and the addresses where clouds answer with credentials. */
const CLOSED = new BlockList()
for (const [network, prefix] of [
  ...([
    // this host, link-local and with it 169.254.169.254 of most clouds
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    // Aliyun's metadata service
    ['100.100.100.200', 32],
    // multicast, reserved, broadcast
    ['224.0.0.0', 3],
  ] as const),
] as const)
  CLOSED.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  // unspecified and loopback, and what carries an address of the other kind inside
  ...([
    ['::', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['2002::', 16],
  ] as const),
  ...([
    // link-local, multicast, AWS's metadata service
    ['fe80::', 10],
    ['ff00::', 8],
    ['fd00:ec2::254', 128],
  ] as const),
] as const)
  CLOSED.addSubnet(network, prefix, 'ipv6')

export interface Place {
  readonly host: string
  readonly port: number
}

/** In practice everything stands on the loopback and nothing else is reached. */
export const practiceReach: MayReach = (host) =>
  host === 'localhost' || isLoopbackAddress(bare(host))

/** `loopback` is what the operator allows on this machine; `own` never is, whoever allows it: `host` of the
 *  database, or undefined for every address this machine has. */
export function liveReach(parts: {
  readonly loopback: readonly Place[]
  own(): readonly { readonly host: string | undefined; readonly port: number }[]
}): MayReach {
  const judge = (address: string, port: number) => {
    const kind = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (parts.own().some((one) => one.port === port && isOwn(one.host, address))) return false
    if (isHere(address)) return parts.loopback.some((one) => one.port === port && isHere(one.host))
    return !address.includes('%') && !CLOSED.check(address, kind)
  }
  return (host, port) => {
    const address = bare(host)
    if (isIP(address) !== 0) return judge(address, port)
    // Names of this machine lead here whatever a resolver says.
    return /(?:^|\.)localhost\.?$/i.test(address) ? judge('127.0.0.1', port) : true
  }
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** An address of the loopback, in either kind or the one written as the other. */
function isHere(host: string): boolean {
  const kind = isIP(host)
  if (kind === 0) return host === 'localhost'
  return LOOPBACK.check(host, kind === 4 ? 'ipv4' : 'ipv6')
}

function isOwn(host: string | undefined, address: string): boolean {
  const same = (other: string) => {
    const list = new BlockList()
    list.addAddress(other, isIP(other) === 4 ? 'ipv4' : 'ipv6')
    return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  if (host !== undefined) return isIP(host) !== 0 && same(host)
  if (isHere(address)) return true
  return Object.values(networkInterfaces())
    .flatMap((one) => one ?? [])
    .some((one) => same(one.address.replace(/%.*$/, '')))
}

const SETTINGS_LOOKED_MAX = 2_000
const PORT_OF: Readonly<Record<string, number>> = {
  ...{ 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 },
}

/** The places that settings name: addresses of the web, and a `host` with its `port`; each once. */
export function placesIn(settings: unknown): readonly Place[] {
  const found = new Map<string, Place>()
  const add = (host: string, port: number) => found.set(`${host}:${port}`, { host, port })
  let level: readonly unknown[] = [settings]
  for (let looked = 0; level.length > 0 && looked < SETTINGS_LOOKED_MAX; looked += level.length) {
    for (const one of level) {
      const url = typeof one === 'string' && /^(?:https?|wss?):/i.test(one) ? URL.parse(one) : null
      if (url) add(bare(url.hostname), Number(url.port) || (PORT_OF[url.protocol] ?? 0))
      if (typeof one !== 'object' || one === null) continue
      const { host, port } = one as { host?: unknown; port?: unknown }
      if (typeof host === 'string' && typeof port === 'number') add(bare(host), port)
    }
    level = level.flatMap((one) => (typeof one === 'object' && one ? Object.values(one) : []))
  }
  return [...found.values()]
}

const LOOKUP_MS_MAX = 3_000

/** The addresses of a place that are not on the internet; none where its name is not answered for in time. */
export async function privateAddressesOf({ host }: Place): Promise<readonly string[]> {
  if (isIP(host) !== 0) return isPublicAddress(host) ? [] : [host]
  const late = new Promise<readonly { readonly address: string }[]>((resolve) => {
    setTimeout(() => resolve([]), LOOKUP_MS_MAX).unref()
  })
  const found = await Promise.race([lookup(host, { all: true }).catch(() => []), late])
  return found.map(({ address }) => address).filter((address) => !isPublicAddress(address))
}
