/** Records what goes over a carrier line through a relay on the loopback, writes it as a capture, and lets tshark
 *  dissect it. Each frame becomes a packet of its own. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSplitter } from '../../src/kit/carrier/splitter.ts'

export interface Recorded {
  readonly ours: boolean
  readonly frame: Buffer
}

export interface Relay {
  readonly port: number
  readonly recorded: readonly Recorded[]
  stop(): Promise<void>
}

export async function startRelay(to: number, bytesMin: number): Promise<Relay> {
  const recorded: Recorded[] = []
  const sockets = new Set<Socket>()
  const record = (from: Socket, into: Socket, ours: boolean) => {
    const splitter = openSplitter({ bytesMin, bytesMax: 70_000 })
    from.on('data', (chunk: Buffer) => {
      for (const frame of splitter.push(chunk).frames) recorded.push({ ours, frame })
      into.write(chunk)
    })
    from.on('error', () => into.destroy())
    from.once('close', () => into.end())
  }
  const server = createServer((socket) => {
    const other = connect(to, '127.0.0.1')
    for (const one of [socket, other]) sockets.add(one)
    record(socket, other, true)
    record(other, socket, false)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    recorded,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const OUR_PORT = 40_000
const LINKTYPE_RAW = 101
const WINDOW = 65_535

/** The capture of one connection: raw IPv4, so that no link layer has to be made up. */
function captureOf(recorded: readonly Recorded[], theirPort: number): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(0xa1b2_c3d4, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(262_144, 16)
  head.writeUInt32LE(LINKTYPE_RAW, 20)
  const sent = { ours: 1, theirs: 1 }
  const packets = recorded.map(({ ours, frame }, index) => {
    const tcp = Buffer.alloc(20)
    tcp.writeUInt16BE(ours ? OUR_PORT : theirPort, 0)
    tcp.writeUInt16BE(ours ? theirPort : OUR_PORT, 2)
    tcp.writeUInt32BE(ours ? sent.ours : sent.theirs, 4)
    tcp.writeUInt32BE(ours ? sent.theirs : sent.ours, 8)
    tcp.writeUInt16BE(0x5018, 12)
    tcp.writeUInt16BE(WINDOW, 14)
    if (ours) sent.ours += frame.length
    else sent.theirs += frame.length
    const ip = Buffer.alloc(20)
    ip.writeUInt8(0x45, 0)
    ip.writeUInt16BE(40 + frame.length, 2)
    ip.writeUInt8(64, 8)
    ip.writeUInt8(6, 9)
    ip.set(ours ? [10, 0, 0, 1] : [10, 0, 0, 2], 12)
    ip.set(ours ? [10, 0, 0, 2] : [10, 0, 0, 1], 16)
    const bytes = Buffer.concat([ip, tcp, frame])
    const before = Buffer.alloc(16)
    before.writeUInt32LE(index + 1, 0)
    before.writeUInt32LE(bytes.length, 8)
    before.writeUInt32LE(bytes.length, 12)
    return Buffer.concat([before, bytes])
  })
  return Buffer.concat([head, ...packets])
}

/** One row a packet: the fields asked for, in their order; several values of one field are joined by a comma. */
export function dissect(
  recorded: readonly Recorded[],
  protocol: 'smpp' | 'cmpp',
  fields: readonly string[],
): readonly Readonly<Record<string, string>>[] {
  const theirPort = protocol === 'smpp' ? 2_775 : 7_890
  const folder = mkdtempSync(join(tmpdir(), 'carrier-capture-'))
  const file = join(folder, 'line.pcap')
  try {
    writeFileSync(file, captureOf(recorded, theirPort))
    const asked = [...fields, '_ws.malformed', 'frame.protocols']
    const said = execFileSync(
      'tshark',
      [
        ...['-n', '-r', file, '-d', `tcp.port==${theirPort},${protocol}`, '-T', 'fields'],
        ...asked.flatMap((field) => ['-e', field]),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return said
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => {
        const values = line.split('\t')
        return Object.fromEntries(asked.map((field, index) => [field, values[index] ?? '']))
      })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
