/** The frame splitter: the same frames however the stream is cut, and no memory beyond a frame. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openSplitter } from '../../src/kit/carrier/splitter.ts'

const LIMITS = { bytesMin: 12, bytesMax: 300 }

function frameOf(body: Uint8Array): Buffer {
  const frame = Buffer.concat([Buffer.alloc(12), body])
  frame.writeUInt32BE(frame.length)
  return frame
}

const bodies = fc.array(fc.uint8Array({ maxLength: 288 }), { maxLength: 6 })

describe('the frame splitter', () => {
  it('finds the same frames split at every boundary', () => {
    const frames = [0, 1, 288, 40].map((length) => frameOf(Buffer.alloc(length, length)))
    const stream = Buffer.concat(frames)
    for (let first = 0; first <= stream.length; first++) {
      const splitter = openSplitter(LIMITS)
      const found = [stream.subarray(0, first), stream.subarray(first)].flatMap(
        (chunk) => splitter.push(chunk).frames,
      )
      expect(found).toEqual(frames)
      expect(splitter.held()).toBe(0)
    }
  })

  it('finds the same frames in whatever pieces they come', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), (some, steps) => {
        const frames = some.map(frameOf)
        const stream = Buffer.concat(frames)
        const splitter = openSplitter(LIMITS)
        const found: Buffer[] = []
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const step = 1 + (steps[turn % steps.length] ?? 0)
          found.push(...splitter.push(stream.subarray(at, at + step)).frames)
          at += step
        }
        expect(found).toEqual(frames)
      }),
      { numRuns: 20_000 },
    )
  })

  it('survives random bytes: it holds no more than a frame, and takes nothing after a broken length', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 12 }), (chunks) => {
        const splitter = openSplitter(LIMITS)
        let broken = false
        for (const chunk of chunks) {
          const split = splitter.push(Buffer.from(chunk))
          if (broken) expect(split.frames).toEqual([])
          broken ||= split.broken !== undefined
          expect(splitter.held()).toBeLessThan(LIMITS.bytesMax)
          for (const frame of split.frames) expect(frame.length).toBe(frame.readUInt32BE(0))
          if (broken) expect(splitter.held()).toBe(0)
        }
      }),
      { numRuns: 30_000 },
    )
  })

  it('calls a length below the head or above the bound broken, and gives what came before it', () => {
    for (const length of [0, 11, 301, 0xffff_ffff]) {
      const bad = Buffer.alloc(4)
      bad.writeUInt32BE(length)
      const whole = frameOf(Buffer.from('a'))
      const { frames, broken } = openSplitter(LIMITS).push(Buffer.concat([whole, bad]))
      expect(frames).toEqual([whole])
      expect(broken).toBe(length)
    }
  })
})
