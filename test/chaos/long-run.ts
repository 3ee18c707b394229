/** One long run: a bureau that never stops signing, two workers that are killed again and again, at times
 *  the database itself; then calm, until nothing is due any more, and the verdict. */
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { email } from '../../channels/email.ts'
import { type MailFault, type MailSimulator, startMailSimulator } from '../../src/simulator/mail.ts'
import {
  addPeopleTo,
  channelTo,
  openTestInstallation,
  type TestInstallation,
} from '../support/installation.ts'
import type { TemporaryServer } from '../support/temporary-database.ts'
import { type Chance, chanceOf } from './chance.ts'
import { AUDIENCES, type Clerk, hireClerk } from './clerk.ts'
import { type Crew, hireCrew } from './crew.ts'
import { judge, MAIL_DOMAIN, type Verdict } from './judge.ts'
import { WIRE, wire } from './wire.ts'
import { startWireSink } from './wire-sink.ts'
import type { Plant } from './worker.ts'

export interface LongRunOptions {
  readonly server: TemporaryServer
  readonly kills: number
  readonly seed: number
  readonly plant: Plant
  /** with dispatches so large that they are expanded in chunks, after the signature */
  readonly chunked: boolean
  readonly onKill: (what: 'hub' | 'database') => void
}

const LEASE_MS = 2_500
const WORKERS = 2
const LATE_MS = LEASE_MS * 1.2
const DATABASE_SHARE = 0.2
const FREEZE_SHARE = 0.1
const BETWEEN_KILLS_MS_MAX = 1_000
const DRAIN_MS_MAX = 180_000

export async function longRun(options: LongRunOptions): Promise<Verdict> {
  const chance = chanceOf(options.seed)
  const database = await options.server.create()
  const gateway = await startWireSink(chanceOf(options.seed + 1), LATE_MS)
  const mail = await startMailSimulator({ keepMax: 0, delayMs: 2 })
  const installation = await openTestInstallation(database, {
    ...{ adapters: [email, wire], queue: true, audiences: Object.keys(AUDIENCES) },
    channels: [
      channelTo('wire', 'phone', WIRE, { port: gateway.port }),
      channelTo('email', 'mailbox', 'email', mailSettings(mail.port)),
    ],
  })
  try {
    await fillAudiences(installation, options.chunked)
    const { hubUrl, folder } = database
    const orders = { hubUrl, folder, leaseMs: LEASE_MS, plant: options.plant }
    const crew = await hireCrew(WORKERS, orders, chance)
    try {
      const clerk = hireClerk(installation, options.chunked, chanceOf(options.seed + 2))
      const faults = mailFaults(mail, chanceOf(options.seed + 3))
      await underWay(installation)
      await killAll(options, crew, clerk, chance)
      faults.stop()
      gateway.setFaulty(false)
      await drained(installation)
      const evidence = { wire: gateway.accepted, wireRefused: gateway.refused }
      await crew.dismiss()
      const { confirmed } = clerk
      return await judge(installation, { ...evidence, mail: mail.counts(), confirmed })
    } finally {
      await crew.dismiss()
    }
  } finally {
    await installation.app.close()
    await Promise.all([gateway.stop(), mail.stop()])
    await database.drop()
  }
}

function mailSettings(port: number) {
  return {
    ...{ host: '127.0.0.1', port, security: 'none', from: `office@${MAIL_DOMAIN}` },
    ...{ messageIdDomain: MAIL_DOMAIN, connections: 4 },
    ...{ connectTimeoutMs: 1_000, answerTimeoutMs: 1_500 },
  }
}

async function fillAudiences(installation: TestInstallation, chunked: boolean): Promise<void> {
  let from = 0
  for (const [id, { kind, count }] of Object.entries(AUDIENCES)) {
    if (chunked || id !== 'everybody') await addPeopleTo(installation, id, kind, { from, count })
    from += count
  }
}

async function killAll(
  { server, kills, onKill }: LongRunOptions,
  crew: Crew,
  clerk: Clerk,
  chance: Chance,
): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await pause(chance.between(0, BETWEEN_KILLS_MS_MAX))
    if (chance.happens(FREEZE_SHARE)) crew.freeze(LATE_MS)
    if (server.kill && chance.happens(DATABASE_SHARE)) {
      await server.kill()
      onKill('database')
      // Its recovery takes a moment in which no other kill would meet a run at work.
      await pause(BETWEEN_KILLS_MS_MAX)
    } else {
      await crew.kill()
      onKill('hub')
    }
  }
  await clerk.stop()
}

/** The first kill already meets a run at work. */
async function underWay({ app }: TestInstallation): Promise<void> {
  for (;;) {
    const { rows } = await sql`select from attempt limit 1`.execute(app.connection.db)
    if (rows.length > 0) return
    await pause(20)
  }
}

const MAIL_FAULTS: readonly [MailFault, ...MailFault[]] = [
  'none',
  'drop-after-body',
  'recipient-450',
  'drop-in-body',
  'stall-after-body',
  'dot-450',
]
const MAIL_FAULT_MS = 1_500

/** Another fault every moment, for some of the recipients. */
function mailFaults(mail: MailSimulator, chance: Chance): { stop(): void } {
  const change = () => {
    const rest = chance.between(0, 40)
    const concerned = (recipient: string) =>
      Number.parseInt(recipient.slice(4, 12), 10) % 40 === rest
    mail.setFault(chance.pick(MAIL_FAULTS), concerned)
  }
  const timer = setInterval(change, MAIL_FAULT_MS)
  return {
    stop() {
      clearInterval(timer)
      mail.setFault('none')
    },
  }
}

/** Until no batch is open and no dispatch half expanded; what stays open after that long is lost. */
async function drained({ app }: TestInstallation): Promise<void> {
  const until = Date.now() + DRAIN_MS_MAX
  while (Date.now() < until) {
    const open = await openWork(app).catch(() => 1)
    if (open === 0) return
    await pause(250)
  }
}

async function openWork(app: TestInstallation['app']): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select (select count(*) from batch where state in ('waiting', 'leased'))
      + (select count(*) from dispatch where state = 'expanding') as open
  `.execute(app.connection.db)
  return rows[0]?.open ?? 0
}
