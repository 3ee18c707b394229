/** 地址: one phone, mailbox, group or place, in the one form in which equal addresses are equal.
 *  It refuses what can reach nobody. */
import type { Refusal } from './refusal.ts'

/** The kinds with a form of their own; every other kind is a group or place id, kept as it is. */
const FORMS: Readonly<Record<string, { readonly shape: RegExp; readonly says: string }>> = {
  phone: { shape: /^(?:1[3-9]\d{9}|0\d{2,3}\d{7,8})$/, says: '应为11位手机号或带区号的座机' },
  mailbox: {
    shape: /^[^\s@"<>,;:\\()[\]]{1,64}@[a-z0-9.-]{1,190}\.[a-z0-9-]{2,63}$/,
    says: '应为邮箱地址',
  },
}
const ADDRESS_CHARACTERS_MAX = 254

/** The refusal never repeats the address, because it may be somebody's number. */
export function normaliseAddress(
  kind: string,
  written: string,
): { readonly value: string } | { readonly refusal: Refusal } {
  const value = tidy(kind, written.normalize('NFKC').trim())
  if (value === '') return { refusal: { code: 'missing-field', field: kind } }
  if ([...value].length > ADDRESS_CHARACTERS_MAX || hasControl(value))
    return { refusal: { code: 'too-long', field: kind, limit: ADDRESS_CHARACTERS_MAX } }
  const form = FORMS[kind]
  if (form && !form.shape.test(value))
    return { refusal: { code: 'payload-problem', field: kind, detail: form.says } }
  return { value }
}

function tidy(kind: string, text: string): string {
  if (kind === 'phone') return text.replaceAll(/[\s()-]/g, '').replace(/^(?:\+|00)?86(?=1)/, '')
  if (kind === 'mailbox') return text.replace(/@.*$/, (domain) => domain.toLowerCase())
  return text
}

/** A line break inside an address would let a list smuggle a second one into a wire protocol. */
function hasControl(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f')
}

/** For pages and logs: enough to recognise, too little to use. */
export function maskAddress(kind: string, value: string): string {
  if (kind === 'phone') return `${value.slice(0, 3)}****${value.slice(-4)}`
  if (kind === 'mailbox') return value.replace(/^(.).*(?=@)/, '$1***')
  return value
}
