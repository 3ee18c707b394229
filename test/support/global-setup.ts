/** One database server and one migrated template for the whole run of tests. */
import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/store/migrate.ts'
import { asOwner, at } from './database-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    server: { url: string; template: string; hubRole: string; hubPassword: string }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['DUOLING_TEST_DATABASE_URL']
  if (!url) throw new Error('set DUOLING_TEST_DATABASE_URL')
  const mark = randomBytes(4).toString('hex')
  const template = `template_${mark}`
  const hubRole = `hub_${mark}`
  const hubPassword = randomBytes(12).toString('hex')
  await asOwner(url, `create database ${template}`)
  await migrate(at(url, template))
  await asOwner(url, `create role ${hubRole} login password '${hubPassword}' in role duoling_hub`)
  project.provide('server', { url, template, hubRole, hubPassword })
  return async () => {
    await asOwner(url, `drop database if exists ${template} with (force)`)
    await asOwner(url, `drop role if exists ${hubRole}`)
  }
}
