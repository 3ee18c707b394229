/** 登录账号: which login names and passwords may be, and which roles one person may not hold together.
 *  Knows no hash and no session. */
import type { Refusal } from './refusal.ts'
import type { Role } from './role.ts'

/** Letters, digits and `. _ -`, beginning with a letter: easy to type and never mistaken for a number. */
const LOGIN = /^[a-z][a-z0-9._-]{1,39}$/

/** Undefined for what can be nobody's login. */
export function normaliseLogin(written: string): string | undefined {
  const login = written.normalize('NFKC').trim().toLowerCase()
  return LOGIN.test(login) ? login : undefined
}

const PASSWORD_CHARACTERS_MIN = 8
/** From here on one kind of character is enough. */
const PASSWORD_CHARACTERS_LONG = 12
/** Above it a hash would cost the server more than the password is worth. */
export const PASSWORD_CHARACTERS_MAX = 128
const PASSWORD_KINDS_MIN = 3
const PASSWORD_DISTINCT_MIN = 5

/** Wrong passwords in a row of `WRONG_PASSWORD_MINUTES` lock a login for as long. */
export const WRONG_PASSWORDS_MAX = 5
export const WRONG_PASSWORD_MINUTES = 15

const KINDS = [/\p{Ll}|\p{Lo}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u]

/** What everybody tries first; compared without case and without what stands around the letters. */
const COMMON: readonly string[] = [
  ...['password', 'passw0rd', 'p@ssw0rd', 'p@ssword', 'admin', 'administrator', 'root', 'guest'],
  ...['qwer', 'qwert', 'qwerty', 'qwertyuiop', 'asdf', 'asdfgh', 'zxcvbnm', 'qazwsx', '1qaz2wsx'],
  ...['1qaz@wsx', '1q2w3e4r', '1q2w3e4r5t', 'abc', 'abcd', 'abcdef', 'abcdefgh', 'aa', 'a', 'qq'],
  ...['welcome', 'changeme', 'iloveyou', 'woaini', 'huawei', 'letmein', 'duoling', 'test', 'user'],
  ...['zhejiang', 'tongxiang', 'yingji', 'anjian', 'yjglj', 'ajj'],
]
const COMMON_WHOLE: readonly string[] = [
  ...['123456789012', '012345678901', '123123123123', '112233445566', '111222333444'],
  ...['1qaz2wsx3edc', '1qaz@wsx3edc', 'qwertyuiop12', '1q2w3e4r5t6y', 'qazwsxedc123'],
]

/** 口令强度 (等保 2.0, GB/T 22239-2019 8.1.4.1 身份鉴别: 复杂度要求): at least 12 characters, or at least
 *  8 of three kinds. Undefined when the password may be used. */
export function whyNotPassword(password: string, login: string): Refusal | undefined {
  const characters = [...password]
  const weak = (detail: string, limit?: number): Refusal => ({
    ...{ code: 'weak-password', field: 'password', detail },
    ...(limit === undefined ? {} : { limit }),
  })
  if (characters.length > PASSWORD_CHARACTERS_MAX) return weak('密码太长', PASSWORD_CHARACTERS_MAX)
  const kinds = KINDS.filter((kind) => kind.test(password)).length
  const long = characters.length >= PASSWORD_CHARACTERS_LONG
  const mixed = characters.length >= PASSWORD_CHARACTERS_MIN && kinds >= PASSWORD_KINDS_MIN
  if (!long && !mixed)
    return weak('至少 12 个字符，或至少 8 个字符并含大写字母、小写字母、数字、符号中的三种')
  if (new Set(characters).size < PASSWORD_DISTINCT_MIN) return weak('重复的字符太多')
  const plain = password.toLowerCase()
  const core = plain.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  if (core === login || plain === login) return weak('不能用登录名作密码')
  if (COMMON.includes(core) || COMMON.includes(plain) || COMMON_WHOLE.includes(plain))
    return weak('这个密码太常见')
  return undefined
}

/** 签发 PIN: digits a thumb types on a phone. */
export const PIN_DIGITS_MIN = 6
export const PIN_DIGITS_MAX = 8
/** So many wrong ones in a row lock the PIN until the password was given again. */
export const WRONG_PINS_MAX = 5

const PIN_LETTERS_MAX = 64
const DIGITS_UP = '01234567890123456789'
const DIGITS_DOWN = '98765432109876543210'

/** Undefined when the PIN may be used. What everybody tries first is refused: runs, repetitions, dates. */
export function whyNotPin(pin: string): Refusal | undefined {
  const weak = (detail: string): Refusal => ({ code: 'weak-pin', detail })
  if (pin.length > PIN_LETTERS_MAX || !/^[0-9]{6,8}$/.test(pin))
    return weak(`应为 ${PIN_DIGITS_MIN} 到 ${PIN_DIGITS_MAX} 位数字`)
  if (DIGITS_UP.includes(pin) || DIGITS_DOWN.includes(pin)) return weak('不能是连续的数字')
  if (/^(\d{1,4})\1+$/.test(pin)) return weak('不能是重复的数字')
  if (new Set(pin).size < 3) return weak('至少用三个不同的数字')
  if (/^(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(pin))
    return weak('不能像日期或生日')
  return undefined
}

/** 三员: they watch the system and each other, so that none of them also does the bureau's business. */
export const OVERSEERS: readonly Role[] = ['system-admin', 'security-admin', 'auditor']

/** 三员分立 (GB/T 22239-2019 8.1.5 安全管理中心): each of the three stands alone. */
export function whyNotTogether(roles: readonly Role[]): Refusal | undefined {
  const alone = roles.some((role) => OVERSEERS.includes(role))
  return alone && new Set(roles).size > 1
    ? { code: 'roles-incompatible', field: 'roles', detail: [...new Set(roles)].join('、') }
    : undefined
}

/** Whatever the database says: who oversees may do nothing else, and nothing of two overseers at once. */
export function rolesInForce(roles: readonly Role[]): readonly Role[] {
  const overseeing = roles.filter((role) => OVERSEERS.includes(role))
  return overseeing.length > 0 ? overseeing.slice(0, 1) : roles
}
