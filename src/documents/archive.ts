/** Opens a zip without trust: names first, then only the wanted parts, all within limits. */
import { unzipSync } from 'fflate'
import type { UnreadableReason } from '../domain/checks/file-text.ts'

export interface ArchiveLimits {
  readonly entriesMax: number
  readonly partBytesMax: number
  readonly totalBytesMax: number
  /** unpacked over packed size of one part */
  readonly ratioMax: number
}

const ARCHIVE_LIMITS: ArchiveLimits = {
  entriesMax: 5_000,
  partBytesMax: 24 * 1024 * 1024,
  totalBytesMax: 64 * 1024 * 1024,
  ratioMax: 500,
}
/** Small parts of many blanks compress well without meaning harm. */
const RATIO_FROM_BYTES = 1024 * 1024

/** Why a file is not read; the reader turns it into an answer, never into a failure. */
export class Unreadable extends Error {
  readonly reason: UnreadableReason
  constructor(reason: UnreadableReason, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'Unreadable'
    this.reason = reason
  }
}

export interface Archive {
  readonly names: ReadonlySet<string>
  /** undefined when there is no such part */
  text(name: string): string | undefined
}

/** @throws Unreadable when a limit is passed, a part is there twice, or the bytes are no whole zip. */
export function openArchive(
  bytes: Uint8Array,
  isWanted: (name: string) => boolean,
  limits = ARCHIVE_LIMITS,
): Archive {
  const names = new Set<string>()
  let total = 0
  const parts = unpack(bytes, ({ name, size, originalSize }) => {
    if (names.size >= limits.entriesMax) throw new Unreadable('too-many-parts')
    // Two parts of one name: this reader could see one and the word processor the other.
    if (names.has(name)) throw new Unreadable('corrupt')
    names.add(name)
    if (!isWanted(name)) return false
    total += originalSize
    if (originalSize > limits.partBytesMax || total > limits.totalBytesMax)
      throw new Unreadable('swollen')
    if (originalSize > RATIO_FROM_BYTES && originalSize > size * limits.ratioMax)
      throw new Unreadable('swollen')
    return true
  })
  return {
    names,
    text: (name) => {
      const part = parts[name]
      return part && textOf(part)
    },
  }
}

interface Entry {
  readonly name: string
  readonly size: number
  readonly originalSize: number
}

function unpack(bytes: Uint8Array, filter: (entry: Entry) => boolean) {
  if (isLocked(bytes)) throw new Unreadable('encrypted')
  try {
    return unzipSync(bytes, { filter })
  } catch (error) {
    if (error instanceof Unreadable) throw error
    throw new Unreadable('corrupt', { cause: error })
  }
}

/** Bit 0 of the first entry's flags (APPNOTE 4.4.4). */
function isLocked(bytes: Uint8Array): boolean {
  return ((bytes[6] ?? 0) & 1) === 1
}

function textOf(part: Uint8Array): string {
  const wide = part[0] === 0xff && part[1] === 0xfe
  return new TextDecoder(wide ? 'utf-16le' : 'utf-8').decode(part)
}
