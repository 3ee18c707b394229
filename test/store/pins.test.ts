/** PINs: five wrong ones lock them however many come at once, the password lets them go on, each wrong one
 *  stands in the audit, and the table holds nothing a guess could be tried on without the key. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WRONG_PINS_MAX, whyNotPin } from '../../src/domain/account.ts'
import { Refused } from '../../src/domain/refusal.ts'
import type { Pins } from '../../src/hub/ports/pins.ts'
import { openPins } from '../../src/store/accounts/pins.ts'
import { type Bureau, foundBureau, MORNING, openTestHub } from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let bureau: Bureau
let pins: Pins
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  pins = openPins(bureau.test.connection.db, bureau.test.keys.item)
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

const PIN = '739518'
const holder = (name: Parameters<Bureau['id']>[0]) => ({
  ...{ agencyId: bureau.agencyId, personId: bureau.id(name), at: MORNING },
})
const codeOf = (proving: Promise<void>) =>
  proving.then(
    () => 'right',
    (error) => (error instanceof Refused ? error.refusal.code : String(error)),
  )
const audited = async (personId: number) =>
  (await bureau.test.hub.store.lists.audit(bureau.agencyId, { limit: 50 }))
    .filter((row) => row.actorId === personId)
    .map((row) => row.action)

it.each([
  ['739518', true],
  ['73951846', true],
  ['7305', false],
  ['739518462', false],
  ['７３０５１８', false],
  ['73051a', false],
  ['123456', false],
  ['98765432', false],
  ['111111', false],
  ['121212', false],
  ['123123', false],
  ['11112222', false],
  ['19700131', false],
  ['700131', false],
])('judges the PIN %s', (pin, good) => {
  const refusal = whyNotPin(pin)
  expect(refusal?.code).toBe(good ? undefined : 'weak-pin')
  expect(JSON.stringify(refusal ?? {})).not.toContain(pin)
})

it('proves its person and nobody else', async () => {
  const leader = holder('钱局长')
  expect(await pins.state(leader.agencyId, leader.personId)).toBe('none')
  expect(await codeOf(pins.prove({ ...leader, pin: PIN }))).toBe('pin-missing')
  expect(await codeOf(pins.set({ ...leader, pin: '123456' }))).toBe('weak-pin')
  await pins.set({ ...leader, pin: PIN })
  expect(await codeOf(pins.prove({ ...leader, pin: PIN }))).toBe('right')
  expect(await codeOf(pins.prove({ ...holder('陆保密'), pin: PIN }))).toBe('pin-missing')
  const other = openPins(bureau.test.connection.db, Buffer.alloc(32, 1))
  expect(await codeOf(other.prove({ ...leader, pin: PIN }))).toBe('pin-wrong')
  const { rows } = await bureau.test.connection.pool.query('select * from pin')
  expect(JSON.stringify(rows)).not.toContain(PIN)
})

it('locks after five wrong ones, however many come at once, until the password was given', async () => {
  const reviewer = holder('陆保密')
  await pins.set({ ...reviewer, pin: PIN })
  const guesses = Array.from({ length: 12 }, (_, index) =>
    codeOf(pins.prove({ ...reviewer, pin: `8${index}5172`.slice(0, 6).padEnd(6, '3') })),
  )
  const codes = await Promise.all(guesses)
  expect(codes.filter((code) => code === 'pin-wrong')).toHaveLength(WRONG_PINS_MAX - 1)
  expect(codes.filter((code) => code === 'pin-locked')).toHaveLength(12 - WRONG_PINS_MAX + 1)
  expect(await codeOf(pins.prove({ ...reviewer, pin: PIN }))).toBe('pin-locked')
  expect(await pins.state(reviewer.agencyId, reviewer.personId)).toBe('locked')
  const actions = await audited(reviewer.personId)
  expect(actions.filter((one) => one === 'pin-wrong')).toHaveLength(WRONG_PINS_MAX)
  expect(actions.filter((one) => one === 'pin-locked')).toHaveLength(12 - WRONG_PINS_MAX + 1)
  await pins.unlock(reviewer)
  expect(await codeOf(pins.prove({ ...reviewer, pin: PIN }))).toBe('right')
})

it('a right one gives the tries back', async () => {
  const officer = holder('吴值班')
  await pins.set({ ...officer, pin: PIN })
  for (let round = 0; round < 3; round++) {
    for (let wrong = 0; wrong < WRONG_PINS_MAX - 1; wrong++)
      expect(await codeOf(pins.prove({ ...officer, pin: '850274' }))).toBe('pin-wrong')
    expect(await codeOf(pins.prove({ ...officer, pin: PIN }))).toBe('right')
  }
})
