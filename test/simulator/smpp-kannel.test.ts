/** The SMPP simulator against Kannel as its client, which nobody here wrote: it logs in, hands over a long text, and
 *  passes on the receipt and the reply we said. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startSmppSimulator } from '../../src/simulator/smpp.ts'

const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin']
const program = (name: string) =>
  FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? ''
const [BEARERBOX, SMSBOX] = [program('bearerbox'), program('smsbox')]
const KANNEL = BEARERBOX !== '' && SMSBOX !== ''
if (!KANNEL)
  console.log('Kannel (Debian: kannel) is not installed: the SMPP simulator has no client')

const NOBODY = 65_534
const PASSWORD = 'kannel-1'
const stops: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function until(look: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (await look()) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`waited in vain for ${what}`)
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Unprivileged also where the tests run as root. */
function start(path: string, file: string, folder: string): void {
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  const child = spawn(path, ['-v', '3', file], { cwd: folder, stdio: 'ignore', ...user })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  stops.push(() => {
    child.kill('SIGKILL')
    return ended
  })
}

const configuration = (
  at: Readonly<Record<'admin' | 'box' | 'centre' | 'send' | 'told', number>>,
) => `
group = core
admin-port = ${at.admin}
admin-password = ${PASSWORD}
smsbox-port = ${at.box}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = line
host = 127.0.0.1
port = ${at.centre}
smsc-username = duoling
smsc-password = simul8
system-type = ""
transceiver-mode = true
enquire-link-interval = 1
msg-id-type = 0x00

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${at.send}
sendsms-interface = 127.0.0.1
mo-recode = true

group = sendsms-user
username = duoling
password = ${PASSWORD}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:${at.told}/reply?from=%p&text=%b"
`

describe.skipIf(!KANNEL)('Kannel as the client of the SMPP simulator', () => {
  it('hands over, hears what became of it, and hears a reply', async () => {
    const simulator = await startSmppSimulator()
    stops.push(simulator.stop)
    const told: string[] = []
    const hub = createServer((request, response) => {
      told.push(request.url ?? '')
      response.end()
    })
    stops.push(() => new Promise((resolve) => hub.close(resolve)))
    const [admin, box, send] = [await freePort(), await freePort(), await freePort()]
    const at = { admin, box, send, centre: simulator.port, told: await portOf(hub) }
    const folder = mkdtempSync(join(tmpdir(), 'kannel-smpp-'))
    stops.push(async () => rmSync(folder, { recursive: true, force: true }))
    chmodSync(folder, 0o777)
    const file = join(folder, 'kannel.conf')
    writeFileSync(file, configuration(at), { mode: 0o644 })
    start(BEARERBOX, file, folder)
    await until(() => isOpen(admin), 'bearerbox')
    start(SMSBOX, file, folder)
    await until(() => isOpen(send), 'smsbox')
    await until(() => simulator.bound() === 1, 'the login')

    const text = `【桐乡应急】${'防'.repeat(130)}`
    const question = new URLSearchParams({
      ...{ username: 'duoling', password: PASSWORD, from: '10690000', to: '13800138001' },
      ...{ coding: '2', charset: 'UTF-8', text, 'dlr-mask': '3' },
      'dlr-url': `http://127.0.0.1:${at.told}/dlr?state=%d`,
    })
    const answer = await fetch(`http://127.0.0.1:${send}/cgi-bin/sendsms?${question}`)
    expect(answer.status).toBe(202)
    await until(() => simulator.messages().length === 1, 'the message')
    expect(simulator.messages()).toEqual([{ number: '13800138001', text, parts: 3 }])
    const statuses = await simulator.finish('delivered')
    expect(new Set(statuses)).toEqual(new Set([0]))
    await until(() => told.includes('/dlr?state=1'), 'the receipt')
    expect(await simulator.reply('13800138001', '收到')).toBe(0)
    const reply = () => told.some((url) => url.startsWith('/reply') && url.includes('13800138001'))
    await until(reply, 'the reply')
    expect(new Set(await simulator.ping())).toEqual(new Set([0]))
  })
})
