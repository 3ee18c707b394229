/** Reads a JSON object out of an answer; whatever is none is undefined, and nobody guesses. */

export function jsonRecord(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const read: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(read) ? read : undefined
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A code as platforms write it: a whole number, or the digits of one; anything else is none. */
export function codeAt(
  record: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  const found = record[name]
  if (typeof found === 'number' && Number.isInteger(found)) return String(found)
  return typeof found === 'string' && /^-?\d{1,20}$/.test(found) ? found : undefined
}

/** Texts of a list, or of a list written with a separator. */
export function textsAt(
  record: Readonly<Record<string, unknown>>,
  name: string,
  separator: string,
): readonly string[] {
  const found = record[name]
  const list =
    typeof found === 'string' ? found.split(separator) : Array.isArray(found) ? found : []
  return list.filter((one): one is string => typeof one === 'string' && one !== '')
}
