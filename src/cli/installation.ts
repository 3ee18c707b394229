/** Opens the installation a verb works on: configuration, keys, database and hub, and in practice mode
 *  the simulated outside. Beside a running server it joins that server's database. */
import { join } from 'node:path'
import { defaultChannels } from '../../channels/defaults.ts'
import { ADAPTERS } from '../../channels/node.ts'
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import { type App, type AppParts, openApp } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import { DEFAULT_CATEGORIES } from '../domain/category.ts'
import type { Role } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { EnvironmentFault } from '../kit/environment-fault.ts'
import { openKeyring } from '../kit/keyring.ts'
import { createLog } from '../kit/log.ts'
import { type MailSimulator, startMailSimulator } from '../simulator/mail.ts'
import {
  PRACTICE_AGENCY,
  PRACTICE_AUDIENCES,
  PRACTICE_PEOPLE,
  practiceContacts,
} from '../simulator/practice.ts'
import { foundFirstAgency, foundInstallation } from '../store/founding.ts'
import { openDatabase } from '../store/open.ts'
import { installQueue } from '../store/queue.ts'
import { agencies, peopleInOffice, pointRoads } from '../store/registry.ts'
import { UsageFault, type VerbRequest } from './command.ts'

export interface Installation {
  readonly app: App
  readonly agencyId: number
  readonly config: Config
  /** the database as its owner: for backups */
  readonly ownerUrl: string
  /** the database in words, without a password */
  readonly where: string
  now(): Date
  /** From here on our pages have this address. */
  serveAt(url: string): void
  close(): Promise<void>
}

export interface OpenOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** this process is the server: it owns the database and listens to the queue */
  readonly serve?: boolean
  /** this process sends beside the server: it listens to the queue, and never owns the database */
  readonly worker?: Pick<AppParts, 'lanes' | 'connectionsMax'>
  /** this process also runs the simulated outside of the practice mode */
  readonly simulate?: boolean
  /** a live installation without an agency yet */
  readonly mayBeEmpty?: boolean
  readonly agencyId?: number
}

