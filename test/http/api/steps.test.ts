/** The steps of a longer chain by the people each is for, the plan the drafter makes, a question to the
 *  secrecy bureau, and a deputy who acts for an absent reviewer. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
const ids = new Map<string, number>()
beforeAll(async () => {
  desk = await openDesk()
  for (const [login, role] of [
    ['shen', 'drafter'],
    ['han', 'section-head'],
    ['lu', 'secrecy-reviewer'],
    ['qian', 'leader'],
    ['wu', 'duty-officer'],
    ['mi', 'security-admin'],
  ] as const)
    ids.set(login, await desk.enter(login, [role]))
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const get = (as: string, path: string) => desk.call('GET', path, { as })
const put = (as: string, path: string, body: unknown) => desk.call('PUT', path, { as, body })

async function drafted(title: string) {
  const { body } = await post('shen', '/bulletins', draft(title))
  return { at: `/bulletins/${body.bulletinId}`, seenHash: body.hash, id: body.bulletinId }
}
const stateOf = async (at: string) => (await get('lu', `${at}/status`)).body

it('walks section check and proof before the secrecy review, each by its own people', async () => {
  const steps = [{ step: 'section-check' }, { step: 'proof', roles: ['duty-officer'] }]
  const rule = { categoryId: 'notice', channelId: 'board', steps }
  const set = await put('mi', '/chains', rule)
  expect(set.body.items).toMatchObject([rule])
  expect((await get('shen', '/chains')).body.items).toHaveLength(1)
  const { at, seenHash } = await drafted('走三步的通知')
  expect(await stateOf(at)).toMatchObject({ state: 'draft', stateName: '草稿', next: '送审' })
  const orders = [{ channelId: 'board', act: 'publish' }]
  expect((await put('shen', `${at}/plan`, { orders })).body.orders).toMatchObject(orders)
  expect((await get('qian', `${at}/plan`)).body.orders).toMatchObject(orders)
  const { body } = await post('shen', `${at}/submit`, { seenHash })
  expect(body.nextStep).toBe('科室审核')
  const early = await post('lu', `${at}/review`, { seenHash, opinion: 'public' })
  expect(early.body.code).toBe('step-open')
  const agree = (step: string) => ({ seenHash, opinion: 'agreed', step })
  const stranger = await post('wu', `${at}/review`, agree('section-check'))
  expect(stranger).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  expect((await post('han', `${at}/review`, agree('section-check'))).status).toBe(200)
  expect(await stateOf(at)).toMatchObject({ state: 'submitted', next: '校对' })
  expect((await post('wu', `${at}/review`, agree('proof'))).status).toBe(200)
  expect((await post('lu', `${at}/review`, { seenHash, opinion: 'public' })).status).toBe(200)
  expect(await stateOf(at)).toMatchObject({ state: 'reviewed', next: '领导签发' })
  expect((await post('qian', `${at}/sign`, { seenHash, orders })).status).toBe(200)
  expect((await put('mi', '/chains', { ...rule, steps: [] })).body.items).toEqual([])
})

it('a chain names only steps, categories and business roles there are, all faults at once', async () => {
  const { status, body } = await put('mi', '/chains', {
    ...{ categoryId: '通知', urgency: 'soon' },
    steps: [{ step: 'proof', roles: ['auditor'] }, { step: 'guess' }],
  })
  expect(status).toBe(422)
  const fields = body.errors.map((one: { field: string }) => one.field).sort()
  expect(fields).toEqual(['categoryId', 'steps.0.roles.0', 'steps.1.step', 'urgency'])
  const nobody = await put('mi', '/chains', { categoryId: 'no-such', steps: [] })
  expect(nobody).toMatchObject({ status: 404, body: { code: 'not-found', field: 'category' } })
})

it('while the secrecy bureau is asked nobody calls the text public; its answer is entered once', async () => {
  const { at, seenHash, id } = await drafted('要报请的通知')
  await post('shen', `${at}/submit`, { seenHash })
  const refer = { seenHash, opinion: 'referred', authority: '市国家保密局' }
  expect((await post('lu', `${at}/review`, refer)).status).toBe(200)
  expect(await stateOf(at)).toMatchObject({ state: 'referred', next: '等市国家保密局答复' })
  const { body } = await get('shen', '/referrals')
  const [referral] = body.items.filter((one: { bulletinId: number }) => one.bulletinId === id)
  expect(referral).toMatchObject({ title: '要报请的通知', dueOn: '2026-12-16' })
  const early = await post('lu', `${at}/review`, { seenHash, opinion: 'public' })
  expect(early.body.code).toBe('referred')
  const path = `/referrals/${referral.id}/answer`
  expect((await post('lu', path, { answer: 'public', note: ' ' })).body.code).toBe('reason-missing')
  const reply = { answer: 'public', note: '桐保复〔2026〕3号' }
  expect((await post('lu', path, reply)).body).toEqual({
    referralId: referral.id,
    answer: 'public',
  })
  expect((await post('lu', path, reply)).body.code).toBe('already-confirmed')
  expect((await get('shen', '/referrals')).body.items).toEqual([])
  expect((await post('lu', `${at}/review`, { seenHash, opinion: 'public' })).status).toBe(200)
})

it('a deputy reviews for an absent reviewer, until that is taken back', async () => {
  const { at, seenHash } = await drafted('代理人审查的通知')
  await post('shen', `${at}/submit`, { seenHash })
  const view = { seenHash, opinion: 'public' }
  expect((await post('han', `${at}/review`, view)).body.code).toBe('not-allowed')
  const appointment = {
    ...{ personId: ids.get('lu'), deputyId: ids.get('han'), role: 'secrecy-reviewer' },
    ...{ fromOn: '2026-11-25', toOn: '2026-11-27', reason: '出差' },
  }
  const uninvolved = await post('wu', '/deputies', appointment)
  expect(uninvolved).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  const made = await post('lu', '/deputies', appointment)
  expect(made.status).toBe(201)
  const { body } = await get('mi', '/deputies')
  expect(body.items).toMatchObject([
    { id: made.body.id, deputyName: 'han同志', toOn: '2026-11-27' },
  ])
  expect((await post('han', `${at}/review`, view)).status).toBe(200)
  expect((await post('wu', `/deputies/${made.body.id}/revoke`)).status).toBe(403)
  expect((await post('mi', `/deputies/${made.body.id}/revoke`)).status).toBe(200)
  expect((await get('mi', '/deputies')).body.items).toEqual([])
  const lend = { ...appointment, role: 'security-admin' }
  expect((await post('mi', '/deputies', lend)).body.errors[0].field).toBe('role')
})
