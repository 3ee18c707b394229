/** A prepared text from proposal to the review that follows and the withdrawal it asks for, and a standing
 *  order from grant to revocation, by people who prove who they are. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPhones, drain } from '../../support/bureau.ts'
import { HEAT, HEAT_VALUES, LIMITS } from '../../support/clearances.ts'
import { type Answer, type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  for (const [login, role] of [
    ['shen', 'drafter'],
    ['lu', 'secrecy-reviewer'],
    ['qian', 'leader'],
    ['wu', 'duty-officer'],
    ['mi', 'security-admin'],
  ] as const)
    await desk.enter(login, [role])
  await addPhones(desk.bureau, 3)
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}, key?: string): Promise<Answer> =>
  desk.call('POST', path, {
    ...{ as, body },
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  })
const get = (as: string, path: string) => desk.call('GET', path, { as })

async function reviewedTemplate() {
  const { status, body } = await post('shen', '/prepared-texts', { template: HEAT })
  expect(status).toBe(201)
  const { preparedTextId, hash } = body
  const view = { seenHash: hash, opinion: 'public' }
  expect((await post('lu', `/prepared-texts/${preparedTextId}/review`, view)).status).toBe(200)
  return { preparedTextId, hash }
}

async function filled(preparedTextId: number) {
  const use = `/prepared-texts/${preparedTextId}/use`
  const { status, body } = await post('wu', use, { values: HEAT_VALUES })
  expect(status).toBe(201)
  for (const { severity, key: findingKey } of body.findings)
    if (severity === 'ask') {
      const answer = { seenHash: body.hash, findingKey, answer: '不重复' }
      await post('shen', `/bulletins/${body.bulletinId}/answers`, answer)
    }
  return { at: `/bulletins/${body.bulletinId}`, seenHash: body.hash, id: body.bulletinId }
}

it('proposed, reviewed, filled, signed; the review that follows says no and a leader withdraws', async () => {
  const { preparedTextId, hash } = await reviewedTemplate()
  const { body: list } = await get('wu', '/prepared-texts')
  expect(list.items[0]).toMatchObject({
    ...{ id: preparedTextId, hash, author: 'shen同志', opinion: 'public', reviewer: 'lu同志' },
  })
  const papers = await get('wu', `/prepared-texts/${preparedTextId}`)
  expect(papers.body).toMatchObject({ template: HEAT, review: { opinion: 'public', hash } })
  const { at, seenHash, id } = await filled(preparedTextId)
  const early = await post('lu', `${at}/after-review`, { seenHash, opinion: 'public' })
  expect(early.status).toBe(404)
  const signed = await post('qian', `${at}/sign-prepared`, { seenHash })
  expect(signed.body.dispatchIds).toHaveLength(2)
  await drain(desk.bureau)
  const owed = await get('lu', '/after-reviews')
  expect(owed.body.items).toMatchObject([
    { bulletinId: id, hash: seenHash, state: 'open', dueAt: '2026-11-26T02:00:00.000Z' },
  ])
  expect((await get('qian', '/prepared-withdrawals')).body.items).toEqual([])
  const no = { seenHash, opinion: 'withheld' }
  expect((await post('lu', `${at}/after-review`, no)).body.code).toBe('reason-missing')
  const review = await post('lu', `${at}/after-review`, { ...no, note: '含内部安排' })
  expect(review.body).toEqual({ bulletinId: id, stopped: true })
  expect((await get('lu', '/after-reviews')).body.items).toEqual([])
  const done = await get('lu', '/after-reviews?state=done')
  expect(done.body.items).toMatchObject([{ bulletinId: id, opinion: 'withheld' }])
  const waiting = await get('qian', '/prepared-withdrawals')
  expect(waiting.body.items).toMatchObject([
    { bulletinId: id, hash: seenHash, orders: [{ channelId: 'board', act: 'withdraw' }] },
  ])
  expect(JSON.stringify(waiting.body)).not.toContain('内部安排')
  const withdrawn = await post('qian', `${at}/sign-withdrawal`, { seenHash })
  expect(withdrawn.body.dispatchIds).toHaveLength(1)
  expect((await get('qian', '/prepared-withdrawals')).body.items).toEqual([])
})

it('an order is granted, fired once however often it is asked, listed, and taken back', async () => {
  const { preparedTextId, hash: seenHash } = await reviewedTemplate()
  const grant = { preparedTextId, seenHash, limits: LIMITS }
  expect((await post('lu', '/standing-orders', grant)).status).toBe(403)
  const granted = await post('qian', '/standing-orders', grant)
  expect(granted.status).toBe(201)
  const { standingOrderId, orderHash } = granted.body
  const papers = await get('wu', `/standing-orders/${standingOrderId}`)
  expect(papers.body).toMatchObject({ orderHash, limits: LIMITS, template: HEAT, revoked: false })
  const fire = `/standing-orders/${standingOrderId}/fire`
  const outside = await post('wu', fire, { values: { ...HEAT_VALUES, 温度: '50' } })
  expect(outside).toMatchObject({ status: 422, body: { code: 'value-not-allowed', field: '温度' } })
  const values = HEAT_VALUES
  const answers = await Promise.all([1, 2, 3].map(() => post('wu', fire, { values }, 'fire-1')))
  expect(new Set(answers.map((one) => JSON.stringify(one.body))).size).toBe(1)
  expect(answers[0]?.body.dispatchIds).toHaveLength(2)
  const { body } = await get('mi', '/standing-orders')
  expect(body.items[0]).toMatchObject({ id: standingOrderId, uses: 1, usesMax: 3, revoked: false })
  const revoke = `/standing-orders/${standingOrderId}/revoke`
  expect((await post('mi', revoke, { reason: '人员变动' })).status).toBe(200)
  expect((await post('wu', fire, { values })).body.code).toBe('order-revoked')
  expect((await get('mi', '/standing-orders')).body.items[0].revoked).toBe(true)
})

it('names every wrong field of a template at once', async () => {
  const { status, body } = await post('shen', '/prepared-texts', {
    template: {
      ...{ ...HEAT, levels: ['pink'], channels: [] },
      blanks: { 地点: { type: 'text', charactersMax: 61 }, 温度: { type: 'colour' } },
    },
  })
  expect(status).toBe(422)
  const fields = body.errors.map((one: { field: string }) => one.field).sort()
  expect(fields).toEqual([
    ...['template.blanks.地点.charactersMax', 'template.blanks.温度.type'],
    ...['template.channels', 'template.levels.0'],
  ])
})
