/** The floor of the carrier lines: the same frames over a bare socket with the same window, nothing but the sequence
 *  changed and nothing but lengths read. Imports nothing of the product. */
import { connect } from 'node:net'

interface Orders {
  readonly port: number
  readonly window: number
  readonly count: number
  /** hexadecimal */
  readonly login: string
  readonly submit: string
  /** where a frame keeps its sequence */
  readonly sequenceAt: number
}

function measure(orders: Orders): Promise<{ seconds: number; peakMb: number }> {
  const { port, window, count, sequenceAt } = orders
  const submit = Buffer.from(orders.submit, 'hex')
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let sent = 0
  let begun = 0
  const send = () => {
    const frame = Buffer.from(submit)
    frame.writeUInt32BE(++sent + 1, sequenceAt)
    socket.write(frame)
  }
  socket.once('connect', () => socket.write(Buffer.from(orders.login, 'hex')))
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0)
    let answered = -1
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      let at = 0
      while (held.length - at >= 4 && held.length - at >= held.readUInt32BE(at)) {
        at += held.readUInt32BE(at)
        answered++
        if (answered === 0) {
          begun = performance.now()
          while (sent < Math.min(window, count)) send()
        } else if (sent < count) send()
      }
      held = held.subarray(at)
      if (answered < count) return
      const seconds = (performance.now() - begun) / 1000
      socket.destroy()
      resolve({ seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) })
    })
  })
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))
