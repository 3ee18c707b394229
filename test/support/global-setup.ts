/** One database server and one migrated template for the whole run of tests: an embedded server of
 *  its own, or the one named by `DUOLING_TEST_DATABASE_URL`. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { createLog } from '../../src/kit/log.ts'
import { removeEmbedded, startEmbedded } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrate.ts'
import { asOwner, at } from './database-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    server: { url: string; template: string; hubRole: string; hubPassword: string }
  }
}

interface TestServer {
  readonly url: string
  remove(): Promise<void>
}

async function startServer(): Promise<TestServer> {
  const given = process.env['DUOLING_TEST_DATABASE_URL']
  if (given) return { url: given, remove: () => Promise.resolve() }
  const dataFolder = await mkdtemp(join(tmpdir(), 'duoling-test-'))
  // As root the server runs as another user, who has to get in.
  await chmod(dataFolder, 0o711)
  const server = await startEmbedded({ dataFolder, log: createLog({ level: 'error' }) })
  return {
    url: server.ownerUrl,
    remove: async () => {
      await server.stop()
      await removeEmbedded(dataFolder)
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer()
  const { url } = server
  const mark = randomBytes(4).toString('hex')
  const template = `template_${mark}`
  const hubRole = `hub_${mark}`
  const hubPassword = randomBytes(12).toString('hex')
  const remove = async () => {
    await asOwner(url, `drop database if exists ${template} with (force)`)
    await asOwner(url, `drop role if exists ${hubRole}`)
    await server.remove()
  }
  try {
    await asOwner(url, `create database ${template}`)
    await migrate(at(url, template))
    await asOwner(url, `create role ${hubRole} login password '${hubPassword}' in role duoling_hub`)
  } catch (error) {
    await remove()
    throw error
  }
  project.provide('server', { url, template, hubRole, hubPassword })
  return remove
}
