/** The door to the world on Node: one listener, one tick a second, one calm end. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'
import cron from 'node-cron'
import type { App } from './app.ts'
import { EnvironmentFault, errorCode } from './kit/environment-fault.ts'

export interface Listening {
  readonly url: string
  close(): Promise<void>
}

/** Starts the engine: hints wake it, and each second it looks by itself, until it is told to stop. */
export async function runEngine(app: App): Promise<{ stop(): Promise<void> }> {
  await app.listen(() => new Date())
  const tick = () => app.tick(new Date()).catch((error) => app.parts.log.error({ err: error }))
  // A second that is still busy with the last one is left out; nothing waits on a tick.
  const ticking = cron.schedule('* * * * * *', tick, { noOverlap: true, name: 'engine' })
  return {
    async stop() {
      await ticking.stop()
    },
  }
}

/** @throws EnvironmentFault when the address cannot be had. */
export async function listen(
  routes: Hono,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  const server = serve({ fetch: routes.fetch, hostname: host, port })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (error) => reject(addressFault(error, host, port)))
  })
  const { port: given } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${given}`,
    async close() {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
    },
  }
}

function addressFault(error: unknown, host: string, port: number): EnvironmentFault {
  const taken = errorCode(error) === 'EADDRINUSE'
  return new EnvironmentFault(
    {
      what: taken
        ? `端口 ${port} 已被别的程序占用`
        : `无法监听这个地址（${errorCode(error) ?? '原因不明'}）`,
      where: `${host}:${port}`,
      next: '停下占用它的程序，或用 DUOLING_PORT、DUOLING_HOST 换一个，再启动一次',
    },
    { cause: error },
  )
}
