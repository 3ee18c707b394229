/** Cuts a stream into frames that begin with their own length, four bytes, most significant first, counting
 *  themselves. Refuses a length out of bounds: after it nobody knows where the next frame begins. */

export interface FrameLimits {
  /** bytes of a head alone */
  readonly bytesMin: number
  /** a longer frame is called broken, so that a peer cannot make us keep its bytes without end */
  readonly bytesMax: number
}

export interface Split {
  readonly frames: readonly Buffer[]
  /** the impossible length; nothing after it can be read, and the splitter takes no more */
  readonly broken?: number
}

export interface Splitter {
  push(chunk: Buffer): Split
  /** bytes that wait for the rest of their frame; never more than a frame and a chunk */
  held(): number
}

const LENGTH_BYTES = 4

export function openSplitter({ bytesMin, bytesMax }: FrameLimits): Splitter {
  // Joined only once enough is there: a frame that comes byte by byte costs no more than one that comes whole.
  let parts: Buffer[] = []
  let held = 0
  let wanted = LENGTH_BYTES
  let broken: number | undefined
  return {
    held: () => held,
    push(chunk) {
      if (broken !== undefined) return { frames: [], broken }
      parts.push(chunk)
      held += chunk.length
      if (held < wanted) return { frames: [] }
      const bytes = parts.length === 1 ? chunk : Buffer.concat(parts)
      const frames: Buffer[] = []
      let from = 0
      wanted = LENGTH_BYTES
      while (bytes.length - from >= LENGTH_BYTES) {
        const length = bytes.readUInt32BE(from)
        if (length < bytesMin || length > bytesMax) {
          broken = length
          parts = []
          held = 0
          return { frames, broken }
        }
        if (bytes.length - from < length) {
          wanted = length
          break
        }
        frames.push(bytes.subarray(from, from + length))
        from += length
      }
      const rest = bytes.subarray(from)
      parts = rest.length === 0 ? [] : [rest]
      held = rest.length
      return { frames }
    },
  }
}
