/** What every answer of the portal is made with, and whose portal it is. */
import { dayOf } from '../domain/year.ts'
import type { BlobStore } from '../hub/ports/blobs.ts'
import type { PageOwner, PageStore } from '../hub/ports/pages.ts'
import type { Frame } from './layout.ts'

export interface PortalSettings {
  readonly store: PageStore
  readonly blobs: Pick<BlobStore, 'open'>
  readonly agencyId: number
  /** public address of this portal; the request's Host is never believed */
  publicUrl(): string
  readonly practice: boolean
  /** lines of the footer, such as 网站标识码 */
  readonly notices?: readonly string[]
  now(): Date
  /** told of every answer that failed, for the log */
  onFault?(error: unknown): void
}

const OWNER_MS_MAX = 10_000

export interface Site {
  readonly settings: PortalSettings
  owner(): Promise<PageOwner>
  /** `path` is the page's own; `from` is what was asked for, where they differ */
  frame(path: string, from?: string): Promise<Frame>
  url(path: string): string
}

/** The agency's name is asked for once in a while, not for each reader of a missing page. */
export function siteOf(settings: PortalSettings): Site {
  let known: { owner: PageOwner; until: number } | undefined
  const url = (path: string) => `${settings.publicUrl().replace(/\/+$/, '')}${path}`
  const owner = async () => {
    const now = settings.now()
    if (known && now.getTime() < known.until) return known.owner
    const found = await settings.store.owner(settings.agencyId, dayOf(now))
    if (!found) throw new Error(`agency ${settings.agencyId} has no name and so no portal`)
    known = { owner: found, until: now.getTime() + OWNER_MS_MAX }
    return found
  }
  const frame = async (path: string, from = path): Promise<Frame> => {
    const { practice, notices = [] } = settings
    const { name } = await owner()
    return { agencyName: name, practice, notices, url: path && url(path), root: rootOf(from) }
  }
  return { settings, owner, frame, url }
}

/** Relative, so that the portal works behind any path of another site. */
function rootOf(path: string): string {
  const depth = path.split('/').length - 2
  return depth <= 0 ? './' : '../'.repeat(depth)
}
