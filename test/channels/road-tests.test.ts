/** `duoling channel test` on a road of every adapter of the Node registry: words of the program, marked as a test,
 *  to one's own address and to nobody else; and nothing at all where others read. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ADAPTERS } from '../../channels/node.ts'
import { testRoad } from '../../src/hub/channels/test-road.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import {
  openTemporaryServer,
  type TemporaryDatabase,
  type TemporaryServer,
} from '../support/temporary-database.ts'
import { type AllAtOnce, openAllAtOnce } from './all-at-once-kit.ts'

/** Operator of the bureau, and as a contact the only one marked for tests. */
const OPERATOR = '沈文书'
const OWN: Readonly<Record<string, string>> = {
  phone: '13911112222',
  mailbox: 'shen@practice.example',
}

let server: TemporaryServer
let database: TemporaryDatabase
let all: AllAtOnce
beforeAll(async () => {
  server = await openTemporaryServer(inject('server').url)
  database = await server.create()
  all = await openAllAtOnce(database)
  const { app, agencyId } = all
  const addresses = Object.entries(OWN).map(([kind, value]) => ({ kind, value }))
  const own = { name: OPERATOR, audiences: ['media'], forExercise: true, addresses }
  await addContacts(app.connection.db, app.keys, agencyId, [own])
})
afterAll(async () => {
  await all.close()
  await database.drop()
  await server.remove()
})

it.each(ADAPTERS.map(({ adapter }) => adapter))('%s', { timeout: 30_000 }, async (adapter) => {
  const station = all.stations.get(adapter)
  if (!station) throw new Error(`there is no station for ${adapter}`)
  const { id: channelId, addressing, addressKind } = station.channel
  const asked = testRoad(all.app.hub, {
    ...{ agencyId: all.agencyId, channelId, by: all.person(OPERATOR), at: all.clock.now },
  })
  if (addressing === 'recipient') {
    const { outcome, to } = await asked
    expect(outcome).toMatchObject({ kind: 'accepted' })
    expect(to).toContain('***')
    const [taken, ...more] = station.taken()
    expect([taken?.to, more]).toEqual([OWN[addressKind], []])
    expect(taken?.says).toContain('测试')
    return
  }
  if (adapter === 'wechat-official')
    // Its settings name one of our own readers, to whom alone a draft is shown.
    expect(await asked).toMatchObject({ to: 'preview', outcome: { kind: 'accepted' } })
  else await expect(asked).rejects.toMatchObject({ refusal: { code: 'act-not-possible' } })
  expect(station.taken()).toEqual([])
})
