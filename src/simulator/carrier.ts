/** A carrier's gateway on the loopback, with faults to set: it takes messages over a long connection, counts
 *  them, says later what became of each, and passes on what somebody wrote back. It sends nothing. */
import { createServer, type Socket } from 'node:net'
import { type FrameLimits, openSplitter } from '../kit/carrier/splitter.ts'
import {
  type CarrierFault,
  type CarrierMessage,
  type CarrierOptions,
  type CarrierPart,
  type CarrierWorld,
  openCarrierWorld,
  type Submitted,
  wholeMessages,
} from './carrier-world.ts'

export type EndState = 'delivered' | 'failed'

/** What a frame of the other side asks for, and how its protocol answers. */
export type CarrierRequest =
  | {
      readonly kind: 'login'
      readonly known: boolean
      readonly hears: boolean
      answer(letIn: boolean): Buffer
    }
  | {
      readonly kind: 'submit'
      readonly submitted: Submitted
      taken(id: bigint): Buffer
      refused(code: number): Buffer
      nonsense(): Buffer
    }
  | { readonly kind: 'ping' | 'bye'; readonly answer: Buffer }
  | { readonly kind: 'answer'; readonly sequence: number; readonly status: number }
  | { readonly kind: 'other'; readonly answer?: Buffer }

export interface CarrierDialect {
  readonly limits: FrameLimits
  /** what it says under a fault that refuses */
  readonly codes: Readonly<Partial<Record<CarrierFault, number>>>
  read(frame: Buffer, world: CarrierWorld): CarrierRequest
  ping(sequence: number): Buffer
  receipt(sequence: number, part: CarrierPart, state: EndState): Buffer
  reply(sequence: number, reply: { number: string; to: string; text: string }): Buffer
}

export interface CarrierSimulator {
  readonly port: number
  /** `only` limits a fault about submissions to some numbers */
  setFault(fault: CarrierFault, only?: (number: string) => boolean): void
  parts(): readonly CarrierPart[]
  messages(): readonly CarrierMessage[]
  /** acceptances of first parts by number and bytes; 2 is a double */
  counts(): ReadonlyMap<string, number>
  /** accepted submissions since the start */
  submits(): number
  /** logins since the start, and connections that are logged in now */
  logins(): number
  bound(): number
  /** says of all open parts what became of them; the statuses it got, -1 where nobody answered */
  finish(state: EndState, times?: number): Promise<readonly number[]>
  /** somebody writes back; the status it got */
  reply(number: string, text: string): Promise<number>
  /** asks every connection whether it is there; the statuses it got */
  ping(): Promise<readonly number[]>
  /** sends bytes as they are to every connection */
  raw(bytes: Buffer): void
  /** closes every connection */
  drop(): void
  stop(): Promise<void>
}

const ANSWER_MS_MAX = 1_500
const GARBAGE = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')

interface Peer {
  readonly socket: Socket
  readonly waiting: Map<number, (status: number) => void>
  bound: boolean
  hears: boolean
  sequence: number
}

export async function startCarrier(
  dialect: CarrierDialect,
  options: CarrierOptions,
): Promise<CarrierSimulator> {
  const world = openCarrierWorld(options)
  const peers = new Set<Peer>()
  const sum = { logins: 0 }
  const server = createServer({ noDelay: true }, (socket) =>
    serve(socket, dialect, world, peers, sum),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the port is unknown')
  const bound = () => [...peers].filter((peer) => peer.bound)
  const hearer = () => bound().find((peer) => peer.hears)
  return {
    port: address.port,
    setFault(fault, only = () => true) {
      world.fault = fault
      world.only = only
    },
    parts: () => world.parts,
    messages: () => wholeMessages(world.parts),
    counts: () => world.counts,
    submits: () => world.submits,
    logins: () => sum.logins,
    bound: () => bound().length,
    async finish(state, times = 1) {
      const open = world.open.splice(0)
      const told = open.flatMap((part) => Array.from({ length: times }, () => part))
      return Promise.all(
        told.map((part) => tell(hearer(), (sequence) => dialect.receipt(sequence, part, state))),
      )
    },
    reply: (number, text) =>
      tell(hearer(), (sequence) => dialect.reply(sequence, { number, to: '10690000', text })),
    ping: () => Promise.all(bound().map((peer) => tell(peer, dialect.ping))),
    raw(bytes) {
      for (const { socket } of bound()) socket.write(bytes)
    },
    drop() {
      for (const { socket } of peers) socket.destroy()
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const { socket } of peers) socket.destroy()
      await closed
    },
  }
}

