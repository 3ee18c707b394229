/** From the signature to the receipt over a carrier line: the whole installation, its database, a simulator on a
 *  real socket. A receipt is acknowledged when it is kept and not before, and a process that comes back
 *  opens its line by itself. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Adapter } from '../../channels/channel.ts'
import { askOutside } from '../../src/hub/receipts/poll.ts'
import type { CarrierSimulator } from '../../src/simulator/carrier.ts'
import {
  addPeopleTo,
  channelTo,
  openTestInstallation,
  reviewed,
  signNow,
  type TestInstallation,
} from '../support/installation.ts'
import {
  openTemporaryServer,
  type TemporaryDatabase,
  type TemporaryServer,
} from '../support/temporary-database.ts'
import { LINES, SECRET, until } from './sms-carrier-kit.ts'

const AT = new Date('2026-07-01T02:00:00Z')
const PEOPLE = 30
const NOTIFY = { channelId: 'line', act: 'notify', audiences: ['media'] } as const

describe.each(LINES.filter(({ name }) => name !== 'CMPP 2.0'))('$name and the hub', (line) => {
  let server: TemporaryServer
  let database: TemporaryDatabase
  let simulator: CarrierSimulator
  let installation: TestInstallation
  // The installation of the tests has no secrets of its own.
  const adapter: Adapter = {
    adapter: line.adapter.adapter,
    create: (settings, tools) => line.adapter.create(settings, { ...tools, secret: () => SECRET }),
  }

  beforeAll(async () => {
    server = await openTemporaryServer(inject('server').url)
    database = await server.create()
    simulator = await line.start()
    const roads = line.settings(simulator.port)
    installation = await openTestInstallation(database, {
      ...{ adapters: [adapter], audiences: ['media'], queue: false },
      channels: [channelTo('line', 'phone', adapter.adapter, { ...roads, countsWhen: 'receipt' })],
    })
    await addPeopleTo(installation, 'media', 'phone', { from: 0, count: PEOPLE })
  })
  afterAll(async () => {
    await installation.app.close()
    await simulator.stop()
    await database.drop()
    await server.remove()
  })

  const states = async (): Promise<Record<string, number>> => {
    const rows = await installation.app.connection.db
      .selectFrom('delivery')
      .select(({ fn }) => ['state', fn.countAll<string>().as('count')])
      .groupBy('state')
      .execute()
    return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]))
  }
  const settled = async (wanted: Readonly<Record<string, number>>) => {
    let now: Record<string, number> = {}
    for (let tries = 0; tries < 300; tries++) {
      now = await states()
      if (JSON.stringify(now) === JSON.stringify(wanted)) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(now).toEqual(wanted)
  }

  it('sends what was signed, keeps each receipt before it acknowledges it, and settles it', async () => {
    const draft = { title: '请注意防范', level: 'routine', text: '请各企业加强巡查。' } as const
    const paper = await reviewed(installation, draft, AT)
    await signNow(installation, paper, [NOTIFY], AT)
    await installation.app.pump.drain(() => AT, { agencyId: installation.agencyId })
    expect(simulator.submits()).toBe(PEOPLE)
    expect(await states()).toEqual({ accepted: PEOPLE })
    expect(new Set(await simulator.finish('delivered', 2))).toEqual(new Set([0]))
    const kept = await installation.app.connection.db
      .selectFrom('receipt')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
    expect(Number(kept.count)).toBe(PEOPLE)
    await settled({ delivered: PEOPLE })
  })

  it('takes a sender off the list who writes 退订', async () => {
    const number = simulator.parts()[0]?.number ?? ''
    expect(await simulator.reply(number, '退订')).toBe(0)
    const off = async () => {
      const row = await installation.app.connection.db
        .selectFrom('audit')
        .select('id')
        .where('action', '=', 'unsubscribe')
        .executeTakeFirst()
      return row !== undefined
    }
    let done = false
    for (let tries = 0; tries < 300 && !done; tries++) {
      done = await off()
      if (!done) await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(done).toBe(true)
  })

  it('dials again by itself when the gateway comes back, as long as receipts may come', async () => {
    expect(simulator.bound()).toBe(1)
    const logins = simulator.logins()
    simulator.drop()
    await until(() => simulator.logins() > logins, 'a login nobody asked for')
    expect(simulator.bound()).toBe(1)
  })

  it('opens its line by itself after a restart, because receipts and replies may wait', async () => {
    const { hub } = installation.app
    await hub.outside.close()
    await until(() => simulator.bound() === 0, 'the end of the former process')
    const later = new Date(AT.getTime() + 60_000)
    const asked = await askOutside(hub, later, (error) => {
      throw error
    })
    expect(asked).toBe(1)
    expect(simulator.bound()).toBe(1)
    expect(await simulator.reply(simulator.parts()[1]?.number ?? '', '收到')).toBe(0)
  })
})
