/** The embedded server as a newcomer meets it: made, started again, several at once, shared. */
import { readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { openKeyring } from '../../src/kit/keyring.ts'
import { startEmbedded } from '../../src/store/embedded.ts'
import { openDatabase } from '../../src/store/open.ts'
import { ask, portOf, SILENT, startChild, temporaryFolders } from '../support/embedded-child.ts'

const folders = temporaryFolders()
afterAll(() => folders.removeAll())

const settingsOf = async (url: string): Promise<Record<string, string>> => {
  const rows = await ask<{ name: string; setting: string }>(
    url,
    'select name, setting from pg_settings',
  )
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
}

describe('a server of our own', () => {
  it('is durable, speaks UTF-8 and listens on the loopback only', async () => {
    const dataFolder = await folders.make()
    const server = await startEmbedded({ dataFolder, log: SILENT })
    const settings = await settingsOf(server.ownerUrl)
    const [locale] = await ask(
      server.ownerUrl,
      `select datname, datcollate, datlocale, pg_encoding_to_char(encoding) as encoding
       from pg_database where datname = current_database()`,
    )
    await server.stop()
    expect(server).toMatchObject({ adopted: false, joined: false, major: 18 })
    expect(locale).toMatchObject({ datname: 'duoling', datlocale: 'C.UTF-8', encoding: 'UTF8' })
    expect(settings).toMatchObject({
      ...{ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', data_checksums: 'on' },
      ...{ listen_addresses: '127.0.0.1', unix_socket_directories: '', TimeZone: 'UTC' },
    })
  })

  it('keeps what was written, asks for a password, keeps its secrets private', async () => {
    const dataFolder = await folders.make()
    const first = await startEmbedded({ dataFolder, log: SILENT })
    await ask(first.ownerUrl, "create table kept as select '铎' as word")
    await first.stop()
    const again = await startEmbedded({ dataFolder, log: SILENT })
    expect(await ask(again.ownerUrl, 'select word from kept')).toEqual([{ word: '铎' }])
    const guess = new URL(again.ownerUrl)
    guess.password = 'guess'
    await expect(new Client({ connectionString: guess.href }).connect()).rejects.toMatchObject({
      code: '28P01',
    })
    await again.stop()
    await again.stop()
    expect((await stat(join(dataFolder, 'postgres.json'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(dataFolder, 'postgres/start.log'), 'utf8')).not.toContain('FATAL')
  })

  it('runs twice at once, in folders with long, odd and Chinese names', async () => {
    const one = join(await folders.make(), '数据 与"引号"', 'x'.repeat(150))
    const two = await folders.make()
    const servers = await Promise.all(
      [one, two].map((dataFolder) => startEmbedded({ dataFolder, log: SILENT })),
    )
    const ports = servers.map(({ ownerUrl }) => portOf(ownerUrl))
    for (const { ownerUrl } of servers) await ask(ownerUrl, 'select 1')
    await Promise.all(servers.map((server) => server.stop()))
    expect(new Set(ports).size).toBe(2)
  })
})

describe('one owner, several users', () => {
  it('refuses a second owner and names the first, whatever link leads there', async () => {
    const dataFolder = await folders.make()
    const owner = await startChild(dataFolder)
    const link = join(await folders.make(), 'link')
    await symlink(dataFolder, link)
    const refusal = await startEmbedded({ dataFolder: link, log: SILENT }).catch((error) => error)
    await owner.end()
    expect(refusal).toMatchObject({ name: 'EnvironmentFault' })
    expect(refusal.message).toContain(`进程 ${owner.pid}`)
    expect(refusal.message).toContain('下一步')
  })

  it('lets a verb join, which leaves the server running', async () => {
    const dataFolder = await folders.make()
    const owner = await startChild(dataFolder)
    const guest = await startEmbedded({ dataFolder, log: SILENT, join: true })
    expect(guest).toMatchObject({ joined: true, ownerUrl: owner.said.ownerUrl, major: 18 })
    await guest.stop()
    expect(await ask(owner.said.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    await owner.end()
  })

  it('has the last one out stop the server, when the owner goes first', async () => {
    const dataFolder = await folders.make()
    const owner = await startChild(dataFolder)
    const guest = await startEmbedded({ dataFolder, log: SILENT, join: true })
    await owner.end()
    expect(await ask(guest.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    await guest.stop()
    await expect(ask(guest.ownerUrl, 'select 1')).rejects.toThrow()
  })

  it('has two first starts at once end with one owner and one guest', async () => {
    const dataFolder = await folders.make()
    const both = await Promise.all([
      startChild(dataFolder, { join: true }),
      startChild(dataFolder, { join: true }),
    ])
    expect(both.map(({ said }) => said.joined).sort()).toEqual([false, true])
    for (const child of both) await child.end()
  })
})

describe('openDatabase', () => {
  const open = async (dataFolder: string) =>
    openDatabase({
      config: { dataFolder, databaseUrl: undefined },
      keyring: await openKeyring(dataFolder),
      log: SILENT,
      join: true,
    })

  it('starts in an empty folder, migrates, and gives the hub a role that owns nothing', async () => {
    const dataFolder = await folders.make()
    const database = await open(dataFolder)
    await ask(database.hubUrl, 'select * from agency')
    await expect(ask(database.hubUrl, 'drop table agency')).rejects.toMatchObject({ code: '42501' })
    await expect(ask(database.hubUrl, 'create table x ()')).rejects.toMatchObject({ code: '42501' })
    expect(database).toMatchObject({ kind: 'embedded', joined: false })
    expect(database.where).not.toContain('@')
    await database.stop()
  })
})
