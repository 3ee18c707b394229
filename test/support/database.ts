/** A database of its own for each test file: copied from a migrated template, dropped afterwards. */
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { asOwner, at } from './database-server.ts'

export interface TestDatabase {
  /** the owner of the tables: migrates, and plays the forger with raw SQL */
  readonly ownerUrl: string
  /** the hub's own role: owns nothing */
  readonly hubUrl: string
  drop(): Promise<void>
}

/** `ownerUrl` may do anything; `hubUrl` is what the product itself connects with. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('server')
  const name = `test_${randomBytes(6).toString('hex')}`
  await asOwner(server.url, `create database ${name} template ${server.template}`)
  const ownerUrl = at(server.url, name)
  const hub = new URL(ownerUrl)
  hub.username = server.hubRole
  hub.password = server.hubPassword
  return {
    ownerUrl,
    hubUrl: hub.href,
    drop: () => asOwner(server.url, `drop database if exists ${name} with (force)`),
  }
}
