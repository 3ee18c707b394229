/** A home for the `duoling` command on the tests' own server, in an empty database: what a verb says does not
 *  depend on who started PostgreSQL, and a server started for each verb would be most of its time. */
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Home, newHome } from './command.ts'
import { asOwner, at } from './database-server.ts'

export async function newHomeOnServer(): Promise<Home> {
  const server = inject('server')
  const name = `home_${randomBytes(6).toString('hex')}`
  await asOwner(server.url, `create database ${name}`)
  const home = await newHome({ DATABASE_URL: at(server.url, name) })
  return {
    ...home,
    async remove() {
      await home.remove()
      await asOwner(server.url, `drop database if exists ${name} with (force)`)
    },
  }
}