function tell(peer: Peer | undefined, frameOf: (sequence: number) => Buffer): Promise<number> {
  if (!peer) return Promise.resolve(-1)
  const sequence = ++peer.sequence
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(-1), ANSWER_MS_MAX)
    peer.waiting.set(sequence, (status) => {
      clearTimeout(late)
      resolve(status)
    })
    peer.socket.write(frameOf(sequence))
  })
}

function serve(
  socket: Socket,
  dialect: CarrierDialect,
  world: CarrierWorld,
  peers: Set<Peer>,
  sum: { logins: number },
): void {
  const peer: Peer = { socket, waiting: new Map(), bound: false, hears: false, sequence: 0 }
  peers.add(peer)
  const splitter = openSplitter(dialect.limits)
  socket.on('error', () => socket.destroy())
  socket.once('close', () => peers.delete(peer))
  socket.on('data', (chunk: Buffer) => {
    const { frames, broken } = splitter.push(chunk)
    // What is answered to many frames at once leaves as one.
    socket.cork()
    for (const frame of frames) {
      if (socket.destroyed) return
      take(peer, dialect.read(frame, world), { dialect, world, sum })
    }
    socket.uncork()
    if (broken !== undefined) socket.destroy()
  })
}

interface Inside {
  readonly dialect: CarrierDialect
  readonly world: CarrierWorld
  readonly sum: { logins: number }
}

function take(peer: Peer, request: CarrierRequest, { dialect, world, sum }: Inside): void {
  const { socket } = peer
  switch (request.kind) {
    case 'login': {
      if (world.fault === 'login-stalled') return
      peer.bound = request.known && world.fault !== 'login-refused'
      peer.hears = request.hears
      if (peer.bound) sum.logins++
      socket.write(request.answer(peer.bound))
      return
    }
    case 'submit':
      takeSubmit(peer, request, dialect, world)
      return
    case 'ping':
      if (world.fault !== 'deaf') socket.write(request.answer)
      return
    case 'bye':
      socket.end(request.answer)
      return
    case 'answer':
      peer.waiting.get(request.sequence)?.(request.status)
      peer.waiting.delete(request.sequence)
      return
    case 'other':
      if (request.answer) socket.write(request.answer)
  }
}

type Submission = Extract<CarrierRequest, { kind: 'submit' }>

function takeSubmit(
  { socket, bound }: Peer,
  request: Submission,
  { codes }: CarrierDialect,
  world: CarrierWorld,
): void {
  const { submitted } = request
  const fault = world.only(submitted.number) ? world.fault : 'none'
  const later = submitted.hasHeader && submitted.octets[5] !== 1
  if (fault === 'slower-once') world.fault = 'none'
  const code = bound ? codes[fault] : codes['account']
  const spared = fault === 'slower-later' && !later
  if (code !== undefined && !spared) {
    socket.write(request.refused(code))
    return
  }
  if (fault === 'drop-before-body') {
    socket.destroy()
    return
  }
  const id = world.take(submitted)
  if (fault === 'drop-after-body') socket.destroy()
  else if (fault === 'garbage') socket.write(GARBAGE)
  else if (fault === 'nonsense') socket.write(request.nonsense())
  else if (fault !== 'stall') socket.write(request.taken(id))
}
