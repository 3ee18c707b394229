/** An installation on a temporary database with one bureau of four people, and the three doors a
 *  bulletin walks through before anything leaves: for runs outside the test runner. */
import type { Adapter } from '../../channels/channel.ts'
import { type App, openApp } from '../../src/app.ts'
import type { Level } from '../../src/domain/bulletin.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import { compose } from '../../src/hub/compose.ts'
import { handIn } from '../../src/hub/hand-in.ts'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { review } from '../../src/hub/review.ts'
import { type Signed, sign } from '../../src/hub/sign.ts'
import { createLog } from '../../src/kit/log.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import { foundAgency, type NewChannel } from '../../src/store/founding.ts'
import type { TemporaryDatabase } from './temporary-database.ts'

export interface TestInstallation {
  readonly app: App
  readonly agencyId: number
  readonly drafterId: number
  readonly reviewerId: number
  readonly leaderId: number
  readonly adminId: number
}

export interface InstallationParts {
  readonly adapters: readonly Adapter[]
  readonly channels: readonly NewChannel[]
  readonly audiences: readonly string[]
  readonly queue: boolean
}

const PEOPLE = [
  { name: '沈文书', roles: ['drafter'] },
  { name: '陆保密', roles: ['secrecy-reviewer'] },
  { name: '钱局长', roles: ['leader'] },
  { name: '孙系统', roles: ['system-admin'] },
] as const

export async function openTestInstallation(
  database: TemporaryDatabase,
  parts: InstallationParts,
): Promise<TestInstallation> {
  const { hubUrl, keyring, folder } = database
  const app = await openApp({
    ...{ hubUrl, keyring, dataFolder: folder, adapters: parts.adapters, practice: true },
    ...{ log: createLog({ level: 'silent' }), queue: parts.queue },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  const { agencyId, people } = await foundAgency(app.connection.db, app.keys, {
    ...{ creditCode: '11330483MB1234567X', name: '桐乡市安全生产监督管理局' },
    ...{ shortName: '市安监局', from: '2018-01-01', people: PEOPLE },
    ...{ channels: parts.channels, categories: DEFAULT_CATEGORIES },
    audiences: parts.audiences.map((id) => ({ id, name: id })),
  })
  const person = (name: (typeof PEOPLE)[number]['name']) => people.get(name) ?? 0
  return {
    ...{ app, agencyId, drafterId: person('沈文书') },
    ...{ reviewerId: person('陆保密'), leaderId: person('钱局长'), adminId: person('孙系统') },
  }
}

export function channelTo(
  id: string,
  addressKind: 'phone' | 'mailbox',
  adapter: string,
  settings: Readonly<Record<string, unknown>> = {},
): NewChannel {
  const roads = [{ id: 'main', adapter, settings }]
  return { id, name: id, line: id, addressing: 'recipient', addressKind, position: 1, roads }
}

/** Contacts with made-up addresses of one kind in one audience; `from` keeps the numbers apart. */
export function addPeopleTo(
  { app, agencyId }: TestInstallation,
  audience: string,
  kind: 'phone' | 'mailbox',
  numbers: { readonly from: number; readonly count: number },
): Promise<void> {
  const contacts = Array.from({ length: numbers.count }, (_, index) => {
    const number = String(numbers.from + index).padStart(8, '0')
    const value = kind === 'phone' ? `139${number}` : `unit${number}@practice.example`
    return { name: `企业${number}`, audiences: [audience], addresses: [{ kind, value }] }
  })
  return addContacts(app.connection.db, app.keys, agencyId, contacts)
}

export interface Reviewed {
  readonly bulletinId: number
  readonly hash: string
}

export async function reviewed(
  installation: TestInstallation,
  draft: { readonly title: string; readonly level: Level; readonly text: string },
  at: Date,
): Promise<Reviewed> {
  const { app, agencyId, drafterId, reviewerId } = installation
  const { title, level, text } = draft
  const { bulletinId, hash } = await compose(app.hub, {
    ...{ agencyId, authorId: drafterId, at, categoryId: 'notice', mode: 'earnest', level },
    content: {
      ...{ title, blocks: [{ kind: 'paragraph', text }] },
      ...{ attachments: [], metadata: {}, entries: [] },
    },
  })
  const given = { submittedBy: drafterId, seenHash: hash, answer: '已核对' }
  await handIn(app.hub, { agencyId, bulletinId, at, ...given })
  await review(app.hub, {
    ...{ agencyId, bulletinId, at, reviewerId, seenHash: hash, opinion: 'public' },
  })
  return { bulletinId, hash }
}

export function signNow(
  { app, agencyId, leaderId }: TestInstallation,
  { bulletinId, hash }: Reviewed,
  orders: readonly DispatchOrder[],
  at: Date,
): Promise<Signed> {
  return sign(app.hub, {
    ...{ agencyId, bulletinId, at, signerId: leaderId, seenHash: hash, orders },
  })
}
