/** Mobile numbers as carriers write them, in the one form the hub keeps: 11 digits. */

const MOBILE = /^1[3-9]\d{9}$/

/** Undefined for whatever cannot get a short message. */
export function mobileOf(written: string): string | undefined {
  const number = written.trim().replace(/^(?:\+|00)?86(?=1)/, '')
  return MOBILE.test(number) ? number : undefined
}
