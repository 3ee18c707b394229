/** Seals bodies under a key per item and addresses in blocks. The keys come from outside the database;
 *  what is sealed here opens only at its own place. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { sha256Hex } from '../kit/hash.ts'
import type { Keyring } from '../kit/keyring.ts'
import { newKey, seal, unseal } from '../kit/seal.ts'
import { type SecretKeys, secretKeys } from '../kit/secret-keys.ts'

export interface VaultKeys {
  /** wraps the key of each item */
  readonly item: Uint8Array
  /** seals blocks of addresses */
  readonly address: Uint8Array
  readonly addressKeyId: string
  /** finds equal addresses without opening one */
  readonly blindIndex: Uint8Array
  /** seal secrets; the one key that is turned while everything goes on */
  readonly secretKeys: SecretKeys
}

export function vaultKeys(keyring: Keyring): VaultKeys {
  return {
    item: keyring.item.bytes,
    address: keyring.address.bytes,
    addressKeyId: keyring.address.id,
    blindIndex: keyring.blindIndex.bytes,
    secretKeys: secretKeys(keyring),
  }
}

/** Addresses sealed by one cipher call: a call a row costs 800 times as much. */
export const BLOCK_ADDRESSES_MAX = 1_024

const text = new TextDecoder()

export function newItemKey(keys: VaultKeys, place: ItemPlace): Buffer {
  return seal(keys.item, newKey(), itemLabel(place))
}

export interface ItemPlace {
  readonly agencyId: number
  readonly bulletinId: number
}

function itemLabel({ agencyId, bulletinId }: ItemPlace): string {
  return `item:${agencyId}:${bulletinId}`
}

export function sealBody(
  keys: VaultKeys,
  place: ItemPlace,
  wrapped: Uint8Array,
  body: string,
): { hash: string; cipher: Buffer } {
  const key = unseal(keys.item, wrapped, itemLabel(place))
  const hash = sha256Hex(body)
  return { hash, cipher: seal(key, Buffer.from(body), `${itemLabel(place)}:${hash}`) }
}

/** @throws Error when the text is not the one its hash names. */
export function openBody(
  keys: VaultKeys,
  place: ItemPlace,
  wrapped: Uint8Array,
  sealed: { hash: string; cipher: Uint8Array },
): string {
  const key = unseal(keys.item, wrapped, itemLabel(place))
  const body = text.decode(unseal(key, sealed.cipher, `${itemLabel(place)}:${sealed.hash}`))
  if (sha256Hex(body) !== sealed.hash) throw new Error('a kept text does not match its hash')
  return body
}

function blockLabel(agencyId: number, kind: string, size: number): string {
  return `addresses:${agencyId}:${kind}:${size}`
}

export function sealAddresses(
  keys: VaultKeys,
  agencyId: number,
  kind: string,
  values: readonly string[],
): Buffer {
  const plain = Buffer.from(JSON.stringify(values))
  return seal(keys.address, plain, blockLabel(agencyId, kind, values.length))
}

export function openAddresses(
  keys: VaultKeys,
  agencyId: number,
  block: { kind: string; size: number; cipher: Uint8Array },
): readonly string[] {
  const label = blockLabel(agencyId, block.kind, block.size)
  const values: string[] = JSON.parse(text.decode(unseal(keys.address, block.cipher, label)))
  return values
}

export function blindIndexOf(
  keys: VaultKeys,
  agencyId: number,
  kind: string,
  value: string,
): Buffer {
  return createHmac('sha256', secretOf(keys.blindIndex))
    .update(`${agencyId}:${kind}:${value}`)
    .digest()
}

/** A key is taken in once: doing so for each address costs three times what the digest does. */
const secrets = new WeakMap<Uint8Array, KeyObject>()

function secretOf(key: Uint8Array): KeyObject {
  const known = secrets.get(key)
  if (known) return known
  const secret = createSecretKey(key)
  secrets.set(key, secret)
  return secret
}
