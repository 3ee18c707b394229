/** A callback whose proof is a secret at the end of its address, for platforms that sign nothing. What it
 *  cannot believe, or not read, is answered with the status that says so. */
import { sameDigest, sha256 } from './hash.ts'

const CALLBACK_BYTES_MAX = 1024 * 1024

export type CallbackRead =
  | { readonly tree: unknown }
  | { readonly status: 400 | 403 | 413; readonly code: string; readonly text: string }

/** The JSON of a genuine callback. A secret is compared by digest, so that time tells nothing; two are live while a
 *  new one is being entered at the platform. */
export async function readSecretCallback(
  request: Request,
  secrets: readonly (string | undefined)[],
): Promise<CallbackRead> {
  // The body is read in any case: a connection with unread bytes would be cut.
  const body = await boundedBody(request)
  if (!secrets.some((secret) => proves(request.url, secret)))
    return { status: 403, code: 'not-genuine', text: '验证没有通过，请核对回调地址末尾的密钥' }
  if (body === undefined)
    return { status: 413, code: 'too-long', text: '回调内容超过 1 MB，请分批推送' }
  try {
    return { tree: JSON.parse(body.toString('utf8')) }
  } catch {
    return { status: 400, code: 'unreadable', text: '看不懂回调内容，应为 JSON' }
  }
}

function proves(url: string, secret: string | undefined): boolean {
  if (secret === undefined || secret === '') return false
  try {
    const last = new URL(url).pathname.split('/').findLast(Boolean) ?? ''
    return sameDigest(sha256(decodeURIComponent(last)), sha256(secret))
  } catch {
    // A broken percent sign in the path: no proof.
    return false
  }
}

/** Undefined when it is longer than anybody honest would send. */
async function boundedBody(request: Request): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > CALLBACK_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
