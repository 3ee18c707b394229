/** A bureau with secrets on a test database, with a key file of its own. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { DEFAULT_CATEGORIES } from '../../../src/domain/category.ts'
import { type Keyring, openKeyring } from '../../../src/kit/keyring.ts'
import { type SecretKeys, secretKeys } from '../../../src/kit/secret-keys.ts'
import { type Connection, connect } from '../../../src/store/connect.ts'
import { foundAgency } from '../../../src/store/founding.ts'
import { openSecretReader } from '../../../src/store/secrets/reader.ts'
import { secretPort } from '../../../src/store/secrets/secrets.ts'
import { createTestDatabase } from '../../support/database.ts'

export const LATER = new Date('2026-11-26T00:00:00Z')

export interface Secrets {
  readonly folder: string
  readonly hubUrl: string
  readonly keyring: Keyring
  readonly connection: Connection
  readonly owner: Client
  readonly agencyId: number
  /** keys as a process that starts now finds them */
  keys(): Promise<SecretKeys>
  put(name: string, value: string, keys?: SecretKeys): Promise<number>
  /** what a process that starts now reads */
  read(name: string): Promise<string | undefined>
  keyFile(): Promise<{ keys: Record<string, { id: string; key: string }> }>
  /** as an earlier version left it */
  dropKeyOfSecrets(): Promise<void>
  close(): Promise<void>
}

export async function openSecrets(): Promise<Secrets> {
  const database = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'duoling-secrets-'))
  const keyring = await openKeyring(folder)
  const connection = connect(database.hubUrl)
  const owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  const key = () => randomBytes(32)
  const vault = { item: key(), address: key(), addressKeyId: 'a', blindIndex: key() }
  const { agencyId, people } = await foundAgency(
    connection.db,
    { ...vault, secretKeys: secretKeys(keyring) },
    {
      ...{ creditCode: '11330483MB1234567X', name: '某局', shortName: '某局', from: '2018-01-01' },
      people: [{ name: '孙系统', roles: ['system-admin'] }],
      ...{ categories: DEFAULT_CATEGORIES, channels: [], audiences: [] },
    },
  )
  const keys = async () => secretKeys(await openKeyring(folder))
  const keyFile = async () => JSON.parse(await readFile(keyring.path, 'utf8'))
  return {
    ...{ folder, hubUrl: database.hubUrl, keyring, connection, owner, agencyId, keys, keyFile },
    put: async (name, value, given) => {
      const held = given ?? (await keys())
      return connection.db.transaction().execute((tx) =>
        secretPort(tx, agencyId, held).putSecret({
          ...{ name, value, by: people.get('孙系统') ?? 0 },
          ...{ at: new Date('2026-11-25T00:00:00Z'), formerUntil: LATER },
        }),
      )
    },
    async read(name) {
      const reader = openSecretReader(database.hubUrl, await keys(), {
        ...{ monotonicMs: () => 0, now: () => new Date('2026-11-25T01:00:00Z') },
      })
      try {
        return (await reader.of(agencyId)).value(name)
      } finally {
        await reader.close()
      }
    },
    async dropKeyOfSecrets() {
      const file = await keyFile()
      delete file.keys.secret
      await writeFile(keyring.path, JSON.stringify(file))
    },
    async close() {
      await connection.close()
      await owner.end()
      await database.drop()
      await rm(folder, { recursive: true })
    },
  }
}
