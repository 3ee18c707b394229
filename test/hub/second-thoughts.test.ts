/** What was approved counts only as the signed channels ask for it, an opinion that comes later holds, and
 *  nobody gives a second opinion in another's name. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChainStep, Step } from '../../src/domain/chain.ts'
import type { Opinion } from '../../src/domain/review.ts'
import { setChain } from '../../src/hub/chain.ts'
import { type Composed, compose } from '../../src/hub/compose.ts'
import { appointDeputy } from '../../src/hub/deputies.ts'
import { review } from '../../src/hub/review.ts'
import { sign } from '../../src/hub/sign.ts'
import {
  addPhones,
  type Bureau,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  openTestHub,
  type PersonName,
  PUBLISH,
  reviewBy,
  signBy,
  submitBy,
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
const extra = new Map<string, number>()
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 20)
  for (const [name, roles] of [
    ['孙科长', ['drafter', 'section-head']],
    ['王安全', ['security-admin']],
    ['赵文书', ['drafter']],
  ] as const) {
    const [row] = await owner.lawful<{ id: number }>(
      `insert into person (agency_id, name, roles, in_office_from)
       values ($1, $2, $3, '2018-01-01') returning id::int`,
      [bureau.agencyId, name, roles],
    )
    extra.set(name, row?.id ?? 0)
  }
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})
beforeEach(async () => {
  await drain(bureau)
  bureau.test.sink.accepted.clear()
})

const DAY_MS = 86_400_000
const id = (name: string) => extra.get(name) ?? bureau.id(name as PersonName)
const base = () => ({ agencyId: bureau.agencyId, at: MORNING })
const refusal = (code: string, more: object = {}) => ({ refusal: { code, ...more } })
const network = { ...PUBLISH, channelId: 'network' } as const

function opine(composed: Composed, name: string, step: Step, opinion: Opinion): Promise<void> {
  return review(bureau.test.hub, {
    ...{ ...base(), bulletinId: composed.bulletinId, seenHash: composed.hash, step, opinion },
    reviewerId: id(name),
  })
}

function ruleFor(channelId: string, steps: readonly ChainStep[]): Promise<void> {
  return setChain(bureau.test.hub, { ...base(), by: id('王安全'), rule: { channelId, steps } })
}

describe('an approval', () => {
  it('by the author, where one channel lets them, is none for a channel that does not', async () => {
    await ruleFor('board', [{ step: 'section-check', byAuthor: true }])
    await ruleFor('network', [{ step: 'section-check' }])
    const composed = await compose(bureau.test.hub, {
      ...{ ...base(), authorId: id('孙科长'), categoryId: 'notice', mode: 'earnest' },
      ...{ level: 'routine', content: text('节前检查安排') },
    })
    await submitBy(bureau, '沈文书', composed, [PUBLISH])
    await opine(composed, '孙科长', 'section-check', 'agreed')
    await opine(composed, '陆保密', 'secrecy-review', 'public')
    await expect(signBy(bureau, '钱局长', composed, [network])).rejects.toMatchObject(
      refusal('step-open', { field: '科室审核' }),
    )
    await signBy(bureau, '钱局长', composed, [PUBLISH])
    await ruleFor('board', [])
    await ruleFor('network', [])
  })

  it('by whoever happened to be allowed beside the chain is none where the chain names a role', async () => {
    await ruleFor('network', [{ step: 'proof', roles: ['leader'] }])
    const composed = await draftBy(bureau, '沈文书', { title: '值班电话公布' })
    await submitBy(bureau, '沈文书', composed, [PUBLISH])
    await opine(composed, '赵文书', 'proof', 'agreed')
    await opine(composed, '陆保密', 'secrecy-review', 'public')
    await expect(signBy(bureau, '钱局长', composed, [network])).rejects.toMatchObject(
      refusal('step-open', { field: '校对' }),
    )
    await ruleFor('network', [])
  })

  it('given in the signer’s place is the signer’s own', async () => {
    await appointDeputy(bureau.test.hub, {
      ...{ ...base(), by: id('周副局'), personId: id('周副局'), deputyId: id('吴值班') },
      ...{ role: 'secrecy-reviewer', fromOn: '2026-11-25', toOn: '2026-11-25', reason: '出差' },
    })
    const composed = await draftBy(bureau, '沈文书', { title: '道路封闭提示' })
    await submitBy(bureau, '沈文书', composed)
    await opine(composed, '吴值班', 'secrecy-review', 'public')
    await expect(signBy(bureau, '周副局', composed, [PUBLISH])).rejects.toMatchObject(
      refusal('reviewer-may-not-sign'),
    )
    await signBy(bureau, '钱局长', composed, [PUBLISH])
  })
})

it.each<Opinion>(['withheld', 'on-application', 'referred'])(
  'an opinion %s after the signature halts what is queued',
  async (opinion) => {
    const composed = await draftBy(bureau, '沈文书', { title: `水位通报 ${opinion}` })
    await reviewBy(bureau, '陆保密', composed)
    const tomorrow = new Date(MORNING.getTime() + DAY_MS)
    const { dispatchIds } = await signBy(bureau, '钱局长', composed, [
      { ...NOTIFY, notBefore: tomorrow },
    ])
    await opine(composed, '陆保密', 'secrecy-review', opinion)
    await drain(bureau, new Date(tomorrow.getTime() + 60_000))
    expect(bureau.test.sink.accepted.size).toBe(0)
    expect((await statesOf(owner, dispatchIds[0]))['accepted']).toBeUndefined()
  },
)

describe('what cannot be meant', () => {
  it.each(['一行\n两行', '铃\u0007声', '\ud800半个字'])('a title %j is refused', async (title) => {
    await expect(draftBy(bureau, '沈文书', { title })).rejects.toMatchObject(
      refusal('invalid-value', { field: 'title' }),
    )
  })

  it('an hour that is none, or a hundred years away, is refused', async () => {
    const composed = await draftBy(bureau, '沈文书', { title: '应急演练预告' })
    await reviewBy(bureau, '陆保密', composed)
    for (const notBefore of [new Date('never'), new Date('2126-01-01T00:00:00Z')])
      await expect(
        sign(bureau.test.hub, {
          ...{ ...base(), bulletinId: composed.bulletinId, seenHash: composed.hash },
          ...{ signerId: id('钱局长'), orders: [{ ...PUBLISH, notBefore }] },
        }),
      ).rejects.toMatchObject(refusal('window-invalid', { field: 'board' }))
  })
})
