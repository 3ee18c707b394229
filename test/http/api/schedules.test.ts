/** Standing broadcasts through the API: switched on, their dates seen, moved, confirmed and cancelled, and
 *  the warnings some of them hang on. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fireDue } from '../../../src/hub/schedule/fire-due.ts'
import { BOOK, later } from '../../support/schedules.ts'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
let drafter = 0
let leader = 0
beforeAll(async () => {
  desk = await openDesk({ book: BOOK })
  drafter = await desk.enter('shen', ['drafter'])
  leader = await desk.enter('qian', ['leader'])
  await desk.enter('wu', ['duty-officer'])
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const get = (as: string, path: string) => desk.call('GET', path, { as })
const set = (id: string, body: object) => desk.call('PUT', `/schedules/${id}`, { as: 'qian', body })
const occurrences = async (scheduleId: string) =>
  (await get('shen', `/occurrences?scheduleId=${scheduleId}`)).body.items

it('is switched on by a leader, listed, and its dates moved and cancelled with a reason', async () => {
  expect((await set('no-such', { enabled: true, authorId: drafter })).status).toBe(404)
  expect((await set('weekly', { enabled: true, authorId: leader })).body.code).toBe('not-allowed')
  const unread = { enabled: true, authorId: drafter, parameters: { colour: 'red' } }
  expect((await set('weekly', unread)).status).toBe(422)
  expect((await set('weekly', { enabled: true, authorId: drafter })).status).toBe(200)
  const { body } = await get('shen', '/schedules')
  expect(body.items).toMatchObject([{ id: 'weekly', enabled: true, authorId: drafter }])
  const [, second, third] = await occurrences('weekly')
  const move = { to: '2026-12-03T15:00:00+08:00', reason: '会议改期' }
  expect((await post('wu', `/occurrences/${second.id}/move`, move)).status).toBe(200)
  expect((await post('wu', `/occurrences/${third.id}/cancel`, { reason: ' ' })).status).toBe(422)
  expect((await post('wu', `/occurrences/${third.id}/cancel`, { reason: '并入专项' })).status).toBe(
    200,
  )
  const [, moved, cancelled] = await occurrences('weekly')
  expect(moved).toMatchObject({ id: second.id, moved: true, dueAt: '2026-12-03T07:00:00.000Z' })
  expect(cancelled).toMatchObject({ id: third.id, state: 'cancelled' })
  const again = await post('wu', `/occurrences/${third.id}/cancel`, { reason: '并入专项' })
  expect(again).toMatchObject({ status: 409, body: { code: 'occurrence-settled' } })
})

it('a day nobody announced yet waits for a calendar; one whose hour has not come is not run', async () => {
  await set('resume', { enabled: true, authorId: drafter })
  const rows = await occurrences('resume')
  const provisional = rows.find((one: { provisional: boolean }) => one.provisional)
  expect((await post('wu', `/occurrences/${provisional.id}/confirm`)).status).toBe(200)
  const after = (await occurrences('resume')).find(
    (one: { id: number }) => one.id === provisional.id,
  )
  expect(after).toMatchObject({ confirmed: true })
  const [, , , future] = await occurrences('weekly')
  expect((await post('wu', `/occurrences/${future.id}/run`)).body.code).toBe('not-due')
})

it('what was not signed in time is an alarm, read by somebody on duty', async () => {
  const { hub } = desk.settings
  for (const hours of [0.1, 3, 5.2]) await fireDue(hub, BOOK, later(hours))
  const { body } = await get('wu', '/alarms')
  const [alarm] = body.items
  expect(alarm).toMatchObject({ scheduleId: 'weekly' })
  expect((await post('wu', `/alarms/${alarm.id}/acknowledge`)).status).toBe(200)
  const left = (await get('wu', '/alarms')).body.items.map((one: { id: number }) => one.id)
  expect(left).not.toContain(alarm.id)
})

it('while a warning is in force its reminders stand in the calendar; lifted, they are gone', async () => {
  await set('storm', { enabled: true, authorId: drafter })
  const { body } = await post('shen', '/bulletins', draft('台风橙色预警'))
  const { bulletinId } = body
  const link = {
    ...{ bulletinId, hazard: '台风' },
    ...{ from: '2026-11-25T10:00:00+08:00', to: '2026-11-26T10:00:00+08:00' },
  }
  const backwards = await post('wu', '/warnings', { ...link, to: link.from })
  expect(backwards).toMatchObject({ status: 422, body: { code: 'window-invalid', field: 'to' } })
  expect((await post('wu', '/warnings', link)).status).toBe(201)
  expect((await get('shen', '/warnings')).body.items).toEqual([
    {
      ...{ bulletinId, hazard: '台风' },
      ...{ from: '2026-11-25T02:00:00.000Z', to: '2026-11-26T02:00:00.000Z' },
    },
  ])
  const planned = async () =>
    (await occurrences('storm')).filter((one: { state: string }) => one.state === 'planned').length
  expect(await planned()).toBeGreaterThan(1)
  expect((await post('wu', `/warnings/${bulletinId}/lift`)).status).toBe(200)
  expect(await planned()).toBe(0)
  expect((await get('shen', '/warnings')).body.items).toEqual([])
  expect((await post('wu', `/warnings/${bulletinId}/lift`)).status).toBe(404)
})
