/** A portal over a real database with two agencies, whose items are written by the adapter itself. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import type { Channel, RenderInput, SendBatch } from '../../channels/channel.ts'
import { disclosurePortal } from '../../channels/disclosure-portal.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { fill } from '../../src/domain/payload.ts'
import { minuteOf } from '../../src/domain/year.ts'
import type { BlobStore } from '../../src/hub/ports/blobs.ts'
import type { PageStore, PortalPages } from '../../src/hub/ports/pages.ts'
import { createPages } from '../../src/portal/pages.ts'
import { createPortal } from '../../src/portal/portal.ts'
import type { PortalSettings } from '../../src/portal/site.ts'
import { folderBlobs } from '../../src/store/blobs.ts'
import { connect, type Database } from '../../src/store/connect.ts'
import { storePages } from '../../src/store/pages.ts'
import { createTestDatabase } from '../support/database.ts'

export const PUBLIC_URL = 'https://xxgk.example.test/yjj'
export const NOW = new Date('2026-11-24T02:00:00Z')

export interface Item {
  readonly agencyId: number
  readonly bulletinId: number
  readonly categoryId: string
}

export interface Seeded {
  /** for a test that plays the owner of the tables */
  readonly ownerUrl: string
  readonly db: Database
  readonly store: PageStore
  readonly pages: PortalPages
  readonly channel: Channel
  readonly portal: Hono
  /** ids of the two agencies: the portal's own, and a stranger */
  readonly own: number
  readonly other: number
  blobs(agencyId: number): BlobStore
  portalWith(more: Partial<PortalSettings>): Hono
  bulletin(more?: Partial<NewBulletin>): Promise<Item>
  /** Renders, fills and sends as the doors would. */
  send(item: Item, more?: Partial<RenderInput>, at?: Date): Promise<Outcome | undefined>
  stop(item: Item): Promise<void>
  close(): Promise<void>
}

interface NewBulletin {
  readonly agencyId: number
  readonly categoryId: string
  readonly mode: 'earnest' | 'exercise' | 'test'
  readonly level: 'red' | 'orange' | 'yellow' | 'blue' | 'routine'
  readonly linked: { readonly to: number; readonly kind: 'lifts' | 'updates' | 'reposts' }
}

export async function seededPortal(): Promise<Seeded> {
  const database = await createTestDatabase()
  const { db, close } = connect(database.hubUrl, { connectionsMax: 4 })
  const folder = await mkdtemp(join(tmpdir(), 'portal-'))
  const own = await agency(db, '11330483MB0001', '桐乡市应急管理局', '桐乡应急')
  const other = await agency(db, '11330482MB0002', '平湖市应急管理局', '平湖应急')
  const store = storePages(db)
  const blobs = (agencyId: number) => folderBlobs(db, folder, agencyId)
  const pages = createPages({ store, publicUrl: () => PUBLIC_URL, practice: false })
  const channel = openChannel(pages)
  const portalWith: Seeded['portalWith'] = (more) =>
    createPortal({
      ...{ store, blobs: blobs(own), agencyId: own, publicUrl: () => PUBLIC_URL },
      ...{ practice: false, now: () => NOW, ...more },
    })
  return {
    ...{
      ownerUrl: database.ownerUrl,
      db,
      store,
      pages,
      channel,
      own,
      other,
      blobs,
      portalWith,
      portal: portalWith({}),
    },
    bulletin: (more = {}) => bulletin(db, { agencyId: own, ...more }),
    send: (item, more = {}, at = NOW) => send(channel, item, more, at),
    stop: (item) => stop(db, item),
    async close() {
      await close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function openChannel(pages: PortalPages): Channel {
  return disclosurePortal.create(
    {},
    {
      secret: (name) => {
        throw new Error(`no secret named ${name}`)
      },
      pages,
      blobs: { read: async () => null },
      http: () => Promise.reject(new Error('no web here')),
      log: () => undefined,
    },
  )
}

async function agency(db: Database, creditCode: string, name: string, shortName: string) {
  const { id } = await db
    .insertInto('agency')
    .values({ credit_code: creditCode })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('agency_name')
    .values({ agency_id: id, from_on: '2019-01-01', name, short_name: shortName })
    .execute()
  await db
    .insertInto('person')
    .values({ agency_id: id, name: '沈拟稿', roles: ['drafter'], in_office_from: '2019-01-01' })
    .execute()
  await db
    .insertInto('category')
    .values(
      DEFAULT_CATEGORIES.map((category) => ({
        agency_id: id,
        id: category.id,
        name: category.name,
        measure_word: category.measureWord,
        required_fields: [...category.requiredFields],
        line_categories: JSON.stringify(category.lineCategories),
      })),
    )
    .execute()
  return id
}

async function bulletin(
  db: Database,
  more: Partial<NewBulletin> & { agencyId: number },
): Promise<Item> {
  const { agencyId, categoryId = 'notice', mode = 'earnest', level = 'routine', linked } = more
  const author = await db
    .selectFrom('person')
    .select('id')
    .where('agency_id', '=', agencyId)
    .executeTakeFirstOrThrow()
  const { id } = await db
    .insertInto('bulletin')
    .values({
      ...{ agency_id: agencyId, category_id: categoryId, mode, level, origin: 'hub' as const },
      ...{ title: '信息', author_id: author.id, created_at: NOW },
      ...(linked ? { linked_to: linked.to, link_kind: linked.kind } : {}),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { agencyId, bulletinId: id, categoryId }
}

async function stop(db: Database, { agencyId, bulletinId }: Item): Promise<void> {
  await db
    .updateTable('bulletin')
    .set({ stopped_at: NOW, stop_reason: '内容有误' })
    .where('agency_id', '=', agencyId)
    .where('id', '=', bulletinId)
    .execute()
}

export function renderInput(item: Item, more: Partial<RenderInput> = {}): RenderInput {
  const category = DEFAULT_CATEGORIES.find(({ id }) => id === item.categoryId)
  return {
    agency: { id: item.agencyId, name: '桐乡市应急管理局', shortName: '桐乡应急' },
    bulletinId: item.bulletinId,
    category: { id: item.categoryId, name: category?.name ?? '其他' },
    mode: 'earnest',
    level: 'routine',
    title: '关于开展夏季安全生产检查的通知',
    blocks: [{ kind: 'paragraph', text: '自7月1日起，为期一个月。' }],
    attachments: [],
    metadata: { documentNumber: '桐应急〔2026〕1号', formedOn: '2026-11-20' },
    entries: [],
    act: 'publish',
    ...more,
  }
}

export function batchFor(channel: Channel, input: RenderInput, at: Date): SendBatch {
  const filled = fill(channel.render(input).payload, {
    'index-number': `11330483MB0001/2026-${String(input.bulletinId).padStart(5, '0')}`,
    'published-at': minuteOf(at),
  })
  if ('refusal' in filled) throw new Error(`cannot fill ${filled.refusal.field}`)
  const { bulletinId, mode, act, attachments } = input
  return {
    key: `${input.agency.id}.${bulletinId}`,
    ...{ agencyId: input.agency.id, bulletinId, categoryId: input.category.id },
    ...{ act, mode, attachments, fields: filled.fields, at },
    recipients: [{ key: `${input.agency.id}.${bulletinId}.1`, address: 'disclosure-portal' }],
  }
}

async function send(channel: Channel, item: Item, more: Partial<RenderInput>, at: Date) {
  const batch = batchFor(channel, renderInput(item, more), at)
  const { signal } = new AbortController()
  const act = batch.act === 'withdraw' ? channel.retract : channel.send
  return (await act?.(batch, signal))?.[0]
}
