/** What a firing may say to whom: the limits as pure law. */
import { expect, it } from 'vitest'
import {
  type FiringSituation,
  type OrderLimits,
  whyNotFirable,
  whyNotRevocable,
  whyNotWithinLimits,
} from '../../../src/domain/clearance/standing-order.ts'
import type { Person } from '../../../src/domain/role.ts'
import type { ManifestDispatch } from '../../../src/domain/signature.ts'

const AT = new Date('2026-11-25T02:00:00Z')
const hours = (count: number) => new Date(AT.getTime() + count * 3_600_000).toISOString()
const LIMITS: OrderLimits = {
  ...{ usesMax: 3, usesPerDayMax: 2, reachMax: 100, levels: ['orange'], modes: ['earnest'] },
  channels: [
    { channelId: 'board', audiences: [], throughQuietHours: false },
    { channelId: 'wire', audiences: ['media'], throughQuietHours: false },
    { channelId: 'single', audiences: ['media'], throughQuietHours: false },
  ],
  validFrom: hours(-1),
  validUntil: hours(1),
  windowHoursMax: 4,
}
const LEADER: Person = { id: 3, name: '钱', roles: ['leader'] }

const line = (change: Partial<ManifestDispatch> = {}): ManifestDispatch => ({
  ...{ channelId: 'wire', act: 'notify', categoryId: 'warning', payloads: {}, mergeHash: '' },
  ...{ audienceRule: { audiences: ['media'] }, reach: 60, tolerance: 10, quietHours: 'send' },
  ...{ notBefore: hours(0), notAfter: hours(4), ...change },
})

it.each<[string, readonly ManifestDispatch[], string | undefined]>([
  ['what was granted', [line()], undefined],
  [
    'places beside it, which reach nobody',
    [
      line(),
      line({ channelId: 'board', act: 'publish', reach: 999, audienceRule: { audiences: [] } }),
    ],
    undefined,
  ],
  [
    'two channels that reach too many together',
    [line(), line({ channelId: 'single' })],
    'value-not-allowed',
  ],
  ['another channel', [line({ channelId: 'network' })], 'value-not-allowed'],
  ['another audience', [line({ audienceRule: { audiences: ['all'] } })], 'value-not-allowed'],
  ['an amendment', [line({ channelId: 'board', act: 'amend' })], 'act-not-possible'],
  ['a withdrawal', [line({ channelId: 'board', act: 'withdraw' })], 'act-not-possible'],
  ['a repeat', [line({ act: 'resend' })], 'act-not-possible'],
  ['a later end', [line({ notAfter: hours(4.1) })], 'window-invalid'],
])('%s', (_, lines, code) => {
  expect(whyNotWithinLimits(LIMITS, lines, AT)?.code).toBe(code)
})

it.each<[string, Partial<FiringSituation>, string | undefined]>([
  ['in order', {}, undefined],
  ['revoked', { revoked: true }, 'order-revoked'],
  ['without its signer', { signer: undefined }, 'out-of-office'],
  ['of a signer who leads no more', { signer: { ...LEADER, roles: ['drafter'] } }, 'not-allowed'],
  ['at its first moment', { at: new Date(hours(-1)) }, undefined],
  ['before it', { at: new Date(hours(-1.01)) }, 'order-expired'],
  ['at its last moment', { at: new Date(hours(1)) }, 'order-expired'],
  ['once more than in all', { usesBefore: 3 }, 'order-used-up'],
  ['once more than in a day', { usesOfDayBefore: 2 }, 'order-used-up'],
  ['at another level', { level: 'red' }, 'value-not-allowed'],
  ['as a test', { mode: 'test' }, 'value-not-allowed'],
])('a firing %s', (_, change, code) => {
  const situation: FiringSituation = {
    ...{ limits: LIMITS, signer: LEADER, revoked: false, usesBefore: 2, usesOfDayBefore: 1 },
    ...{ level: 'orange', mode: 'earnest', at: AT, ...change },
  }
  expect(whyNotFirable(situation)?.code).toBe(code)
})

it('is taken back by its signer, whatever they are now, by any leader and by the security administrator', () => {
  const person = (id: number, role: Person['roles'][number]) => ({ id, name: '某', roles: [role] })
  const why = (one: Person) => whyNotRevocable({ person: one, signerId: 3 })?.code
  expect(why(person(3, 'drafter'))).toBeUndefined()
  expect(why(person(4, 'leader'))).toBeUndefined()
  expect(why(person(5, 'security-admin'))).toBeUndefined()
  expect(why(person(6, 'system-admin'))).toBe('not-allowed')
  expect(why(person(7, 'duty-officer'))).toBe('not-allowed')
})
