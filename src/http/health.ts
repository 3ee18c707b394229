/** Whether this process lives, whether it can work, and its numbers. No page here names a person, a
 *  bulletin or a place; the numbers are for whoever holds the token, or sits at the machine. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'

export interface HealthParts {
  /** in words why this process cannot work now; empty when it can */
  whyNotReady(): Promise<readonly string[]>
  readMetrics(): Promise<{ readonly type: string; readonly text: string }>
  /** asked of whoever reads the numbers */
  readonly metricsToken: string | undefined
  /** Only this machine reaches the address, and no proxy stands before it: no token is needed. */
  readonly private: boolean
}

export function healthRoutes(parts: HealthParts): Hono {
  const routes = new Hono()
  routes.get('/health', (c) => c.json({ state: 'ok' }))
  routes.get('/healthz', (c) => c.json({ state: 'ok' }))
  routes.get('/readyz', async (c) => {
    const reasons = await parts.whyNotReady()
    const ready = reasons.length === 0
    return c.json({ state: ready ? 'ready' : 'not-ready', reasons }, ready ? 200 : 503)
  })
  routes.get('/metrics', async (c) => {
    if (!mayRead(parts, c.req.header('authorization'))) return c.notFound()
    const { type, text } = await parts.readMetrics()
    return c.body(text, 200, { 'content-type': type, 'cache-control': 'no-store' })
  })
  return routes
}

/** Whoever may not read them is not told that they are there. */
function mayRead({ metricsToken, private: open }: HealthParts, given: string | undefined): boolean {
  if (metricsToken === undefined) return open
  if (given === undefined) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(`Bearer ${metricsToken}`))
}
