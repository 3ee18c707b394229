/** Reads and writes the fields of carrier frames. Reading past the end gives emptiness and is remembered in
 *  `ok`, so that a broken frame ends in one question and in no exception. */

export class ByteReader {
  readonly #bytes: Buffer
  #at: number
  #ok = true

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  /** false once a field reached over the end */
  get ok(): boolean {
    return this.#ok
  }

  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at)
  }

  bytes(count: number): Buffer {
    if (count > this.left) {
      this.#ok = false
      this.#at = this.#bytes.length
      return Buffer.alloc(0)
    }
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  u8(): number {
    return this.left < 1 ? this.#short() : this.bytes(1).readUInt8()
  }

  u16(): number {
    return this.left < 2 ? this.#short() : this.bytes(2).readUInt16BE()
  }

  u32(): number {
    return this.left < 4 ? this.#short() : this.bytes(4).readUInt32BE()
  }

  u64(): bigint {
    return this.left < 8 ? BigInt(this.#short()) : this.bytes(8).readBigUInt64BE()
  }

  /** up to a zero byte, which must be there */
  cString(): string {
    const end = this.#bytes.indexOf(0, this.#at)
    if (end === -1) {
      this.#short()
      return ''
    }
    const text = this.#bytes.toString('latin1', this.#at, end)
    this.#at = end + 1
    return text
  }

  /** exactly so many bytes, filled up with zeros or blanks */
  fixed(count: number): string {
    const text = this.bytes(count).toString('latin1')
    const end = text.indexOf('\0')
    return (end === -1 ? text : text.slice(0, end)).trimEnd()
  }

  #short(): number {
    this.#ok = false
    this.#at = this.#bytes.length
    return 0
  }
}

const ROOM_BYTES = 256

export class ByteWriter {
  // One buffer that grows: a frame has thirty fields, and one allocation each would cost more than the wire.
  #bytes = Buffer.allocUnsafe(ROOM_BYTES)
  #end = 0

  u8(value: number): this {
    this.#end = this.#room(1).writeUInt8(value & 0xff, this.#end)
    return this
  }

  u16(value: number): this {
    this.#end = this.#room(2).writeUInt16BE(value & 0xffff, this.#end)
    return this
  }

  u32(value: number): this {
    this.#end = this.#room(4).writeUInt32BE(value >>> 0, this.#end)
    return this
  }

  u64(value: bigint): this {
    this.#end = this.#room(8).writeBigUInt64BE(BigInt.asUintN(64, value), this.#end)
    return this
  }

  cString(text: string): this {
    const plain = text.includes('\0') ? text.replaceAll('\0', '') : text
    this.#end += this.#room(plain.length).write(plain, this.#end, 'latin1')
    return this.u8(0)
  }

  /** cut or filled up with zeros to exactly so many bytes */
  fixed(text: string, count: number): this {
    const bytes = this.#room(count).fill(0, this.#end, this.#end + count)
    bytes.write(text, this.#end, count, 'latin1')
    this.#end += count
    return this
  }

  bytes(part: Buffer): this {
    this.#end += part.copy(this.#room(part.length), this.#end)
    return this
  }

  /** what was written, behind its own length */
  frame(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#end + 4)
    bytes.writeUInt32BE(bytes.length)
    this.#bytes.copy(bytes, 4, 0, this.#end)
    return bytes
  }

  whole(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#end))
  }

  #room(count: number): Buffer {
    if (this.#end + count <= this.#bytes.length) return this.#bytes
    const more = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + count))
    this.#bytes.copy(more, 0, 0, this.#end)
    this.#bytes = more
    return more
  }
}