export async function openInstallation(options: OpenOptions): Promise<Installation> {
  const config = readConfig(options.environment, { cwd: options.cwd })
  const { dataFolder } = config
  const serve = options.serve ?? false
  const stays = serve || options.worker !== undefined
  const keyring = await openKeyring(dataFolder)
  const log = createLog({ to: join(dataFolder, 'duoling.log') })
  const database = await openDatabase({
    config,
    keyring,
    log,
    join: options.worker ? 'only' : !serve,
  })
  const opened: { close(): Promise<void> }[] = [{ close: () => database.stop() }]
  const close = async () => {
    for (const one of opened.reverse()) await one.close()
    opened.length = 0
  }
  try {
    if (stays) await installQueue(database.ownerUrl)
    let publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`
    const app = await openApp({
      ...{ hubUrl: database.hubUrl, keyring, dataFolder, log, queue: stays, adapters: ADAPTERS },
      ...{ watched: stays, ...options.worker },
      ...{ practice: config.mode === 'practice', secret: config.secret },
      ...{ allowLoopback: config.allowLoopback, port: config.port },
      publicUrl: () => publicUrl,
    })
    opened.push(app)
    await foundInstallation(app.connection.db, config.mode, new Date())
    if (config.mode === 'practice') {
      // Beside a running server the outside is that server's own.
      const outside = (serve || options.simulate) && !database.joined
      const base = config.port === 0 ? undefined : publicUrl
      await practise(app, base, outside ? opened : undefined)
    }
    const agencyId = await chooseAgency(app, options)
    return {
      ...{ app, agencyId, config, where: database.where, ownerUrl: database.ownerUrl, close },
      now: () => new Date(),
      serveAt(url) {
        publicUrl = url
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Where the practice mail leads while no simulator runs. */
const NO_PORT = 9

/** Practice mode brings its bureau and its outside: every road of the mail leads to the simulator. */
async function practise(
  app: App,
  publicUrl: string | undefined,
  opened?: { close(): Promise<void> }[],
): Promise<void> {
  const { db } = app.connection
  const simulator: MailSimulator | undefined = opened && (await startMailSimulator({}))
  if (simulator) opened?.push({ close: () => simulator.stop() })
  const smtp = {
    ...{ host: '127.0.0.1', port: simulator?.port ?? NO_PORT, secure: false },
    from: '市安监局 <office@practice.example>',
  }
  const [agency] = await agencies(db)
  if (agency) {
    if (!simulator) return
    const road = defaultChannels({ smtp, publicUrl })
      .flatMap((channel) => channel.roads)
      .find((one) => one.adapter === 'email')
    if (road) await pointRoads(db, agency.id, 'email', road.settings)
    return
  }
  await foundFirstAgency(db, app.keys, {
    ...PRACTICE_AGENCY,
    ...{ people: PRACTICE_PEOPLE, categories: DEFAULT_CATEGORIES, audiences: PRACTICE_AUDIENCES },
    schedules: STANDING_BROADCASTS.map((one) => one.id),
    channels: defaultChannels({ smtp, publicUrl }),
    contacts: practiceContacts(),
  })
}

async function chooseAgency(app: App, options: OpenOptions): Promise<number> {
  const known = await agencies(app.connection.db)
  if (options.agencyId !== undefined) {
    const found = known.find((one) => one.id === options.agencyId)
    if (found) return found.id
    const list = known.map((one) => `${one.id} ${one.name}`).join('、')
    throw new UsageFault(`没有编号 ${options.agencyId} 的单位，现有：${list || '无'}`)
  }
  // Founding another one needs none of those there are.
  if (options.mayBeEmpty) return known[0]?.id ?? 0
  const [first, second] = known
  if (first && !second) return first.id
  if (first) {
    const list = known.map((one) => `${one.id} ${one.name}`).join('、')
    throw new UsageFault(`这里有几个单位，请用 --agency 写明编号：${list}`)
  }
  throw new EnvironmentFault({
    what: '这个正式库里还没有单位',
    next: '先建立单位：duoling found --help',
  })
}

/** The agency as it is typed, where several share an installation. */
export function agencyOf({ values }: VerbRequest): Pick<OpenOptions, 'agencyId'> {
  const { agency } = values
  if (agency === undefined) return {}
  if (!/^[1-9]\d{0,8}$/.test(agency)) throw new UsageFault('--agency 应为单位编号，例如 --agency 1')
  return { agencyId: Number(agency) }
}

/** Opens, works, closes, whatever happens. */
export async function withInstallation<T>(
  request: VerbRequest,
  work: (installation: Installation) => Promise<T>,
  more: Pick<OpenOptions, 'simulate'> = {},
): Promise<T> {
  const installation = await openInstallation({
    ...{ environment: process.env, cwd: process.cwd() },
    ...agencyOf(request),
    ...more,
  })
  try {
    return await work(installation)
  } finally {
    await installation.close()
  }
}

export async function personNamed(
  app: App,
  agencyId: number,
  name: string | undefined,
): Promise<number> {
  const people = await peopleInOffice(app.connection.db, agencyId, dayOf(new Date()))
  const found = people.find((one) => one.name === name)
  if (found) return found.id
  const list = people.map((one) => one.name).join('、')
  throw new UsageFault(
    name === undefined
      ? `请用姓名写明是谁办理，可写：${list}`
      : `没有在任人员“${name}”，可写：${list}`,
  )
}

/** Whoever holds the role first: for what one person enters and another confirms. */
export async function anyPerson(app: App, agencyId: number, role: Role): Promise<number> {
  const people = await peopleInOffice(app.connection.db, agencyId, dayOf(new Date()))
  const found = people.find((one) => one.roles.includes(role))
  if (found) return found.id
  throw new UsageFault('没有可以录入的拟稿人，请用 --by 姓名 写明')
}
