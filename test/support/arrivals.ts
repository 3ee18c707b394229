/** Documents of an office system arriving at a test bureau whose attachments lie in a real folder. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  mediaTypeOf,
  type OfficeApproval,
  readOfficeDocument,
} from '../../src/domain/office-document.ts'
import { reuseApproval } from '../../src/hub/office/approval.ts'
import type { OfficePackage } from '../../src/hub/office/package.ts'
import { type Arrival, receiveOfficeDocument } from '../../src/hub/office/receive.ts'
import type { OfficeFile } from '../../src/hub/ports/office.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { folderBlobs } from '../../src/store/blobs.ts'
import {
  addPhones,
  type Bureau,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  PUBLISH,
} from './bureau.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export interface Office {
  readonly bureau: Bureau
  readonly database: TestDatabase
  /** where the blobs lie */
  readonly folder: string
  close(): Promise<void>
}

export async function openOffice(): Promise<Office> {
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'duoling-office-'))
  const test = openTestHub(database.hubUrl)
  const { db } = test.connection
  const hub = { ...test.hub, blobs: (agencyId: number) => folderBlobs(db, folder, agencyId) }
  const bureau = await foundBureau({ ...test, hub })
  await addPhones(bureau, 20)
  return {
    ...{ bureau, database, folder },
    async close() {
      await test.close()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface Paper {
  readonly externalId: string
  readonly text?: string
  readonly title?: string
  readonly losses?: readonly string[]
  readonly attribute?: string
  readonly attachments?: Readonly<Record<string, string>>
  readonly approval?: Partial<OfficeApproval> | 'none'
}

const SHEET = '审签单的扫描件'

/** A document as its clerk means it; what is not said is whole and approved. */
export function written(paper: Paper): {
  readonly arrived: OfficePackage
  readonly bytes: Map<string, string>
} {
  const { title = `关于${paper.externalId}的通知`, attachments = {}, approval = {} } = paper
  const text = paper.text ?? `${paper.externalId}的正文。`
  const bytes = new Map<string, string>()
  const file = (name: string, content: string): OfficeFile => {
    const sha256 = sha256Hex(content)
    bytes.set(sha256, content)
    return { name, sha256, bytes: Buffer.byteLength(content), mediaType: mediaTypeOf(name) }
  }
  const main = file('正文.md', `# ${title}\n\n${text}`)
  const files = Object.entries(attachments).map(([name, content]) => file(name, content))
  const reading = readOfficeDocument(
    {
      ...{ externalId: paper.externalId, title, documentNumber: '桐安监〔2026〕8号' },
      ...{ disclosureAttribute: paper.attribute ?? '主动公开', section: '监督管理科' },
      ...{ formedOn: '2026-11-20', categoryId: 'notice', file: main.name },
      attachments: files.map(({ name }) => ({ file: name, name })),
      ...(approval === 'none'
        ? {}
        : {
            approval: {
              ...{ reviewer: '陆保密', opinion: '同意公开', reviewedOn: '2026-11-23' },
              ...{ signer: '钱局长', signedOn: '2026-11-24', fileHash: main.sha256 },
              ...{ attachmentHashes: files.map(({ sha256 }) => sha256), sheet: '审签单.jpg' },
              ...approval,
            },
          }),
    },
    '2026-11-25',
  )
  if ('faults' in reading) throw new Error(JSON.stringify(reading.faults))
  const arrived: OfficePackage = {
    ...{ document: reading.document, file: main, attachments: files },
    text: { title, blocks: [{ kind: 'paragraph', text }], losses: paper.losses ?? [] },
    ...(approval === 'none' ? {} : { sheet: file('审签单.jpg', SHEET) }),
  }
  return { arrived, bytes }
}

export function arrive(
  { bureau, folder }: Pick<Office, 'bureau' | 'folder'>,
  paper: Paper,
  options: { readonly by?: PersonName; readonly checkOnly?: boolean } = {},
): Promise<Arrival> {
  const { arrived, bytes } = written(paper)
  const { agencyId, test } = bureau
  const blobs = folderBlobs(test.connection.db, folder, agencyId)
  return receiveOfficeDocument(test.hub, {
    ...{ agencyId, enteredBy: bureau.id(options.by ?? '沈文书'), at: MORNING, package: arrived },
    ...(options.checkOnly ? { checkOnly: true } : {}),
    async keep({ sha256, mediaType }) {
      const content = Buffer.from(bytes.get(sha256) ?? '')
      await blobs.put({ content, mediaType, at: MORNING })
    },
  })
}

/** One document received, changed and confirmed, so that each statement of theirs is seen once. */
export async function walkArrivals(bureau: Bureau): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'duoling-arrivals-'))
  const { db } = bureau.test.connection
  const hub = {
    ...bureau.test.hub,
    blobs: (agencyId: number) => folderBlobs(db, folder, agencyId),
  }
  const office = { bureau: { ...bureau, test: { ...bureau.test, hub } }, folder }
  try {
    await arrive(office, { externalId: '来文' })
    const { officeDocumentId, hash } = await arrive(office, { externalId: '来文', text: '改。' })
    await reuseApproval(hub, {
      ...{ agencyId: bureau.agencyId, officeDocumentId: officeDocumentId ?? 0 },
      ...{ confirmedBy: bureau.id('吴值班'), at: MORNING, revisionHash: hash ?? '' },
      orders: [PUBLISH],
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
