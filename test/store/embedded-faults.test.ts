/** What the embedded server cannot mend: one clear message each, and nothing begun anew in silence. */
import { chmod, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openKeyring } from '../../src/kit/keyring.ts'
import { findBinaries } from '../../src/store/embedded/binaries.ts'
import { refuseFullDisk } from '../../src/store/embedded/cluster.ts'
import { launch } from '../../src/store/embedded/postmaster.ts'
import { startEmbedded } from '../../src/store/embedded.ts'
import { checkServer, ensureHubLogin } from '../../src/store/login.ts'
import { openDatabase } from '../../src/store/open.ts'
import { ask, SILENT, startChild, temporaryFolders } from '../support/embedded-child.ts'
import { openClone, removeOpenClone } from '../support/open-clone.ts'

const folders = temporaryFolders()
afterAll(() => folders.removeAll())

/** As root another user stands for the ordinary one, in a clone that is open to him. */
const NOBODY = { uid: 65_534, gid: 65_534 }
const isRoot = process.geteuid?.() === 0
const ordinary = isRoot ? { as: NOBODY, root: await openClone(NOBODY) } : {}
afterAll(() => removeOpenClone())

async function faultOf(dataFolder: string): Promise<Error> {
  const error = await startEmbedded({ dataFolder, log: SILENT }).then(
    (server) => server.stop(),
    (fault: unknown) => fault,
  )
  if (!(error instanceof Error)) throw new Error('started')
  expect(error.name).toBe('EnvironmentFault')
  expect(error.message).toMatch(/位置：.*\n下一步：/)
  return error
}

async function withCluster(): Promise<string> {
  const dataFolder = await folders.make()
  await (await startEmbedded({ dataFolder, log: SILENT })).stop()
  return dataFolder
}

describe('a data folder', () => {
  it('of another major version is refused by name, and left alone', async () => {
    const dataFolder = await withCluster()
    await writeFile(join(dataFolder, 'postgres/cluster/PG_VERSION'), '17\n')
    expect((await faultOf(dataFolder)).message).toContain('PostgreSQL 17')
  })

  it('that is a file, or below one, is refused', async () => {
    const file = join(await folders.make(), 'file')
    await writeFile(file, '')
    expect((await faultOf(file)).message).toContain('不是文件夹')
    expect((await faultOf(join(file, 'data'))).message).toContain('不是文件夹')
  })

  it('that this user cannot write is refused', async () => {
    const child = await startChild(await folders.make(0o555), ordinary)
    expect(child.said).toMatchObject({ fault: 'EnvironmentFault' })
    expect(child.said.message).toContain('没有权限')
  })

  it('of its own serves an ordinary user, and afterwards root', async () => {
    const dataFolder = join(await folders.make(0o777), 'data')
    const child = await startChild(dataFolder, ordinary)
    expect(child.said).toMatchObject({ adopted: false, major: 18 })
    await child.end()
    const owner = isRoot ? NOBODY.uid : process.geteuid?.()
    expect((await stat(join(dataFolder, 'postgres/cluster'))).uid).toBe(owner)
    await chmod(dataFolder, 0o711)
    await (await startEmbedded({ dataFolder, log: SILENT })).stop()
  })

  it('whose cluster or password went away is not begun anew', async () => {
    const dataFolder = await withCluster()
    const cluster = join(dataFolder, 'postgres/cluster')
    await rename(cluster, `${cluster}-aside`)
    expect((await faultOf(dataFolder)).message).toContain('不见了')
    await rename(`${cluster}-aside`, cluster)
    const pointer = join(dataFolder, 'postgres.json')
    await chmod(pointer, 0o644)
    expect((await faultOf(dataFolder)).message).toContain('chmod 600')
    await rm(pointer)
    expect((await faultOf(dataFolder)).message).toContain('postgres.json')
    await writeFile(pointer, '{"cluster": 1', { mode: 0o600 })
    expect((await faultOf(dataFolder)).message).toContain('已损坏')
  })

  it('without space left says how much there is and how much it takes', async () => {
    const folder = await folders.make()
    const refusal = refuseFullDisk(folder, Number.MAX_SAFE_INTEGER)
    await expect(refusal).rejects.toThrow(/磁盘只剩 \d+ MB，建立数据库至少要 \d+ MB/)
    await refuseFullDisk(folder, 1)
  })
})

it('says that a port is taken', async () => {
  const dataFolder = await withCluster()
  const cluster = join(dataFolder, 'postgres/cluster')
  const { uid, gid } = await stat(cluster)
  const account = isRoot ? { uid, gid } : undefined
  const { postgres } = await findBinaries(account, () => folders.make())
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  const address = blocker.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const startLog = join(dataFolder, 'postgres/start.log')
  const settings = { postgres, account, cluster, startLog, log: SILENT }
  await expect(launch(settings, port)).rejects.toThrow(`端口 ${port} 已被占用`)
  blocker.close()
})

it('refuses new keys for a database that holds data, and takes them back', async () => {
  const dataFolder = await folders.make()
  const open = async () =>
    openDatabase({
      config: { dataFolder, databaseUrl: undefined },
      keyring: await openKeyring(dataFolder),
      log: SILENT,
    })
  const first = await open()
  await ask(first.ownerUrl, `insert into agency (credit_code) values ('9133-TEST')`)
  const rows = await ask(first.ownerUrl, 'select from agency')
  await first.stop()
  expect(rows).toHaveLength(1)
  await rename(join(dataFolder, 'keys.json'), join(dataFolder, 'aside.json'))
  for (let round = 0; round < 2; round++) await expect(open()).rejects.toThrow('密钥文件不见了')
  await rename(join(dataFolder, 'aside.json'), join(dataFolder, 'keys.json'))
  await (await open()).stop()
})

describe('a server we were given', () => {
  it('that is not there, or refuses us, is named without its password', async () => {
    const fault = await checkServer('postgres://me:very-secret@127.0.0.1:9/some').catch((e) => e)
    expect(fault.message).toContain('127.0.0.1:9/some')
    expect(fault.message).not.toContain('very-secret')
  })

  it('that forbids new roles is told what its administrator does', async () => {
    const dataFolder = await folders.make()
    const server = await startEmbedded({ dataFolder, log: SILENT })
    await ask(server.ownerUrl, "create role plain login password 'plain'")
    await ask(server.ownerUrl, 'create database theirs owner plain')
    const url = new URL(server.ownerUrl)
    Object.assign(url, { username: 'plain', password: 'plain', pathname: '/theirs' })
    const hubLogin = { login: 'duoling_hub_00000000', password: 'x'.repeat(48) }
    await expect(ensureHubLogin(url.href, hubLogin)).rejects.toThrow('不允许')
    const keyring = { hubLogin, created: false, path: '' }
    const config = { dataFolder, databaseUrl: url.href }
    await expect(openDatabase({ config, keyring, log: SILENT })).rejects.toThrow('create role')
    await server.stop()
  })
})
