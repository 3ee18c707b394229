/** Several processes of one installation: a bureau on a real database, a mail server that counts, and the
 *  `duoling` command as often as a test starts it. */
import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'pg'
import { email } from '../../channels/email.ts'
import { verifyLog } from '../../src/hub/count.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { messageIdOf } from '../../src/kit/mail/address.ts'
import { type MailSimulator, startMailSimulator } from '../../src/simulator/mail.ts'
import type { MailAccount } from '../../src/simulator/mail-conversation.ts'
import { openDatabase } from '../../src/store/open.ts'
import { installQueue } from '../../src/store/queue.ts'
import { type Home, running } from '../support/command.ts'
import { newHomeOnServer } from '../support/home.ts'
import {
  addPeopleTo,
  channelTo,
  openTestInstallation,
  reviewed,
  signNow,
  type TestInstallation,
} from '../support/installation.ts'

export interface WorkerProcess {
  readonly child: ChildProcess
  readonly pid: number
  /** where it is watched */
  readonly url: string
  readonly gone: Promise<number | null>
  /** everything it printed so far */
  said(): string
}

export interface Fleet {
  readonly home: Home
  readonly mail: MailSimulator
  readonly installation: TestInstallation
  /** faces only */
  serve(): Promise<{ readonly url: string; readonly child: ChildProcess }>
  worker(...argv: readonly string[]): Promise<WorkerProcess>
  /** Drafted, reviewed and signed now, to everybody by mail; answers the dispatch. */
  send(title: string): Promise<number>
  /** The owner's view of the database. */
  query<T>(text: string, values?: readonly unknown[]): Promise<readonly T[]>
  /** The log of all processes, line by line. */
  log(): Promise<readonly Record<string, unknown>[]>
  verdict(): Promise<Verdict>
  /** Ends whatever an earlier test left running. */
  dismiss(): Promise<void>
  close(): Promise<void>
}

/** The log against what the mail server took. Nobody resends what is unsure in these runs. */
export interface Verdict {
  readonly deliveries: number
  readonly accepted: number
  readonly unsure: number
  /** signed for and not in the log, logged and taken by nobody, or ended as anything else */
  readonly lost: number
  /** taken twice */
  readonly doubled: number
  /** taken, and not in the log */
  readonly stray: number
  readonly drift: number
}

export interface FleetLogin extends MailAccount {
  readonly passwordSecret: string
}

export const RECIPIENTS = 384
const MAIL_DOMAIN = 'practice.example'

/** With `login` the mail server lets in this account only, and its password is a secret of this name. */
export async function openFleet(given: { readonly login?: FleetLogin } = {}): Promise<Fleet> {
  const { login } = given
  const home = await newHomeOnServer()
  const { DUOLING_DATA: folder = '', DATABASE_URL: url = '' } = home.environment
  const keyring = await openKeyring(folder)
  const quiet = createLog({ level: 'silent' })
  const config = { dataFolder: folder, databaseUrl: url }
  const { hubUrl, ownerUrl } = await openDatabase({ config, keyring, log: quiet })
  await installQueue(ownerUrl)
  const mail = await startMailSimulator({ delayMs: 3, ...(login ? { account: login } : {}) })
  const installation = await openTestInstallation(
    { hubUrl, ownerUrl, keyring, folder, drop: async () => {} },
    {
      ...{ adapters: [email], queue: true, audiences: ['mailing'] },
      channels: [channelTo('email', 'mailbox', 'email', settings(mail.port, login))],
    },
  )
  await addPeopleTo(installation, 'mailing', 'mailbox', { from: 0, count: RECIPIENTS })
  const owner = new Pool({ connectionString: ownerUrl, max: 2 })
  owner.on('error', () => {})
  const children: ChildProcess[] = []
  const dismiss = async () => {
    for (const child of children.splice(0)) {
      const gone = child.exitCode !== null || child.signalCode !== null
      const exit = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      if (!gone) await exit
    }
  }
  let signedFor = 0
  const query = async <T>(text: string, values: readonly unknown[] = []) =>
    (await owner.query(text, [...values])).rows as T[]
  return {
    ...{ home, mail, installation },
    async serve() {
      const child = home.start('serve', '--no-engine', '--json')
      children.push(child)
      const facts = await running(home, child)
      // The practice mode points every mail road to a simulator of its own.
      await owner.query("update road set settings = $1 where adapter = 'email'", [
        JSON.stringify(settings(mail.port, login)),
      ])
      return { url: facts.url, child }
    },
    async worker(...argv) {
      const child = home.start('worker', '--json', '--port', '0', ...argv)
      children.push(child)
      return await begun(child)
    },
    async send(title) {
      const now = new Date()
      const draft = { title, level: 'orange', text: '请做好防范。' } as const
      const paper = await reviewed(installation, draft, now)
      const order = { channelId: 'email', act: 'notify', audiences: ['mailing'] } as const
      const orders = [{ ...order, throughQuietHours: true }]
      const { dispatchIds, manifest } = await signNow(installation, paper, orders, now)
      const [id = 0] = dispatchIds
      signedFor += manifest.dispatches[0]?.reach ?? 0
      return id
    },
    query,
    async log() {
      const text = await readFile(join(folder, 'duoling.log'), 'utf8')
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    },
    async verdict() {
      const rows = await query<DeliveryRow>('select dispatch_id, address_id, state from delivery')
      const drift = await verifyLog(installation.app.hub, installation.agencyId)
      const found = judge(rows, installation.agencyId, mail.counts())
      return { ...found, lost: found.lost + signedFor - rows.length, drift: drift.length }
    },
    dismiss,
    async close() {
      await dismiss()
      await installation.app.close()
      await owner.end()
      await mail.stop()
      await home.remove()
    },
  }
}

