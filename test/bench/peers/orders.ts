/** What a peer is told to do. Imports nothing of the product. */
export interface PeerOrders {
  /** a database the peer may make its tables on, as its owner */
  readonly url: string
  readonly count: number
  readonly calls: {
    readonly url: string
    readonly text: string
    readonly connections: number
  }
}

export function peerOrders(): PeerOrders {
  process.once('disconnect', () => process.exit(1))
  return JSON.parse(process.argv[2] ?? '{}')
}

/** The one line the bench reads. */
export function tell(seconds: number, peakMb: number): never {
  console.log(JSON.stringify({ seconds, peakMb }))
  process.exit(0)
}
