/** The floor of the portal: node's own server with one answer ready in memory, and a 304 for whoever has it.
 *  Imports nothing of the product. */
import { createServer } from 'node:http'

interface Orders {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly etag: string
}

process.once('disconnect', () => process.exit(0))
process.once('message', ({ body, headers, etag }: Orders) => {
  const bytes = Buffer.from(body)
  const server = createServer((request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end()
    else response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes)
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the floor has no port')
    process.send?.({ url: `http://127.0.0.1:${address.port}/` })
  })
})
