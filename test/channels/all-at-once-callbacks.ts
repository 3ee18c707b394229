/** Where the platforms of the test of all adapters at once call back, open before the hub that answers is. */
import { createServer } from 'node:http'

export async function openCallbacks() {
  const listener = {
    origin: '',
    answer: async (_: Request): Promise<Response> => new Response(null, { status: 503 }),
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
    const { method = 'POST', url = '/' } = request
    const body = method === 'POST' ? { body: Buffer.concat(chunks) } : {}
    const answer = await listener.answer(
      new Request(`${listener.origin}${url}`, { method, ...body }),
    )
    response.writeHead(answer.status).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the port is unknown')
  listener.origin = `http://127.0.0.1:${address.port}`
  return Object.assign(listener, {
    close: () => new Promise((resolve) => server.close(resolve)),
  })
}
