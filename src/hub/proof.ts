/** The proof under a signature: an HMAC over its manifest with a key that is not in the database. */
import { hmacSha256, sameDigest } from '../kit/hash.ts'
import type { Prover } from './ports.ts'

export function hmacProver(keyId: string, key: Uint8Array): Prover {
  return {
    keyId,
    prove: (text) => hmacSha256(key, text),
    holds: (text, claimedKeyId, proof) =>
      claimedKeyId === keyId && sameDigest(hmacSha256(key, text), proof),
  }
}
