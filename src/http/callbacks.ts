/** Where platforms call us: receipts and replies of one road. It gives its answer only when what was
 *  heard is kept, tells a stranger nothing, and reads no more than a platform sends. */
import { Hono } from 'hono'
import type { Hub } from '../hub/ports.ts'
import { keepHeard, settleHeard } from '../hub/receipts/receipt.ts'

export interface CallbackSettings {
  readonly hub: Hub
  now(): Date
  onFault(error: unknown): void
}

const BODY_BYTES_MAX = 1_048_576
const BODY_MS_MAX = 10_000
/** Platforms wait about five seconds and call again. */
const READING_MS_MAX = 4_000

export function callbackRoutes(settings: CallbackSettings): Hono {
  const routes = new Hono()
  const answer = (c: {
    readonly req: { readonly raw: Request; param(name: string): string | undefined }
  }) =>
    answerCall(settings, c.req.raw, {
      agency: c.req.param('agency') ?? '',
      channelId: c.req.param('channel') ?? '',
      roadId: c.req.param('road') ?? '',
    })
  routes.on(['GET', 'POST'], '/callbacks/:agency/:channel/:road', answer)
  routes.on(['GET', 'POST'], '/callbacks/:agency/:channel/:road/*', answer)
  return routes
}

async function answerCall(
  { hub, now, onFault }: CallbackSettings,
  request: Request,
  place: { readonly agency: string; readonly channelId: string; readonly roadId: string },
): Promise<Response> {
  const road = { ...place, agencyId: Number(place.agency) }
  if (!/^\d{1,9}$/.test(place.agency)) return plain(404)
  try {
    const open = await hub.outside.road(road.agencyId, road.channelId, road.roadId)
    if (!open?.channel.receipts) return plain(404)
    const body = await readBody(request)
    if (typeof body === 'number') return plain(body)
    const { heard, response } = await within(
      READING_MS_MAX,
      open.channel.receipts(whole(request, body)),
    )
    const at = now()
    await keepHeard(hub, road, heard, at)
    // It is kept: the platform waits for nothing more, and what goes wrong from here is the next sweep's.
    if (heard.length > 0) settleHeard(hub, road, at).catch(onFault)
    return response
  } catch (error) {
    onFault(error)
    // Not kept: the platform is to call again.
    return plain(503, { 'retry-after': '30' })
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const stopped = new AbortController()
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error('the adapter did not read in time')),
      milliseconds,
    )
    stopped.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  return Promise.race([work, late]).finally(() => stopped.abort())
}

function plain(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store', ...headers } })
}

/** The adapter gets the request as it came, with the body already read. */
function whole(request: Request, body: Uint8Array<ArrayBuffer>): Request {
  const { url, method, headers } = request
  return new Request(url, { method, headers, ...(method === 'POST' ? { body } : {}) })
}

/** The bytes, or the status of the refusal: too many, or too slow. */
async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer> | number> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > BODY_BYTES_MAX) return 413
  if (!request.body) return new Uint8Array()
  const reader = request.body.getReader()
  const late = new Promise<'late'>((resolve) => {
    AbortSignal.timeout(BODY_MS_MAX).addEventListener('abort', () => resolve('late'))
  })
  const parts: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const part = await Promise.race([reader.read(), late])
    if (part === 'late') return refuseRest(reader, 408)
    if (part.done) return new Uint8Array(Buffer.concat(parts))
    bytes += part.value.byteLength
    if (bytes > BODY_BYTES_MAX) return refuseRest(reader, 413)
    parts.push(part.value)
  }
}

function refuseRest(reader: { cancel(): Promise<void> }, status: number): number {
  // A stream that cannot even be cancelled is its sender's trouble.
  reader.cancel().catch(() => undefined)
  return status
}
