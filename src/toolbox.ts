/** What an adapter may touch, for one agency: its secrets, its pages and attachments, and the way out. In practice
 *  mode nothing real is reached, whatever a road's settings say. */
import type { Blobs, Pages, Toolbox } from '../channels/channel.ts'
import { secretVariable } from './config.ts'
import type { AgencySecrets } from './hub/ports/secrets.ts'
import type { WebClient } from './kit/http.ts'
import type { Log } from './kit/log.ts'

export interface ToolboxParts {
  readonly practice: boolean
  readonly log: Log
  /** of the environment: looked at where none of the name is on file */
  secret(name: string): string | undefined
}

export function openToolbox(
  parts: ToolboxParts,
  made: { readonly articles: Pages; readonly web: WebClient; readonly blobs: Blobs },
  secrets: AgencySecrets,
): Toolbox {
  return {
    secret(name) {
      // What a person set for this agency outweighs what a process was started with.
      const value = secrets.value(name) ?? parts.secret(name)
      if (value !== undefined) return value
      throw new Error(
        `没有密钥 ${name}：请运行 duoling secret set ${name} --as 登录名，或设置环境变量 ${secretVariable(name)}`,
      )
    },
    formerSecret: (name) => secrets.former(name),
    pages: made.articles,
    http: (request) =>
      parts.practice && !isLoopback(request.url)
        ? Promise.resolve({ kind: 'unreachable', code: 'practice-mode' })
        : made.web.call(request),
    mayReach: (host) => !parts.practice || isLoopbackHost(host),
    blobs: made.blobs,
    log: (event, facts) => parts.log.info(facts, event),
  }
}

function isLoopback(url: string): boolean {
  return isLoopbackHost(URL.parse(url)?.hostname ?? '')
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
