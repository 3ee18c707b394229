/** Kannel: a message gateway with a spool in files. Each message is handed to its HTTP interface; its box
 *  sends it to the sink as one request. No addresses at rest, no counts, no signature. */
import { mkdirSync } from 'node:fs'
import { Pool as HttpPool } from 'undici'
import { eachOf, freePorts, numberOf, openWorkshop, textAt, until } from './daemon.ts'
import { peerOrders, tell } from './orders.ts'

const LANES = 64
/** It sends each part of a longer text as a request of its own. */
const PART_CHARACTERS_MAX = 70
const PASSWORD = 'peer'

const { count, calls } = peerOrders()
const [admin, box, send] = await freePorts(3)
const workshop = openWorkshop()
const sink = new URL(calls.url)
const configuration = workshop.write(
  'kannel.conf',
  `group = core
admin-port = ${admin}
admin-password = ${PASSWORD}
smsbox-port = ${box}
dlr-storage = internal
store-type = spool
store-location = "./spool"
sms-outgoing-queue-limit = 2000000

group = smsc
smsc = http
smsc-id = sink
system-type = generic
port = 0
send-url = "${sink.origin}/kannel?to=%p&text=%b"
status-success-regex = "code"
max-pending-submits = ${calls.connections}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${send}
sendsms-interface = 127.0.0.1
global-sender = duoling
http-queue-delay = 0

group = sendsms-user
username = peer
password = ${PASSWORD}
concatenation = true
max-messages = 10
`,
)
const spool = configuration.replace('kannel.conf', 'spool')
mkdirSync(spool, { mode: 0o777 })
workshop.start('chmod', ['-f', '777', spool])
workshop.start('bearerbox', [configuration])
const status = () => textAt(`http://127.0.0.1:${admin}/status.txt?password=${PASSWORD}`)
await until('bearerbox', async () => (await status()).includes('online'))
workshop.start('smsbox', [configuration])
await until('smsbox', async () => (await status()).includes('smsbox'))
const http = new HttpPool(`http://127.0.0.1:${send}`, { connections: LANES, pipelining: 1 })
const begun = performance.now()
await eachOf(count, LANES, async (index) => {
  const query = new URLSearchParams({
    ...{
      username: 'peer',
      password: PASSWORD,
      to: numberOf(index),
      text: calls.text.slice(0, PART_CHARACTERS_MAX),
    },
    ...{ coding: '2', charset: 'UTF-8' },
  })
  const answer = await http.request({ path: `/cgi-bin/sendsms?${query}`, method: 'GET' })
  await answer.body.dump()
  if (answer.statusCode !== 202) throw new Error(`kannel said ${answer.statusCode}`)
})
await until('the last message', async () => {
  const sent = /SMS: received \d+ \(\d+ queued\), sent (\d+)/.exec(await status())?.[1]
  return Number(sent ?? 0) >= count
})
const seconds = (performance.now() - begun) / 1000
const peakMb = workshop.peakMb()
await workshop.close()
tell(seconds, peakMb)
