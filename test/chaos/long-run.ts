/** One long run: a bureau that never stops signing, workers that meet one kind of trouble again and again;
 *  then calm, until nothing is due any more, and the verdict. */
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
import { AUDIENCES, hireClerk } from './clerk.ts'
import { hireCrew } from './crew.ts'
import { judge, MAIL_DOMAIN, type Verdict } from './judge.ts'
import type { Plant } from './plants.ts'
import type { SmallDisk } from './small-disk.ts'
import { type Kind, LATE_MS, LEASE_MS, TROUBLES } from './troubles.ts'
import { WIRE, wireWith } from './wire.ts'
import { startWireSink, type WireSink } from './wire-sink.ts'

export interface LongRunOptions {
  readonly server: TemporaryServer
  readonly kind: Kind
  readonly trials: number
  readonly seed: number
  readonly plant: Plant
  /** with dispatches so large that they are expanded in chunks, after the signature */
  readonly chunked: boolean
  readonly disk?: SmallDisk
}

/** The verdict with what was done to the run. */
export interface Run extends Verdict {
  readonly did: Readonly<Record<string, number>>
  /** calls of the gateway that met a fault */
  readonly met: Readonly<Record<string, number>>
  /** workers that ended by themselves */
  readonly fallen: number
}

const DRAIN_MS_MAX = 180_000
/** A planted fault that stops everything need not be waited for so long. */
const DRAIN_PLANTED_MS_MAX = 20_000

export async function longRun(options: LongRunOptions): Promise<Run> {
  const { plant, seed, server } = options
  const trouble = TROUBLES[options.kind]
  const chance = chanceOf(seed)
  const database = await server.create()
  const gateway = await startWireSink(chanceOf(seed + 1), LATE_MS)
  await gateway.setMood(trouble.mood)
  const mail = await startMailSimulator({ keepMax: 0, delayMs: 2 })
  const installation = await openTestInstallation(database, {
    ...{ adapters: [email, wireWith('none')], queue: true, audiences: Object.keys(AUDIENCES) },
    channels: [
      channelTo('wire', 'phone', WIRE, { port: gateway.port }),
      channelTo('email', 'mailbox', 'email', mailSettings(mail.port)),
    ],
  })
  const did: Record<string, number> = {}
  try {
    await fillAudiences(installation, options.chunked)
    const { hubUrl, folder } = database
    const { slowMs, workers } = trouble
    const orders = { hubUrl, folder, leaseMs: LEASE_MS, plant, slowMs, aheadMs: 0 }
    const crew = await hireCrew(workers, orders, chance)
    try {
      const clerk = hireClerk(installation, options.chunked, chanceOf(seed + 2))
      const faults = mailFaults(mail, chanceOf(seed + 3))
      await underWay(installation)
      const scene = {
        ...{ server, database, crew, gateway, chance, disk: options.disk },
        did: (what: string, times = 1) => {
          did[what] = (did[what] ?? 0) + times
        },
      }
      const rounds = Math.ceil(options.trials / (trouble.trialsARound ?? 1))
      for (let round = 0; round < rounds; round++) {
        await trouble.round(scene, round)
        if (options.kind !== 'kills') await workGoesOn(gateway)
      }
      await clerk.stop()
      await trouble.after?.(scene)
      faults.stop()
      await gateway.setMood('well')
      await drained(installation, plant === 'none' ? DRAIN_MS_MAX : DRAIN_PLANTED_MS_MAX)
      const fallen = crew.fallen()
      await crew.dismiss()
      const { confirmed } = clerk
      const evidence = { gateway, leaseMs: LEASE_MS, mail: mail.counts(), confirmed }
      return { ...(await judge(installation, evidence)), did, met: gateway.met, fallen }
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

/** The first trial already meets a run at work. */
async function underWay({ app }: TestInstallation): Promise<void> {
  for (;;) {
    const { rows } = await sql`select from attempt limit 1`.execute(app.connection.db)
    if (rows.length > 0) return
    await pause(20)
  }
}

const CALLS_BETWEEN = 3
const BETWEEN_MS_MAX = 3_000

/** On a busy machine the rounds would be over before anything was sent. */
async function workGoesOn(gateway: WireSink): Promise<void> {
  const enough = gateway.came.size + CALLS_BETWEEN
  const until = Date.now() + BETWEEN_MS_MAX
  while (gateway.came.size < enough && Date.now() < until) await pause(20)
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
async function drained({ app }: TestInstallation, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs
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
