/** An orderly end: what is under way is finished or given back, whoever is frozen leads no more, and a second
 *  signal ends at once. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { drained, type Fleet, metric, openFleet, until } from './fleet.ts'

let fleet: Fleet
beforeAll(async () => {
  fleet = await openFleet()
}, 300_000)
afterEach(() => fleet.dismiss())
afterAll(() => fleet.close())

async function heldBy(pid: number): Promise<number> {
  const rows = await fleet.query("select from batch where state = 'leased' and leased_by like $1", [
    `${pid}-%`,
  ])
  return rows.length
}

it('finishes what is under way, leaves no lease behind, and another process goes on', async () => {
  const first = await fleet.worker()
  await fleet.send('通知')
  await until(async () => (await heldBy(first.pid)) > 0)
  first.child.kill('SIGTERM')
  expect(await first.gone).toBe(0)
  expect(await heldBy(first.pid)).toBe(0)
  const stopped = (await fleet.log()).find(
    (line) => line['pid'] === first.pid && line['msg'] === 'stopped',
  )
  expect(stopped).toMatchObject({ left: 0 })
  const second = await fleet.worker()
  await drained(fleet)
  expect(await fleet.verdict()).toMatchObject({ lost: 0, doubled: 0, unsure: 0, stray: 0 })
  second.child.kill('SIGINT')
  expect(await second.gone).toBe(0)
}, 300_000)

it('says what it did not wait for, and ends at once at a second signal', async () => {
  fleet.mail.setFault('stall-after-body')
  const impatient = await fleet.worker('--grace', '0')
  const patient = await fleet.worker()
  await fleet.send('没有回音')
  await until(async () => (await heldBy(impatient.pid)) > 0 && (await heldBy(patient.pid)) > 0)
  impatient.child.kill('SIGTERM')
  expect(await impatient.gone).toBe(0)
  const stopped = (await fleet.log()).find(
    (line) => line['pid'] === impatient.pid && line['msg'] === 'stopped',
  )
  expect(stopped?.['left']).toBeGreaterThan(0)
  // An answer may still come between the count and the end.
  expect(await heldBy(impatient.pid)).toBeLessThanOrEqual(Number(stopped?.['left']))
  patient.child.kill('SIGTERM')
  // A second signal is one that comes later than a terminal's echo of the first.
  await pause(1_200)
  patient.child.kill('SIGTERM')
  expect(await patient.gone).toBe(128 + 15)
  fleet.mail.setFault('none')
}, 300_000)

it('takes the lead from a process that is frozen, which finds itself without it', async () => {
  const leads = async (url: string) =>
    (await metric(url, 'duoling_leader').catch(() => undefined)) === 1
  const first = await fleet.worker()
  await until(() => leads(first.url))
  const second = await fleet.worker()
  first.child.kill('SIGSTOP')
  await until(() => leads(second.url))
  first.child.kill('SIGCONT')
  await until(async () => (await metric(first.url, 'duoling_leader')) === 0)
  expect(await leads(second.url)).toBe(true)
}, 300_000)
