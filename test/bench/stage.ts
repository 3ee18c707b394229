/** What a bench stands on: a database with one bureau and its people, the sink, and the orders that the
 *  measured programs get. Everything is taken down again, also when the bench fails. */
import { disclosurePortal } from '../../channels/disclosure-portal.ts'
import { email } from '../../channels/email.ts'
import { sms } from '../../channels/sms.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  addPeopleTo,
  openTestInstallation,
  type TestInstallation,
} from '../support/installation.ts'
import {
  openTemporaryServer,
  type TemporaryDatabase,
  type TemporaryServer,
} from '../support/temporary-database.ts'
import { nullSink } from './null-sink.ts'
import { place } from './roads.ts'
import { type Sink, type SinkCounts, type SinkState, startSink, sumOf } from './sink.ts'

/** Adapters every measured program knows. */
export const ADAPTERS = [disclosurePortal, email, sms, place, nullSink]

/** Who a measured program is, and on which database. */
export interface Place {
  readonly hubUrl: string
  readonly folder: string
  readonly people: Omit<TestInstallation, 'app'>
}

export interface Stage {
  readonly server: TemporaryServer
  readonly sink: Sink
  /** A database of its own with these channels, and so many people in each audience. */
  found(
    channels: readonly NewChannel[],
    audiences: Readonly<Record<string, Audience>>,
  ): Promise<Place & { readonly database: TemporaryDatabase }>
}

export interface Audience {
  readonly kind: 'phone' | 'mailbox'
  readonly count: number
}

const PEOPLE_A_CALL_MAX = 20_000

export async function onStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const server = await openTemporaryServer()
  const databases: TemporaryDatabase[] = []
  const sink = await startSink()
  try {
    return await work({
      ...{ server, sink },
      async found(channels, audiences) {
        const database = await server.create()
        databases.push(database)
        return { database, ...(await foundOn(database, channels, audiences)) }
      },
    })
  } finally {
    await sink.stop()
    for (const database of databases) await database.drop()
    await server.remove()
  }
}

async function foundOn(
  database: TemporaryDatabase,
  channels: readonly NewChannel[],
  audiences: Readonly<Record<string, Audience>>,
): Promise<Place> {
  const parts = { adapters: ADAPTERS, queue: false, audiences: Object.keys(audiences) }
  const installation = await openTestInstallation(database, { ...parts, channels })
  let first = 0
  for (const [audience, { kind, count }] of Object.entries(audiences)) {
    // In parts, because a million people as objects at once would be the bench's own memory.
    for (let done = 0; done < count; done += PEOPLE_A_CALL_MAX) {
      const some = Math.min(PEOPLE_A_CALL_MAX, count - done)
      await addPeopleTo(installation, audience, kind, { from: first + done, count: some })
    }
    first += count
  }
  const { app, ...people } = installation
  await app.close()
  return { hubUrl: database.hubUrl, folder: database.folder, people }
}

/** Sets the sink anew, runs a program and answers with what the sink took meanwhile. */
export async function counted<T>(
  sink: Sink,
  state: SinkState,
  run: () => Promise<T>,
): Promise<{ readonly measure: T; readonly counts: SinkCounts }> {
  await sink.reset(state)
  const measure = await run()
  return { measure, counts: sumOf(await sink.report()) }
}

/** @throws Error when a recipient was not reached exactly once. */
export function expectOnce(what: string, counts: SinkCounts, recipients: number): void {
  const { distinct, doubled } = counts
  if (distinct !== recipients || doubled !== 0)
    throw new Error(`${what}: ${recipients} meant, ${distinct} reached, ${doubled} twice`)
}
