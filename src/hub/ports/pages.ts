/** What the public portal reads and writes of its own pages, always within one agency. */
import type { Pages } from '../../../channels/channel.ts'
import type { Level } from '../../domain/bulletin.ts'

/** The adapter's side of the portal, so that `src/portal` need not look at the channels. */
export type PortalPages = Pages
export type SignedArticle = Parameters<Pages['put']>[0]
export type SignedTombstone = Parameters<Pages['tombstone']>[0]

/** Who the portal speaks for, under the name of the day. */
export interface PageOwner {
  readonly name: string
  readonly shortName: string
  /** 统一社会信用代码: part of feed ids, which must outlive a change of address */
  readonly creditCode: string
}

export interface PageColumn {
  readonly id: string
  readonly name: string
  readonly measureWord: string
  /** visible pages */
  readonly pages: number
}

/** `stopped` is 紧急停发: hidden at once, whatever the page itself says; a written withdrawal
 *  is stronger, because its text is signed. */
export type PageStanding = 'current' | 'corrected' | 'withdrawn' | 'stopped'

/** Everything an answer needs besides the bytes. */
export interface PageFacts {
  readonly title: string
  readonly categoryId: string | null
  readonly standing: PageStanding
  readonly etag: string
  readonly publishedAt: Date
  readonly changedAt: Date
  /** exercises and tests have an address and stand in no list */
  readonly listed: boolean
}

export interface PageKey {
  readonly agencyId: number
  readonly path: string
}

export interface NewPage extends PageKey {
  readonly bulletinId: number
  readonly categoryId: string
  readonly title: string
  readonly state: 'current' | 'corrected'
  readonly etag: string
  readonly html: Uint8Array
  readonly at: Date
}

export interface NewTombstone extends PageKey {
  /** kept from the page it replaces; used only where nothing stood */
  readonly title: string
  readonly etag: string
  readonly html: Uint8Array
  readonly at: Date
}

export interface PageLine {
  readonly path: string
  readonly title: string
  readonly categoryId: string
  readonly categoryName: string
  readonly state: 'current' | 'corrected'
  readonly level: Level
  readonly publishedAt: Date
  readonly changedAt: Date
}

export interface PageQuery {
  readonly agencyId: number
  readonly categoryId?: string
  /** the bureau's year, Asia/Shanghai */
  readonly year?: number
}

/** A withdrawn page never returns to its address; what is published again is a new bulletin. */
export class PageWithdrawn extends Error {
  constructor(path: string) {
    super(`${path} 已撤下，不能在原地址恢复；请另拟一条信息重新发布`)
    this.name = 'PageWithdrawn'
  }
}

export interface PageStore {
  owner(agencyId: number, day: string): Promise<PageOwner | undefined>
  /** Keeps the first publication time, the moment of the last change when the bytes are the
   *  same, and a page that was hidden stays hidden.
   *  @throws PageWithdrawn */
  put(page: NewPage): Promise<void>
  tombstone(page: NewTombstone): Promise<void>
  /** Without touching the bytes: what a 304 is answered from. */
  facts(key: PageKey): Promise<PageFacts | undefined>
  read(key: PageKey): Promise<(PageFacts & { readonly html: Uint8Array }) | undefined>
  /** True when the visible page holds this link; what no visible page links to is not served. */
  holdsLink(key: PageKey & { readonly link: string }): Promise<boolean>
  /** Newest first; exercises, tests, withdrawn and stopped pages are never among them. */
  list(
    query: PageQuery & { readonly offset: number; readonly limit: number },
  ): Promise<readonly PageLine[]>
  /** Years that have pages, newest first, with how many. */
  years(query: {
    readonly agencyId: number
    readonly categoryId?: string
  }): Promise<readonly { readonly year: number; readonly pages: number }[]>
  columns(agencyId: number): Promise<readonly PageColumn[]>
  columnName(agencyId: number, categoryId: string): Promise<string | undefined>
  /** Warnings published since `since` that no visible page lifts or updates, highest level first. */
  warnings(query: { readonly agencyId: number; readonly since: Date }): Promise<readonly PageLine[]>
}
