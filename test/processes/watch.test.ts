/** What is seen of a process from outside: alive, ready or why not, and numbers for whoever may read them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, newHome, running } from '../support/command.ts'
import { asOwner } from '../support/database-server.ts'
import { type Fleet, openFleet, until } from './fleet.ts'

let fleet: Fleet
beforeAll(async () => {
  fleet = await openFleet()
}, 300_000)
afterAll(() => fleet.close())

it('is ready, says why it is not, and is ready again', async () => {
  const worker = await fleet.worker('--lanes', 'urgent', '--connections', '4')
  const ready = async () => (await fetch(`${worker.url}/readyz`)).status === 200
  await until(ready)
  for (const page of ['health', 'healthz'])
    expect(await (await fetch(`${worker.url}/${page}`)).json()).toEqual({ state: 'ok' })
  const url = new URL(fleet.home.environment['DATABASE_URL'] ?? '')
  const name = url.pathname.slice(1)
  url.pathname = '/postgres'
  await asOwner(url.href, `alter database ${name} with allow_connections false`)
  await asOwner(
    url.href,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and application_name <> 'test'`,
  )
  await until(async () => !(await ready()))
  const answer = await fetch(`${worker.url}/readyz`)
  expect(await answer.json()).toEqual({
    state: 'not-ready',
    reasons: ['数据库没有应答，请检查数据库和网络'],
  })
  expect((await fetch(`${worker.url}/healthz`)).status).toBe(200)
  await asOwner(url.href, `alter database ${name} with allow_connections true`)
  await until(ready)
}, 300_000)

it('shows numbers with bounded labels, on the worker’s own address', async () => {
  const worker = await fleet.worker()
  const read = async () => (await fetch(`${worker.url}/metrics`)).text()
  await fleet.send('通知')
  await until(async () => /^duoling_outcomes_total\{.*outcome="accepted"\} \d/m.test(await read()))
  const text = await read()
  for (const name of [
    ...['duoling_attempts_total{adapter="email",lane="urgent"}', 'duoling_leader '],
    ...['duoling_batches{lane="bulk",state="due"} 0', 'duoling_lane_lag_seconds{lane="urgent"}'],
    ...['duoling_audit_unsealed_rows ', 'duoling_poll_failures_total 0'],
    ...['duoling_first_call_seconds_count ', 'process_resident_memory_bytes '],
    'duoling_deliveries_settled_total{adapter="email",lane="urgent",state="accepted"}',
  ])
    expect(text).toContain(`\n${name}`)
  expect(text).not.toMatch(/practice\.example|@/)
}, 300_000)

it('keeps the numbers from whoever reads the public pages', async () => {
  const { url } = await fleet.serve()
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  expect((await fetch(`${url}/metrics`)).status).toBe(404)
}, 300_000)

it('joins the database that came along, shows its token’s holder the numbers, and never owns it', async () => {
  const home = await newHome({ DUOLING_SECRET_METRICS: 'a-token-of-the-test' })
  try {
    const server = home.start('serve', '--no-engine')
    const { url, database } = await running(home, server)
    const token = { authorization: 'Bearer a-token-of-the-test' }
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
    expect(
      (await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer no' } })).status,
    ).toBe(404)
    expect((await fetch(`${url}/metrics`, { headers: token })).status).toBe(200)
    const worker = home.start('worker', '--json')
    const output = ended(worker)
    const line = await new Promise<string>((resolve) =>
      worker.stdout?.once('data', (text: Buffer) => resolve(text.toString())),
    )
    expect(JSON.parse(line)).toMatchObject({ lanes: ['urgent', 'normal', 'bulk'], database })
    worker.kill('SIGTERM')
    expect((await output).code).toBe(0)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const serverOutput = ended(server)
    server.kill('SIGTERM')
    expect((await serverOutput).code).toBe(0)
  } finally {
    await home.remove()
  }
}, 300_000)

it('refuses lanes there are not', async () => {
  const { code, stderr } = await fleet.home.run('worker', '--lanes', 'urgent,fast')
  expect([code, stderr]).toEqual([2, expect.stringContaining('--lanes 可写 urgent、normal、bulk')])
}, 300_000)
