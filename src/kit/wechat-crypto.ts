/** Callback signature and encryption of the WeChat platforms (公众号 and 企业微信 share them): SHA-1 over
 *  sorted parts, AES-256-CBC with the first half of the key as its vector. Opens nothing malformed.
 *  Source: 微信公众平台 消息加解密说明; 企业微信 加解密方案说明. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { sameDigest, sha256 } from './hash.ts'

const KEY_CHARACTERS = 43
const KEY_BYTES = 32
const VECTOR_BYTES = 16
const RANDOM_BYTES = 16
const LENGTH_BYTES = 4
/** PKCS#7 as these platforms pad it: to whole blocks of 32, not of the cipher's 16. */
const PADDING_BYTES = 32
const CIPHER = 'aes-256-cbc'
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The 43 characters of the EncodingAESKey as 32 bytes; undefined when they are none. */
export function wechatKey(encodingAesKey: string): Buffer | undefined {
  if (encodingAesKey.length !== KEY_CHARACTERS || !/^[A-Za-z0-9+/]+$/.test(encodingAesKey))
    return undefined
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  return key.length === KEY_BYTES ? key : undefined
}

/** Lower-case hex; the order of the parts does not matter. */
export function wechatSignature(parts: readonly string[]): string {
  return createHash('sha1')
    .update([...parts].sort().join(''))
    .digest('hex')
}

/** Compared by digest, so that the time it takes tells nothing. */
export function isWechatSignature(given: string | null, parts: readonly string[]): boolean {
  return sameDigest(sha256(given ?? ''), sha256(wechatSignature(parts)))
}

/** What stands inside, and for whom it was sealed: AppID or CorpID, which the caller has to compare.
 *  Undefined for whatever was not sealed with this key. */
export function openWechat(
  key: Buffer,
  sealed: string,
): { readonly message: string; readonly id: string } | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length === 0 || bytes.length % VECTOR_BYTES !== 0) return undefined
  const decipher = createDecipheriv(CIPHER, key, key.subarray(0, VECTOR_BYTES))
  decipher.setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(bytes), decipher.final()])
  const padding = padded.at(-1) ?? 0
  if (padding < 1 || padding > PADDING_BYTES || padding > padded.length) return undefined
  const open = padded.subarray(0, padded.length - padding)
  if (padded.subarray(open.length).some((byte) => byte !== padding)) return undefined
  const from = RANDOM_BYTES + LENGTH_BYTES
  if (open.length < from) return undefined
  const to = from + open.readUInt32BE(RANDOM_BYTES)
  if (to > open.length) return undefined
  try {
    return { message: utf8.decode(open.subarray(from, to)), id: utf8.decode(open.subarray(to)) }
  } catch {
    return undefined
  }
}

/** As the platform seals it, in base64. */
export function sealWechat(
  key: Buffer,
  message: string,
  id: string,
  random: Uint8Array = randomBytes(RANDOM_BYTES),
): string {
  const text = Buffer.from(message)
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(text.length)
  const open = Buffer.concat([random.subarray(0, RANDOM_BYTES), length, text, Buffer.from(id)])
  const padding = PADDING_BYTES - (open.length % PADDING_BYTES)
  const cipher = createCipheriv(CIPHER, key, key.subarray(0, VECTOR_BYTES))
  cipher.setAutoPadding(false)
  return Buffer.concat([
    cipher.update(open),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ]).toString('base64')
}
