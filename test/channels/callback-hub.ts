/** The hub's end of a callback, for tests: a server that hands each request to a channel, keeps what was heard
 *  and gives back the channel's answer. */
import { createServer } from 'node:http'
import type { Channel, Heard } from '../../channels/channel.ts'

export interface CallbackHub {
  readonly url: string
  readonly heard: readonly Heard[]
  stop(): Promise<void>
}

export async function openCallbackHub(channel: Channel, secret: string): Promise<CallbackHub> {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
    const given = new Request(`http://127.0.0.1${request.url}`, {
      method: 'POST',
      body: Buffer.concat(chunks),
    })
    const answered = await channel.receipts?.(given)
    heard.push(...(answered?.heard ?? []))
    const status = answered?.response.status ?? 404
    response.writeHead(status).end(await answered?.response.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the port is unknown')
  return {
    url: `http://127.0.0.1:${address.port}/callbacks/1/sms/road/${secret}`,
    heard,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
