/** Mobile numbers of the mainland as vendors write them, in one form: 11 digits. */

const MOBILE = /^1[3-9]\d{9}$/

/** Undefined for whatever is no such number. */
export function mobileNumber(written: unknown): string | undefined {
  if (typeof written !== 'string' || written.length > 40) return undefined
  const number = written.trim().replace(/^(?:\+|00)?86(?=1)/, '')
  return MOBILE.test(number) ? number : undefined
}
