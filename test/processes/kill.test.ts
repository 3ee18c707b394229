/** One process with faces, two that send, and kill -9 in the middle of the work: nothing is lost, nothing is
 *  sent twice, and whoever is left minds the timers. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { drained, endLeases, type Fleet, metric, openFleet, RECIPIENTS, until } from './fleet.ts'

let fleet: Fleet
beforeAll(async () => {
  fleet = await openFleet()
}, 300_000)
afterAll(() => fleet.close())

const DISPATCHES = 2

async function attempted(): Promise<number> {
  const rows = await fleet.query<{ count: number }>('select count(*)::int as count from attempt')
  return rows[0]?.count ?? 0
}

async function leads(url: string): Promise<boolean> {
  return (await metric(url, 'duoling_leader').catch(() => undefined)) === 1
}

it('loses and doubles nothing when the processes that send are killed', async () => {
  const faces = await fleet.serve()
  let [first, second] = [await fleet.worker(), await fleet.worker()]
  await until(async () => (await leads(first.url)) || (await leads(second.url)))
  for (let number = 1; number <= DISPATCHES; number++) {
    const before = await attempted()
    await fleet.send(`通知 ${number}`)
    await until(async () => (await attempted()) >= before + 3)
    // The one that minds the timers, in turn with the other one.
    if ((await leads(first.url)) !== (number % 2 === 1)) [first, second] = [second, first]
    first.child.kill('SIGKILL')
    await first.gone
    await until(() => leads(second.url))
    await endLeases(fleet, first.pid)
    first = await fleet.worker()
  }
  await drained(fleet)
  // What was in the hands of the dead became unsure by the timers of the living.
  const verdict = await fleet.verdict()
  expect(verdict).toMatchObject({ lost: 0, doubled: 0, stray: 0, drift: 0 })
  expect(verdict.deliveries).toBe(DISPATCHES * RECIPIENTS)
  expect(verdict.accepted + verdict.unsure).toBe(verdict.deliveries)
  expect(verdict.accepted).toBeGreaterThan(0)
  // The process with faces sent nothing, and lives.
  const own = await fleet.query('select from attempt where process like $1', [
    `${faces.child.pid}-%`,
  ])
  expect(own).toEqual([])
  expect((await fetch(`${faces.url}/readyz`)).status).toBe(200)
}, 300_000)

it('writes each attempt under the trace of its bulletin, without an address', async () => {
  const [row] = await fleet.query<{ dispatch_id: string; batch_id: string; id: string }>(
    // One that came to its end: whoever was killed may have had no time for a line.
    `select a.dispatch_id, a.batch_id, a.id from attempt a
     join attempt_end e on e.agency_id = a.agency_id and e.attempt_id = a.id
     where not e.late and e.outcomes ? 'accepted' order by a.id desc limit 1`,
  )
  const [bulletin] = await fleet.query<{ bulletin_id: string }>(
    'select bulletin_id from dispatch where id = $1',
    [row?.dispatch_id],
  )
  const { agencyId } = fleet.installation
  const lines = (await fleet.log()).filter((line) => line['attemptId'] === Number(row?.id))
  expect(lines.map((line) => line['msg'])).toContain('attempt')
  for (const line of lines) {
    expect(line['trace']).toBe(`b${agencyId}-${bulletin?.bulletin_id}`)
    expect(line['batchId']).toBe(Number(row?.batch_id))
    expect(line['dispatchId']).toBe(Number(row?.dispatch_id))
  }
  expect(JSON.stringify(await fleet.log())).not.toMatch(/unit\d{8}@/)
})
