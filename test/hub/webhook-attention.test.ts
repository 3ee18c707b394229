/** Subscribers that are not told stand on the one list, with what to do; a replay takes them off. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { attention } from '../../src/hub/attention.ts'
import { addWebhook, replayWebhook, setWebhook } from '../../src/hub/webhooks/subscriptions.ts'
import { createTeller } from '../../src/hub/webhooks/teller.ts'
import { openWebClient, type WebClient } from '../../src/kit/http.ts'
import {
  type Bureau,
  foundBureau,
  MORNING,
  openTestHub,
  PUBLISH,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let bureau: Bureau
let web: WebClient
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  web = openWebClient()
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
  await web.close()
})

const later = (seconds: number) => new Date(MORNING.getTime() + seconds * 1_000)
const who = () => ({ agencyId: bureau.agencyId, by: 'local:test' as const, at: MORNING })

it('given up after 24 hours, and paused by its receiver: both wait for somebody', async () => {
  const { hub } = bureau.test
  let status = 0
  const server = createServer((_, answer) => answer.writeHead(status).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const kinds = ['bulletin.signed'] as const
  const wanted = { name: '统计平台', url: `http://127.0.0.1:${port}/in`, kinds }
  const { id } = await addWebhook(hub, who(), wanted)
  await signed(bureau, [PUBLISH])
  const teller = createTeller(hub.store.webhooks, {
    ...{ web, newToken: randomUUID },
    onError: (error) => {
      throw error
    },
  })
  const open = async () =>
    (await attention(hub, { agencyId: bureau.agencyId, at: later(86_400 * 10) })).filter((one) =>
      one.reason.startsWith('webhook'),
    )
  status = 500
  for (let day = 0; day < 20; day += 1) await teller.round(later(day * 8_640))
  expect(await open()).toMatchObject([
    {
      ...{ reason: 'webhook-given-up', action: 'replay-webhook', title: '统计平台' },
      ...{ subjectId: id, count: 1, detail: 'http-500', since: MORNING },
    },
  ])
  await replayWebhook(hub, who(), { id, wanted: { since: new Date(0) } })
  expect(await open()).toEqual([])
  status = 410
  await teller.round(later(86_400 * 9))
  expect(await open()).toMatchObject([
    { reason: 'webhook-paused', action: 'resume-webhook', subjectId: id, count: 1, detail: 'gone' },
  ])
  // A person's own pause needs nobody.
  await setWebhook(hub, who(), { id, to: 'on' })
  await setWebhook(hub, who(), { id, to: 'paused' })
  expect(await open()).toEqual([])
  await new Promise((resolve) => server.close(resolve))
})
