/** What a secret may look like; what is wrong is said without its value. */
import { expect, it } from 'vitest'
import { SECRET_BYTES_MAX, whyNotSecret } from '../../src/domain/secret.ts'

it('takes names and values within their limits, to the byte', () => {
  for (const [name, value] of [
    ['a', 'x'],
    ['smtp-password', '密码 with spaces\tand tabs'],
    ['key2', '-----BEGIN-----\r\nabc\n-----END-----\n'],
    ['a'.repeat(100), '密'.repeat(Math.floor(SECRET_BYTES_MAX / 3))],
    ['b', '\u{20000}'.repeat(SECRET_BYTES_MAX / 4)],
  ] as const)
    expect(whyNotSecret(name, value)).toBeUndefined()
})

it('names what is wrong and repeats nothing of it', () => {
  for (const [name, value, field] of [
    ['', 'x', 'name'],
    ['SMTP', 'x', 'name'],
    ['a_b', 'x', 'name'],
    ['a-', 'x', 'name'],
    ['a'.repeat(101), 'x', 'name'],
    ['a', '', 'value'],
    ['a', 'Zq8\u0000', 'value'],
    ['a', 'Zq8\u200b\u001b[2J', 'value'],
    ['a', `Zq8${'x'.repeat(SECRET_BYTES_MAX)}`, 'value'],
    ['a', '密'.repeat(Math.floor(SECRET_BYTES_MAX / 3) + 1), 'value'],
  ] as const) {
    const fault = whyNotSecret(name, value)
    expect(fault?.field).toBe(field)
    expect(JSON.stringify(fault)).not.toContain('Zq8')
  }
})
