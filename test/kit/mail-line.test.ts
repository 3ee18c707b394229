/** A letter whose time ended during the conversation: its body stays here. */
import { createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { openMailLine } from '../../src/kit/mail/line.ts'

it('does not begin a body after its time, and says that nothing was sent', async () => {
  const leave = new AbortController()
  const { signal } = leave
  const ended = () => Reflect.get(AbortSignal.prototype, 'aborted', signal) as boolean
  let late = false
  // Over by the clock at once, and told by the timer a moment later, as in a process that was stopped.
  Object.defineProperty(signal, 'aborted', { get: () => late || ended() })
  const heard: string[] = []
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.write('220 test\r\n')
    socket.on('data', (bytes) => {
      const text = bytes.toString()
      heard.push(text)
      if (!text.startsWith('DATA')) return socket.write('250 ok\r\n')
      late = true
      setTimeout(() => leave.abort(), 50)
      return socket.write('354 go on\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const line = openMailLine({
    ...{ host: '127.0.0.1', port, security: 'none', user: undefined, password: undefined },
    ...{ connections: 1, messagesPerConnection: 10 },
    ...{ connectTimeoutMs: 2_000, answerTimeoutMs: 2_000 },
  })
  const judged = await line.deliver(
    {
      ...{ envelope: { from: 'a@example.test', to: ['b@example.test'] }, messageId: '<1@test>' },
      ...{ head: Buffer.from('To: b@example.test\r\n'), body: Buffer.from('\r\ntext\r\n') },
    },
    signal,
  )
  line.close()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  expect(judged).toMatchObject({ outcome: { kind: 'retry' } })
  expect(heard.join('')).toContain('DATA')
  expect(heard.join('')).not.toContain('text')
})