interface DeliveryRow {
  readonly dispatch_id: number
  readonly address_id: number
  readonly state: string
}

function judge(
  rows: readonly DeliveryRow[],
  agencyId: number,
  counts: ReadonlyMap<string, number>,
): Omit<Verdict, 'drift'> {
  const taken = new Map<string, number>()
  for (const [line, count] of counts) {
    const messageId = line.slice(0, line.indexOf(' '))
    taken.set(messageId, (taken.get(messageId) ?? 0) + count)
  }
  const sum = { deliveries: rows.length, accepted: 0, unsure: 0, lost: 0, doubled: 0 }
  let known = 0
  for (const { dispatch_id, address_id, state } of rows) {
    const key = `${agencyId}.${dispatch_id}.${address_id}`
    const times = taken.get(messageIdOf(key, MAIL_DOMAIN)) ?? 0
    if (times > 0) known++
    if (times > 1) sum.doubled++
    if (state === 'accepted') sum.accepted++
    if (state === 'unsure') sum.unsure++
    else if (state !== 'accepted' || times === 0) sum.lost++
  }
  return { ...sum, stray: taken.size - known }
}

function settings(port: number, login: FleetLogin | undefined) {
  return {
    ...(login ? { user: login.user, passwordSecret: login.passwordSecret } : {}),
    ...{ host: '127.0.0.1', port, security: 'none', from: `office@${MAIL_DOMAIN}` },
    ...{ messageIdDomain: MAIL_DOMAIN, connections: 4 },
  }
}

async function begun(child: ChildProcess): Promise<WorkerProcess> {
  let said = ''
  child.stdout?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  let complaint = ''
  child.stderr?.on('data', (text: Buffer) => {
    complaint += text.toString()
  })
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  if (!child.stdout) throw new Error('a worker without an output')
  const lines = createInterface({ input: child.stdout })
  const first = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    gone.then((code) => {
      throw new Error(`the worker ended with ${code}: ${complaint}`)
    }),
  ])
  const { pid, url } = JSON.parse(first)
  return { child, pid, url, gone, said: () => said }
}

/** Waits until it is so; the test's own patience is the limit. */
export async function until(so: () => Promise<boolean>): Promise<void> {
  while (!(await so())) await pause(50)
}

/** Ends the leases of a process that is gone, as the database's clock does in 90 seconds. */
export async function endLeases(fleet: Fleet, pid: number): Promise<number> {
  const rows = await fleet.query(
    "update batch set lease_until = clock_timestamp() where leased_by like $1 and state = 'leased' returning id",
    [`${pid}-%`],
  )
  return rows.length
}

export async function drained(fleet: Fleet): Promise<void> {
  await until(async () => {
    const rows = await fleet.query<{ open: boolean }>(
      "select exists (select from batch where state in ('waiting', 'leased')) or exists (select from dispatch where state = 'expanding') as open",
    )
    return rows[0]?.open === false
  })
}

export async function metric(url: string, name: string): Promise<number | undefined> {
  const answer = await fetch(`${url}/metrics`)
  const line = (await answer.text()).split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}
