/** Two processes go on sending while a password is changed, while the key that seals it is turned, and while both
 *  happen again: nothing lost, nothing twice, and nobody is turned away by the platform. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setSecret } from '../../src/hub/secrets.ts'
import { rotateSecretKey } from '../../src/store/secrets/rotate.ts'
import { drained, type Fleet, openFleet, until, type WorkerProcess } from './fleet.ts'

const SECRET = 'smtp-password'
const [FIRST, SECOND, THIRD] = ['pw-Hu5-first', 'pw-Hu5-second', 'pw-Hu5-third'] as const
const account = (password: string) => ({ user: 'hub', password })

let fleet: Fleet
beforeAll(async () => {
  fleet = await openFleet({ login: { ...account(FIRST), passwordSecret: SECRET } })
}, 300_000)
afterAll(() => fleet.close())

function set(value: string): Promise<number> {
  const { app, agencyId, adminId: by } = fleet.installation
  return setSecret(app.hub, { agencyId, name: SECRET, value, by, at: new Date() })
}

/** How often a process opened the road anew. */
async function replaced(worker: WorkerProcess): Promise<number> {
  const lines = await fleet.log()
  return lines.filter((one) => one['pid'] === worker.pid && one['msg'] === 'road-replaced').length
}

/** Sends until each has: who opens the road only later starts with the new value and replaces nothing. */
async function sendUntilEachDid(...workers: readonly WorkerProcess[]) {
  await until(async () => {
    await fleet.send('第一批')
    await drained(fleet)
    const rows = await fleet.query<{ process: string }>('select distinct process from attempt')
    return workers.every(({ pid }) => rows.some((row) => row.process.startsWith(`${pid}-`)))
  })
}

/** Sends until both have gone over to the newest value; the platform takes the old one as long. */
async function sendUntilReplaced(times: number, ...workers: readonly WorkerProcess[]) {
  await until(async () => {
    await fleet.send('换密码时照常发送')
    await drained(fleet)
    return (await Promise.all(workers.map(replaced))).every((one) => one >= times)
  })
}

it('sends across new passwords and a new key', async () => {
  await set(FIRST)
  const workers = [await fleet.worker(), await fleet.worker()] as const
  await sendUntilEachDid(...workers)
  fleet.mail.setAccounts([account(FIRST), account(SECOND)])
  await set(SECOND)
  await sendUntilReplaced(1, ...workers)
  fleet.mail.setAccounts([account(SECOND)])
  await fleet.send('只认新密码')
  const { app } = fleet.installation
  const sending = fleet.send('换封存密钥时照常发送')
  const rotated = await rotateSecretKey(app.connection.db, app.keys.secretKeys)
  expect(rotated).toMatchObject({ retired: true, unreadable: [] })
  await sending
  fleet.mail.setAccounts([account(SECOND), account(THIRD)])
  // Sealed under a key that the two workers have not seen yet.
  await set(THIRD)
  await sendUntilReplaced(2, ...workers)
  fleet.mail.setAccounts([account(THIRD)])
  workers[0].child.kill('SIGTERM')
  await workers[0].gone
  await fleet.worker()
  await fleet.send('新启动的也能发送')
  await drained(fleet)
  expect(await fleet.verdict()).toMatchObject({
    ...{ lost: 0, doubled: 0, unsure: 0, stray: 0, drift: 0 },
  })
  const refused = await fleet.query(
    `select outcomes::text from attempt_end where outcomes::text like '%refused%'
     union all select held_reason from road where held_reason is not null`,
  )
  expect(refused).toEqual([])
  const log = await readFile(join(fleet.home.environment['DUOLING_DATA'] ?? '', 'duoling.log'))
  expect(log.toString()).not.toMatch(/pw-Hu5/)
  const rows = await fleet.query<{ text: string }>(
    'select a::text as text from audit a union all select s::text from secret s',
  )
  expect(rows.length).toBeGreaterThan(3)
  expect(rows.filter((row) => row.text.includes('pw-Hu5'))).toEqual([])
}, 300_000)
