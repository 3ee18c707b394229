/** Logins, passwords and roles: what may be and what may not be held together. */
import { expect, it } from 'vitest'
import {
  normaliseLogin,
  OVERSEERS,
  rolesInForce,
  whyNotPassword,
  whyNotTogether,
} from '../../src/domain/account.ts'
import { ROLES } from '../../src/domain/role.ts'
import { readablePassword } from '../../src/kit/readable-password.ts'

it('knows a login however it is typed', () => {
  expect(normaliseLogin('  Shen.Wen ')).toBe('shen.wen')
  expect(normaliseLogin('ｓｈｅｎ')).toBe('shen')
  for (const no of ['', 'a', '13800138000', '沈', 'a b', "x' or 1", 'a'.repeat(41)])
    expect(normaliseLogin(no), no).toBeUndefined()
})

it.each([
  ['Abc-1234x', undefined],
  ['correct horse battery', undefined],
  ['松柏常青的岁月里有风有雨', undefined],
  ['Abc-123', 'short'],
  ['abcdefgh', 'one kind'],
  ['abcd1234', 'two kinds'],
  ['aaaaaaaaaaaaaaaa', 'repeated'],
  ['Admin@123', 'common'],
  ['P@ssw0rd', 'common'],
  ['1qaz2wsx3edc', 'common'],
  ['ShenWen-2026', 'login'],
  [`Ab1-${'x'.repeat(130)}`, 'long'],
])('judges %s', (password, why) => {
  const refusal = whyNotPassword(password, 'shenwen')
  expect(refusal?.code).toBe(why === undefined ? undefined : 'weak-password')
  expect(JSON.stringify(refusal ?? {})).not.toContain(password)
})

it('a generated password passes, whatever the bytes', () => {
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => (index * 37 + round * 11) % 256)
    const password = readablePassword(bytes)
    expect(password).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/)
    expect(whyNotPassword(password, 'shen')).toBeUndefined()
  }
  expect(() => readablePassword(new Uint8Array(15))).toThrow(RangeError)
})

it('三员 stand alone', () => {
  for (const one of OVERSEERS)
    for (const other of ROLES) {
      const refusal = whyNotTogether([one, other])
      expect(refusal?.code, `${one} ${other}`).toBe(
        one === other ? undefined : 'roles-incompatible',
      )
      expect(rolesInForce([other, one])).toHaveLength(1)
    }
  expect(whyNotTogether(['drafter', 'operator'])).toBeUndefined()
  expect(rolesInForce(['drafter', 'operator'])).toEqual(['drafter', 'operator'])
})
