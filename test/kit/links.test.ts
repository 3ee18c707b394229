/** A look at addresses: alive, dead or unknown within its time, and never inside the house. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isPublicAddress, openLinks } from '../../src/kit/links.ts'

const asked: string[] = []
let server: Server
let base = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const status = Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? 0)
    if (request.url === '/never') return
    if (request.url === '/no-head')
      response.writeHead(request.method === 'HEAD' ? 405 : 200).end('x')
    else if (request.url === '/moved') response.writeHead(302, { location: '/404' }).end()
    else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
    else response.writeHead(status || 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

it('tells what it saw', async () => {
  const { look } = openLinks({ allowPrivate: true, totalMsMax: 20_000 })
  const paths = ['/', '/404', '/410', '/500', '/no-head', '/moved', '/round']
  const states = await look([...paths.map((path) => base + path), 'http://', 'http://127.0.0.1:1/'])
  expect(paths.map((path) => states.get(base + path)?.kind)).toEqual([
    ...['alive', 'dead', 'dead', 'unknown', 'alive', 'dead', 'unknown'],
  ])
  expect(states.get('http://')?.kind).toBe('unknown')
  expect(states.get('http://127.0.0.1:1/')).toEqual({ kind: 'unknown', why: '连接不上' })
})

it('does not wait beyond its time and leaves the rest unknown', async () => {
  const { look } = openLinks({ allowPrivate: true, totalMsMax: 200, addressesMax: 1 })
  const states = await look([`${base}/never`, `${base}/`])
  expect([...states.values()].map((state) => state.kind)).toEqual(['unknown', 'unknown'])
})

it('never reaches inside, by number, by name or by redirection', async () => {
  const before = asked.length
  const { look } = openLinks({ totalMsMax: 20_000 })
  const port = new URL(base).port
  const inside = [
    ...[base, `http://localhost:${port}/`, `http://[::1]:${port}/`, `http://2130706433:${port}/`],
    ...['http://0x7f.1/', 'http://localhost/', 'http://user:x@example.com/', 'file:///etc/passwd'],
    ...['http://169.254.169.254/latest', 'http://[::ffff:127.0.0.1]/', 'http://example.com:22/'],
  ]
  const states = await look(inside)
  expect([...states.values()].map((state) => state.kind)).toEqual(inside.map(() => 'unknown'))
  expect(asked.length).toBe(before)
})

it.each([
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
  ],
  ...[
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    'x',
  ],
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

it.each(['8.8.8.8', '223.5.5.5', '2400:3200::1'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})
