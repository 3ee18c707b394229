/** Whatever belongs to another bureau does not exist: reading, changing, reviewing, signing, stopping,
 *  confirming and revoking all answer 404, and nothing of it has changed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROLES } from '../../../src/domain/role.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  PUBLISH,
  signed,
} from '../../support/bureau.ts'
import { type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
let other: Bureau
let theirs: Awaited<ReturnType<typeof signed>>
let keyId = 0
let sha256 = ''
let taskId = 0
beforeAll(async () => {
  desk = await openDesk()
  for (const role of ROLES) await desk.enter(role, [role])
  other = await foundBureau(desk.bureau.test)
  await addPhones(other, 3)
  other.test.sink.answer = () => ({ kind: 'awaiting', on: 'hand', withinMs: 1_000 })
  theirs = await signed(other, [PUBLISH, NOTIFY])
  await drain(other)
  const { agencyId } = other
  const key = await desk.settings.keys.add({
    ...{ agencyId, personId: other.id('沈文书'), name: '外单位', kind: 'person', at: MORNING },
    ...{ scopes: ['read'], expiresAt: new Date(MORNING.getTime() + 86_400_000) },
  })
  keyId = key.id
  const content = Buffer.from('外单位的附件')
  const stored = { content, mediaType: 'text/plain', at: MORNING }
  sha256 = (await desk.settings.blobs(agencyId).put(stored)).sha256
  const tasks = await other.test.hub.store.transact(agencyId, (tx) => tx.openTasks({ limit: 1 }))
  taskId = tasks[0]?.id ?? 0
}, 60_000)
afterAll(() => desk.close())

it('answers 404 to everything that names an id of theirs', async () => {
  expect(taskId).toBeGreaterThan(0)
  const { bulletinId, hash: seenHash, dispatchIds } = theirs
  const bulletin = `/bulletins/${bulletinId}`
  const [dispatchId = 0] = dispatchIds
  const { content } = draft()
  const { lists } = other.test.hub.store
  const [contact] = await other.test.hub.store.transact(other.agencyId, (tx) =>
    tx.contacts({}, { after: 0, limit: 1 }),
  )
  const { id: contactId, addresses } = contact ?? { id: 0, addresses: [] }
  const addressId = addresses[0]?.id ?? 0
  expect(addressId).toBeGreaterThan(0)
  const [publication] = await lists.publications(other.agencyId, { limit: 1 })
  const calls: readonly (readonly [string, string, string, unknown?])[] = [
    ['drafter', 'GET', bulletin],
    ['drafter', 'GET', `${bulletin}/progress`],
    ['drafter', 'PUT', `${bulletin}/revision`, { seenHash, content }],
    ['drafter', 'POST', `${bulletin}/submit`, { seenHash }],
    ['drafter', 'POST', `${bulletin}/preview`, { orders: [PUBLISH] }],
    ['drafter', 'POST', `${bulletin}/lift`, { content }],
    ['secrecy-reviewer', 'POST', `${bulletin}/review`, { seenHash, opinion: 'public' }],
    ['secrecy-reviewer', 'POST', `${bulletin}/return`, { seenHash, reason: '改' }],
    ['leader', 'POST', `${bulletin}/sign`, { seenHash, orders: [PUBLISH] }],
    ['leader', 'POST', `${bulletin}/amend`, { seenHash, reason: '改', channels: ['board'] }],
    ['leader', 'POST', `${bulletin}/withdraw`, { seenHash, reason: '撤', channels: ['board'] }],
    ['duty-officer', 'POST', `${bulletin}/stop`, { reason: '误' }],
    ['drafter', 'GET', `${bulletin}/findings`],
    ['drafter', 'POST', `${bulletin}/check`],
    ['drafter', 'POST', `${bulletin}/answers`, { seenHash, findingKey: 'x', answer: '说明' }],
    ['drafter', 'POST', `${bulletin}/mask`, { seenHash, findingKeys: ['x'] }],
    ['duty-officer', 'POST', `/addresses/${addressId}/reveal`, { reason: '核对' }],
    ['drafter', 'GET', `/contacts/${contactId}/why?channelId=wire&audiences=media`],
    ['drafter', 'GET', `/publications/${publication?.id}`],
    ['drafter', 'GET', `/dispatches/${dispatchId}`],
    ['drafter', 'GET', `/deliveries?dispatchId=${dispatchId}`],
    ['drafter', 'GET', `/tasks/${taskId}`],
    ['drafter', 'POST', '/tasks/confirm', { taskIds: [taskId] }],
    ['drafter', 'GET', `/blobs/${sha256}`],
    ['drafter', 'POST', '/imports', { sha256, fileName: 'a.csv' }],
    ['drafter', 'POST', '/imports/1/confirm'],
    ['security-admin', 'POST', `/keys/${keyId}/revoke`],
  ]
  for (const [as, method, path, body] of calls) {
    const { status } = await desk.call(method, path, { as, body })
    expect({ method, path, status }).toEqual({ method, path, status: 404 })
  }
  const after = await lists.bulletin(other.agencyId, bulletinId)
  expect(after).toMatchObject({ stoppedAt: null, revision: 1, returns: [] })
  expect(await desk.settings.keys.list(other.agencyId)).toMatchObject([{ revokedAt: null }])
}, 60_000)

it('lists none of theirs', async () => {
  for (const path of ['/bulletins', '/publications', '/dispatches', '/tasks', '/imports']) {
    const { body } = await desk.call('GET', path, { as: 'drafter' })
    expect({ path, items: body.items }).toEqual({ path, items: [] })
  }
  const audit = await desk.call('GET', '/audit?limit=200', { as: 'auditor' })
  expect(JSON.stringify(audit.body)).not.toContain(`bulletin/${theirs.bulletinId}"`)
})
