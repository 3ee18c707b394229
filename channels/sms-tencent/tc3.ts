/** TC3-HMAC-SHA256, the signature of Tencent Cloud's API 3.0 (签名方法 v3, cloud.tencent.com/document/api/382/52072), for
 *  one POST of JSON to `/`. It signs and sends nothing. */
import { createHash, createHmac } from 'node:crypto'

const ALGORITHM = 'TC3-HMAC-SHA256'
const SERVICE = 'sms'
export const CONTENT_TYPE = 'application/json; charset=utf-8'

export interface Tc3Key {
  readonly id: string
  readonly secret: string
}

export interface Tc3Call {
  /** as it stands in the `host` header */
  readonly host: string
  readonly body: string
  readonly key: Tc3Key
  /** the platform refuses what is more than five minutes off */
  readonly at: Date
  readonly contentType?: string
}

/** The `authorization` header. */
export function tc3Authorization(call: Tc3Call): string {
  const { host, body, key, at, contentType = CONTENT_TYPE } = call
  const timestamp = tc3Timestamp(at)
  const scope = `${at.toISOString().slice(0, 10)}/${SERVICE}/tc3_request`
  const names = 'content-type;host'
  const headers = `content-type:${contentType}\nhost:${host}\n`
  const canonical = ['POST', '/', '', headers, names, sha256Hex(body)].join('\n')
  const text = [ALGORITHM, timestamp, scope, sha256Hex(canonical)].join('\n')
  const [date = ''] = scope.split('/')
  const ofDate = hmac(`TC3${key.secret}`, date)
  const ofService = hmac(ofDate, SERVICE)
  const signature = hmac(hmac(ofService, 'tc3_request'), text).toString('hex')
  return `${ALGORITHM} Credential=${key.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`
}

/** Seconds since 1970, as the header `x-tc-timestamp` says them. */
export function tc3Timestamp(at: Date): string {
  return String(Math.floor(at.getTime() / 1_000))
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
