/** AES-256-GCM envelopes: nonce, tag, ciphertext. Refuses whatever was changed by one bit. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16
export const KEY_BYTES = 32

export function newKey(): Buffer {
  return randomBytes(KEY_BYTES)
}

/** `label` binds the envelope to its place, so that it cannot be moved to another row. */
export function seal(key: Uint8Array, plain: Uint8Array, label: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(label))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

/** @throws Error when key, label or bytes are not those it was sealed with. */
export function unseal(key: Uint8Array, envelope: Uint8Array, label: string): Buffer {
  const nonce = envelope.subarray(0, NONCE_BYTES)
  const tag = envelope.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(Buffer.from(label))
  decipher.setAuthTag(tag)
  const body = envelope.subarray(NONCE_BYTES + TAG_BYTES)
  return Buffer.concat([decipher.update(body), decipher.final()])
}
