/** The embedded server after kill -9, of the hub and of the server itself. */
import { readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, expect, it } from 'vitest'
import { startEmbedded } from '../../src/store/embedded.ts'
import { ask, SILENT, startChild, temporaryFolders } from '../support/embedded-child.ts'

const folders = temporaryFolders()
afterAll(() => folders.removeAll())

const pidFile = (dataFolder: string) => join(dataFolder, 'postgres/cluster/postmaster.pid')
const serverPid = (dataFolder: string) =>
  Number.parseInt(readFileSync(pidFile(dataFolder), 'utf8'), 10)

const COMMITTED = 'create table kept as select 1 as one'

/** An answer once the server is back. */
async function eventually(url: string, statement: string): Promise<unknown[]> {
  for (let trial = 1; ; trial++) {
    try {
      return await ask(url, statement)
    } catch (error) {
      if (trial === 200) throw error
      await pause(50)
    }
  }
}

it('adopts the server a killed hub left behind', async () => {
  const dataFolder = await folders.make()
  const hub = await startChild(dataFolder)
  await ask(hub.said.ownerUrl, COMMITTED)
  const pid = serverPid(dataFolder)
  await hub.kill()
  const next = await startEmbedded({ dataFolder, log: SILENT })
  expect(next).toMatchObject({ adopted: true, ownerUrl: hub.said.ownerUrl })
  expect(serverPid(dataFolder)).toBe(pid)
  expect(await ask(next.ownerUrl, 'select one from kept')).toEqual([{ one: 1 }])
  await next.stop()
  await expect(ask(next.ownerUrl, 'select 1')).rejects.toThrow()
})

it('starts a killed server again on the same port, sessions still at work or not', async () => {
  const dataFolder = await folders.make()
  const server = await startEmbedded({ dataFolder, log: SILENT })
  await ask(server.ownerUrl, COMMITTED)
  for (let round = 0; round < 3; round++) {
    const busy = new Client({ connectionString: server.ownerUrl })
    busy.on('error', () => {})
    await busy.connect()
    const work = busy.query('select pg_sleep(20), count(*) from generate_series(1, 100000000)')
    process.kill(serverPid(dataFolder), 'SIGKILL')
    await work.catch(() => {})
    expect(await eventually(server.ownerUrl, 'select one from kept')).toEqual([{ one: 1 }])
  }
  await server.stop()
  await expect(ask(server.ownerUrl, 'select 1')).rejects.toThrow()
})

it('recovers when hub and server were both killed', async () => {
  const dataFolder = await folders.make()
  const hub = await startChild(dataFolder)
  await ask(hub.said.ownerUrl, COMMITTED)
  process.kill(serverPid(dataFolder), 'SIGKILL')
  await hub.kill()
  const next = await startEmbedded({ dataFolder, log: SILENT })
  expect(await ask(next.ownerUrl, 'select one from kept')).toEqual([{ one: 1 }])
  await next.stop()
})

it('is not misled by a process number that belongs to somebody else now', async () => {
  const dataFolder = await folders.make()
  const hub = await startChild(dataFolder)
  const left = await readFile(pidFile(dataFolder), 'utf8')
  await hub.end()
  await writeFile(pidFile(dataFolder), left.replace(/^\d+/, String(process.pid)))
  const next = await startEmbedded({ dataFolder, log: SILENT })
  expect(next.adopted).toBe(false)
  await next.stop()
})

it('makes the cluster anew when the first start was killed half way', async () => {
  const dataFolder = await folders.make()
  const home = join(dataFolder, 'postgres')
  const first = startChild(dataFolder)
  first.catch(() => {})
  for (;;) {
    const [draft] = (await readdir(home).catch(() => [])).filter((name) => /new-\w+$/.test(name))
    const begun = await readFile(join(home, draft ?? '', 'PG_VERSION'), 'utf8').catch(() => '')
    if (begun !== '') break
    await pause(5)
  }
  const pid = Number.parseInt(await readFile(join(dataFolder, 'postgres/owner.pid'), 'utf8'), 10)
  process.kill(pid, 'SIGKILL')
  const next = await startEmbedded({ dataFolder, log: SILENT })
  expect(await ask(next.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  await next.stop()
})
