/** A password a person can read aloud and type: four groups of four, without letters and digits that
 *  look alike. About 79 bits of whatever randomness it was given. */
import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const CHARACTERS = 16
const GROUP = /.{4}(?=.)/g

export function randomPassword(): string {
  return readablePassword(randomBytes(CHARACTERS))
}

/** The same bytes give the same password.
 *  @throws RangeError when there are fewer than 16 bytes */
export function readablePassword(bytes: Uint8Array): string {
  if (bytes.length < CHARACTERS) throw new RangeError(`a password needs ${CHARACTERS} bytes`)
  const letters = [...bytes.subarray(0, CHARACTERS)].map((byte) => ALPHABET[byte % ALPHABET.length])
  return letters.join('').replace(GROUP, '$&-')
}
