/** One byte sequence for one value: the text every hash and signature of the product is taken over.
 *  Refuses what JSON would silently change (undefined in arrays, non-finite numbers, functions). */

/** A value that survives `canonical` unchanged. */
export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined }

/** JSON with sorted keys, no blanks, NFC text; absent (undefined) members are left out.
 *  @throws TypeError when a number is not finite or a value is no plain JSON, because its text would
 *  be `null` or `{}`. */
export function canonical(value: Canonical): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'))
  if (typeof value === 'number') {
    if (!Number.isFinite(value))
      throw new TypeError('a signed value cannot hold a non-finite number')
    return JSON.stringify(value)
  }
  if (typeof value !== 'object' || !isPlain(value))
    throw new TypeError(`a signed value cannot hold ${Object.prototype.toString.call(value)}`)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .filter((member): member is [string, Canonical] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}

/** A date or a map has no members of its own and would be signed as `{}`. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}

function isList(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value)
}
