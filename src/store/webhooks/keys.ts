/** Secrets of subscriptions: 32 random bytes as text, sealed at their own place. */
import { randomBytes } from 'node:crypto'
import { hmacSha256 } from '../../kit/hash.ts'
import { seal, unseal } from '../../kit/seal.ts'
import type { VaultKeys } from '../vault.ts'

const SECRET_BYTES = 32

export interface KeyPlace {
  readonly agencyId: number
  readonly webhookId: number
  readonly number: number
}

export function newSecret(): string {
  return `duoling_webhook_${randomBytes(SECRET_BYTES).toString('base64url')}`
}

export function sealSecret(keys: VaultKeys, place: KeyPlace, secret: string): Buffer {
  return seal(keyOf(keys), Buffer.from(secret), labelOf(place))
}

/** @throws Error when it was sealed elsewhere or under another key. */
export function openSecret(keys: VaultKeys, place: KeyPlace, cipher: Uint8Array): string {
  return unseal(keyOf(keys), cipher, labelOf(place)).toString()
}

/** A key of their own, so that nothing sealed for another purpose opens here. */
function keyOf(keys: VaultKeys): Buffer {
  return hmacSha256(keys.item, 'webhook secrets')
}

function labelOf({ agencyId, webhookId, number }: KeyPlace): string {
  return `webhook:${agencyId}:${webhookId}:${number}`
}
