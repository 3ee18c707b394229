/** How long the certificate of an https host is still good: one look at its handshake, and nothing is asked of
 *  the host. It never throws, and ends within its time. */
import { isIP } from 'node:net'
import { connect } from 'node:tls'

const DAY_MS = 86_400_000
export const CERTIFICATE_DAYS_MIN = 14

export type CertificateLook =
  | { readonly host: string; readonly days: number }
  /** `code` of the connection or of what is wrong with the certificate */
  | { readonly host: string; readonly problem: string }

/** The https hosts a setting names, `host:port`, each once. */
export function httpsHosts(settings: unknown): readonly string[] {
  const found = new Set<string>()
  let level: readonly unknown[] = [settings]
  while (level.length > 0) {
    for (const one of level) {
      const url = typeof one === 'string' && one.startsWith('https://') ? URL.parse(one) : null
      if (url) found.add(`${url.hostname}:${url.port || '443'}`)
    }
    level = level.flatMap((one) => (typeof one === 'object' && one ? Object.values(one) : []))
  }
  return [...found]
}

export function lookAtCertificate(
  place: string,
  { now, timeoutMs, ca }: { readonly now: Date; readonly timeoutMs: number; readonly ca?: string },
): Promise<CertificateLook> {
  const at = place.lastIndexOf(':')
  const host = place.slice(0, at)
  const name = host.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    const end = (look: CertificateLook) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(look)
    }
    const timer = setTimeout(() => end({ host, problem: 'timeout' }), timeoutMs)
    const socket = connect({
      ...{ host: name, port: Number(place.slice(at + 1)), rejectUnauthorized: false },
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(ca === undefined ? {} : { ca }),
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ host, problem: error.code ?? 'connection-failed' }),
    )
    socket.on('secureConnect', () => {
      const days = Math.floor(
        (Date.parse(socket.getPeerCertificate().valid_to) - now.getTime()) / DAY_MS,
      )
      const wrong = socket.authorized ? undefined : String(socket.authorizationError)
      // An expired certificate is said in days, whatever else is wrong with it.
      if (Number.isNaN(days) || (wrong !== undefined && days >= 0))
        end({ host, problem: wrong ?? 'no-certificate' })
      else end({ host, days })
    })
  })
}
