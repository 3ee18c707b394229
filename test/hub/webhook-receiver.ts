/** Another system of the bureau, on a real socket: keeps what it is sent and answers as it is told. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Got {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly path: string
}

export interface Receiver {
  readonly got: Got[]
  /** what it answers, in turn; 204 when nothing is left */
  readonly statuses: number[]
  readonly port: number
  close(): Promise<void>
}

export async function openReceiver(): Promise<Receiver> {
  const got: Got[] = []
  const statuses: number[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text) => {
      body += text
    })
    request.on('end', () => {
      got.push({ headers: request.headers, body, path: request.url ?? '' })
      response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...{ got, statuses, port },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** As the page for receivers describes it, written without the sender's code. */
export function signaturesOf({ headers, body }: Got, secret: string): boolean[] {
  const [first = '', ...macs] = String(headers['x-duoling-signature']).split(',')
  const mac = createHmac('sha256', secret)
    .update(`${first.slice(2)}.${body}`)
    .digest('hex')
  return macs.map((one) => one === `v1=${mac}`)
}
