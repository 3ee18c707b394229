/** What an adapter may touch, for one agency: its secrets, its pages and attachments, and the way out. In practice
 *  mode nothing real is reached, whatever a road's settings say. */
import type { Blobs, Pages, Toolbox } from '../channels/channel.ts'
import { secretVariable } from './config.ts'
import type { AgencySecrets } from './hub/ports/secrets.ts'
import type { WebClient } from './kit/http.ts'
import type { Log } from './kit/log.ts'
import { liveReach, type MayReach, type Place, practiceReach } from './kit/reach.ts'

export interface ToolboxParts {
  readonly practice: boolean
  readonly log: Log
  readonly mayReach: MayReach
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
      // In practice a name is not even looked up.
      parts.practice && !mayReachUrl(parts.mayReach, request.url)
        ? Promise.resolve({ kind: 'unreachable', code: 'practice-mode' })
        : made.web.call(request),
    mayReach: parts.mayReach,
    blobs: made.blobs,
    log: (event, facts) => parts.log.info(facts, event),
  }
}

function mayReachUrl(mayReach: MayReach, url: string): boolean {
  return mayReach(URL.parse(url)?.hostname ?? '', 0)
}

/** The one place that says what roads may reach. */
export function reachOf(parts: {
  readonly practice: boolean
  readonly hubUrl: string
  readonly allowLoopback?: readonly Place[]
  readonly port?: number
}): MayReach {
  const { practice, hubUrl, allowLoopback = [], port = 0 } = parts
  if (practice) return practiceReach
  const database = new URL(hubUrl)
  const databasePort = Number(database.port) || POSTGRES_PORT
  const own = [
    { host: undefined, port },
    { host: undefined, port: databasePort },
    { host: database.hostname.replace(/^\[|\]$/g, ''), port: databasePort },
  ]
  return liveReach({ loopback: allowLoopback, own: () => own })
}

const POSTGRES_PORT = 5_432
