/** A practice bureau with every channel there is, on the real adapters, in a database of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultChannels } from '../../channels/defaults.ts'
import { ADAPTERS } from '../../channels/node.ts'
import { type App, openApp } from '../../src/app.ts'
import { DEFAULT_CATEGORIES } from '../../src/domain/category.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { type MailSimulator, startMailSimulator } from '../../src/simulator/mail.ts'
import {
  PRACTICE_AGENCY,
  PRACTICE_AUDIENCES,
  PRACTICE_PEOPLE,
  practiceContacts,
} from '../../src/simulator/practice.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import { foundAgency } from '../../src/store/founding.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export interface PracticeBureau {
  readonly app: App
  readonly agencyId: number
  readonly people: ReadonlyMap<string, number>
  readonly mail: MailSimulator
  readonly database: TestDatabase
  close(): Promise<void>
}

export async function openPracticeBureau(): Promise<PracticeBureau> {
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'duoling-practice-'))
  const mail = await startMailSimulator({})
  const app = await openApp({
    ...{ hubUrl: database.hubUrl, dataFolder: folder, adapters: ADAPTERS, practice: true },
    ...{ keyring: await openKeyring(folder), log: createLog({ level: 'silent' }), queue: false },
    ...{ publicUrl: () => 'http://portal.test', secret: () => undefined },
  })
  const smtp = {
    host: '127.0.0.1',
    port: mail.port,
    secure: false,
    from: 'office@practice.example',
  }
  const { agencyId, people } = await foundAgency(app.connection.db, app.keys, {
    ...PRACTICE_AGENCY,
    ...{ people: PRACTICE_PEOPLE, categories: DEFAULT_CATEGORIES, audiences: PRACTICE_AUDIENCES },
    channels: defaultChannels({ smtp }),
  })
  await addContacts(app.connection.db, app.keys, agencyId, practiceContacts())
  return {
    ...{ app, agencyId, people, mail, database },
    async close() {
      await app.close()
      await mail.stop()
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
