/** 进度: an event for each change of a bulletin's channels and deliveries, as Server-Sent Events. It ends
 *  when the reader leaves, and after a while by itself, so that nobody is shown more than they may see. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { Refused } from '../../domain/refusal.ts'
import { type Api, answers, idPath } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const LOOK_MS = 1_000
/** Proxies end what is silent for half a minute or more. */
const HEARTBEAT_MS = 15_000
/** The browser connects again by itself, and is asked again who it is. */
const STREAM_MS_MAX = 10 * 60_000

const standing = z
  .object({
    ...{ bulletinId: z.int(), title: z.string() },
    publications: z.array(
      z.object({
        ...{ channel: z.string(), name: z.string(), state: z.string() },
        ...{ url: z.string().nullable(), deliveries: z.record(z.string(), z.int()) },
      }),
    ),
  })
  .openapi('Progress')

const progressRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}/progress', tags: ['信息'] },
  summary: '发送进度（Server-Sent Events，事件 progress）',
  request: { params: idPath },
  responses: {
    ...answers('每次变化一个事件'),
    200: {
      description: '每次变化一个事件',
      content: { 'text/event-stream': { schema: standing } },
    },
  },
})

export function progressRoutes(api: Api, { hub, log }: ApiSettings): void {
  api.openapi(progressRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { id } = c.req.valid('param')
    const look = () => hub.store.lists.progress(agencyId, id)
    if (!(await look())) throw new Refused({ code: 'not-found', field: 'bulletin' })
    c.header('cache-control', 'no-store')
    c.header('x-accel-buffering', 'no')
    const traceId = c.get('traceId')
    const left = new AbortController()
    c.req.raw.signal.addEventListener('abort', () => left.abort(), { once: true })
    return streamSSE(
      c,
      async (stream) => {
        stream.onAbort(() => left.abort())
        await follow(stream, look, left.signal)
      },
      async (error) => log.error({ err: error, trace_id: traceId }, 'progress'),
    )
  })
}

interface Stream {
  writeSSE(event: { data: string; event: string; id: string }): Promise<void>
  write(text: string): Promise<unknown>
}

async function follow(
  stream: Stream,
  look: () => Promise<object | undefined>,
  left: AbortSignal,
): Promise<void> {
  const ends = performance.now() + STREAM_MS_MAX
  let spoken = performance.now()
  let last = ''
  let number = 0
  while (!left.aborted && performance.now() < ends) {
    const data = JSON.stringify(await look())
    if (left.aborted) return
    if (data !== last) {
      number++
      last = data
      spoken = performance.now()
      await stream.writeSSE({ event: 'progress', id: String(number), data })
    } else if (performance.now() - spoken >= HEARTBEAT_MS) {
      spoken = performance.now()
      await stream.write(': 连接保持\n\n')
    }
    // Leaving is no fault: the sleep only ends sooner.
    await sleep(LOOK_MS, undefined, { signal: left }).catch(() => {})
  }
}
