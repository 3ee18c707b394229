/** A server on the loopback whose connections can all be ended at once, as a platform that goes away does. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'

export interface LoopbackServer {
  readonly port: number
  readonly server: Server
  stop(): Promise<void>
}

export async function serveOnLoopback(
  listener: RequestListener,
  options: { readonly port?: number | undefined; readonly headBytesMax?: number } = {},
): Promise<LoopbackServer> {
  const sockets = new Set<Socket>()
  const { headBytesMax } = options
  const server = createServer(
    headBytesMax === undefined ? {} : { maxHeaderSize: headBytesMax },
    listener,
  )
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    // 0 takes any free port.
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the port is unknown')
  return {
    port: address.port,
    server,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
