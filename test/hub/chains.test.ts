/** A bulletin walks the chain of its channels: three reviews and proofs where a rule asks for them, a step
 *  only in its turn, each on the same hash, and a deputy only in the days and the role that were lent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChainStep, Step } from '../../src/domain/chain.ts'
import { setChain } from '../../src/hub/chain.ts'
import { type Composed, revise } from '../../src/hub/compose.ts'
import { appointDeputy, revokeDeputy } from '../../src/hub/deputies.ts'
import { handIn } from '../../src/hub/hand-in.ts'
import { review } from '../../src/hub/review.ts'
import { sign } from '../../src/hub/sign.ts'
import {
  type Bureau,
  draftBy,
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
import { type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
const extra = new Map<string, number>()
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  for (const [name, role] of [
    ['孙科长', 'section-head'],
    ['李校对', 'section-head'],
    ['王安全', 'security-admin'],
    ['赵代理', 'drafter'],
  ]) {
    const [row] = await owner.lawful<{ id: number }>(
      `insert into person (agency_id, name, roles, in_office_from)
       values ($1, $2, array[$3], '2018-01-01') returning id::int`,
      [bureau.agencyId, name, role],
    )
    extra.set(String(name), row?.id ?? 0)
  }
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const id = (name: string) => extra.get(name) ?? bureau.id(name as PersonName)
const refusal = (code: string, more: object = {}) => ({ refusal: { code, ...more } })
const base = () => ({ agencyId: bureau.agencyId, at: MORNING })

function approve(composed: Composed, name: string, step: Step, at = MORNING): Promise<void> {
  const opinion = step === 'secrecy-review' ? 'public' : 'agreed'
  return review(bureau.test.hub, {
    ...{ ...base(), at, bulletinId: composed.bulletinId, reviewerId: id(name), step, opinion },
    seenHash: composed.hash,
  })
}

function ruleFor(channelId: string, steps: readonly ChainStep[]): Promise<void> {
  return setChain(bureau.test.hub, { ...base(), by: id('王安全'), rule: { channelId, steps } })
}

describe('三审三校', () => {
  const six: readonly [Step, string][] = [
    ['first-review', '孙科长'],
    ['first-proof', '李校对'],
    ['second-review', '周副局'],
    ['second-proof', '李校对'],
    ['third-review', '陆保密'],
    ['third-proof', '孙科长'],
  ]

  it('is walked step by step, and only then signed', async () => {
    await ruleFor(
      'network',
      six.map(([step]) => ({ step })),
    )
    const composed = await draftBy(bureau, '沈文书')
    const publish = { ...PUBLISH, channelId: 'network' }
    await submitBy(bureau, '沈文书', composed, [publish])
    await expect(approve(composed, '陆保密', 'secrecy-review')).rejects.toMatchObject(
      refusal('step-open', { field: '初审' }),
    )
    for (const [index, [step, name]] of six.entries()) {
      const later = six[index + 1]
      if (later)
        await expect(approve(composed, later[1], later[0])).rejects.toMatchObject(
          refusal('step-open'),
        )
      await approve(composed, name, step)
    }
    await expect(signBy(bureau, '钱局长', composed, [publish])).rejects.toMatchObject(
      refusal('not-reviewed'),
    )
    await approve(composed, '陆保密', 'secrecy-review')
    await expect(signBy(bureau, '周副局', composed, [publish])).rejects.toMatchObject(
      refusal('reviewer-may-not-sign'),
    )
    await signBy(bureau, '钱局长', composed, [publish])
  })

  it('binds a channel that was not in the plan, when the leader adds it', async () => {
    const composed = await draftBy(bureau, '沈文书')
    await reviewBy(bureau, '陆保密', composed)
    const network = { ...PUBLISH, channelId: 'network' }
    await expect(signBy(bureau, '钱局长', composed, [PUBLISH, network])).rejects.toMatchObject(
      refusal('step-open', { field: '初审' }),
    )
    await signBy(bureau, '钱局长', composed, [PUBLISH])
  })

  it('starts anew when the text is edited', async () => {
    const composed = await draftBy(bureau, '沈文书')
    await submitBy(bureau, '沈文书', composed, [{ ...PUBLISH, channelId: 'network' }])
    await approve(composed, '孙科长', 'first-review')
    const edited = await revise(bureau.test.hub, {
      ...{ ...base(), bulletinId: composed.bulletinId, authorId: id('沈文书') },
      ...{ seenHash: composed.hash, content: text('改过的通知') },
    })
    await expect(approve(edited, '李校对', 'first-proof')).rejects.toMatchObject(
      refusal('not-submitted'),
    )
    await submitBy(bureau, '沈文书', edited, [{ ...PUBLISH, channelId: 'network' }])
    await expect(approve(edited, '李校对', 'first-proof')).rejects.toMatchObject(
      refusal('step-open', { field: '初审' }),
    )
  })

  it('may be asked for beside the chain, and stands in nobody’s way', async () => {
    const composed = await draftBy(bureau, '沈文书')
    await submitBy(bureau, '沈文书', composed, [PUBLISH])
    await approve(composed, '李校对', 'proof')
    await approve(composed, '陆保密', 'secrecy-review')
    await signBy(bureau, '钱局长', composed, [PUBLISH])
  })
})

it('the section check may be the author’s where the chain says so, and never the opinion', async () => {
  await owner.lawful(`update person set roles = roles || 'section-head'::text where id = $1`, [
    id('沈文书'),
  ])
  await ruleFor('board', [{ step: 'section-check' }])
  const strict = await draftBy(bureau, '沈文书')
  await submitBy(bureau, '沈文书', strict, [PUBLISH])
  await expect(approve(strict, '沈文书', 'section-check')).rejects.toMatchObject(
    refusal('author-may-not-review'),
  )
  await ruleFor('board', [{ step: 'section-check', byAuthor: true }])
  await approve(strict, '沈文书', 'section-check')
  await approve(strict, '陆保密', 'secrecy-review')
  await signBy(bureau, '钱局长', strict, [PUBLISH])
  await ruleFor('board', [])
})

describe('who changes a chain', () => {
  const change = (by: string, rule: Parameters<typeof setChain>[1]['rule']) =>
    setChain(bureau.test.hub, { ...base(), by: id(by), rule })

  it('is the security administrator or a leader, and says steps that exist', async () => {
    const steps = [{ step: 'proof' }] as const
    await expect(change('沈文书', { steps })).rejects.toMatchObject(refusal('not-allowed'))
    await expect(change('王安全', { categoryId: 'nothing', steps })).rejects.toMatchObject(
      refusal('not-found'),
    )
    await expect(change('王安全', { channelId: 'nowhere', steps })).rejects.toMatchObject(
      refusal('not-found'),
    )
    const wrong: readonly ChainStep[][] = [
      [{ step: 'proof' }, { step: 'proof' }],
      [{ step: 'proof', byAuthor: true }],
      [{ step: 'proof', roles: [] }],
      [{ step: 'nothing' as Step }],
    ]
    for (const one of wrong)
      await expect(change('王安全', { steps: one })).rejects.toMatchObject(
        refusal('value-not-allowed'),
      )
  })
})

describe('a deputy', () => {
  const appoint = (more: Partial<Parameters<typeof appointDeputy>[1]> = {}) =>
    appointDeputy(bureau.test.hub, {
      ...{ ...base(), by: id('钱局长'), personId: id('钱局长'), deputyId: id('赵代理') },
      ...{ role: 'leader', fromOn: '2026-11-25', toOn: '2026-11-27', reason: '出差', ...more },
    })

  it('acts in the lent role on the lent days, until it is taken back', async () => {
    const draft = async () => {
      const composed = await draftBy(bureau, '沈文书')
      await reviewBy(bureau, '陆保密', composed)
      return composed
    }
    const byDeputy = async (at = MORNING) => {
      const composed = await draft()
      return sign(bureau.test.hub, {
        ...{ ...base(), at, bulletinId: composed.bulletinId, seenHash: composed.hash },
        ...{ signerId: id('赵代理'), orders: [PUBLISH] },
      })
    }
    await expect(byDeputy()).rejects.toMatchObject(refusal('not-allowed'))
    const deputyId = await appoint()
    await byDeputy()
    await expect(byDeputy(new Date('2026-11-28T02:00:00Z'))).rejects.toMatchObject(
      refusal('not-allowed'),
    )
    await revokeDeputy(bureau.test.hub, { ...base(), deputyId, by: id('钱局长') })
    await expect(byDeputy()).rejects.toMatchObject(refusal('not-allowed'))
  })

  it('does not sign what the absent person wrote or reviewed', async () => {
    const deputyId = await appoint({ by: id('周副局'), personId: id('周副局') })
    const written = await draftBy(bureau, '周副局')
    await reviewBy(bureau, '陆保密', written)
    const door = (composed: Composed) =>
      sign(bureau.test.hub, {
        ...{ ...base(), bulletinId: composed.bulletinId, seenHash: composed.hash },
        ...{ signerId: id('赵代理'), orders: [PUBLISH] },
      })
    await expect(door(written)).rejects.toMatchObject(refusal('author-may-not-sign'))
    const reviewed = await draftBy(bureau, '沈文书')
    await reviewBy(bureau, '周副局', reviewed)
    await expect(door(reviewed)).rejects.toMatchObject(refusal('reviewer-may-not-sign'))
    await revokeDeputy(bureau.test.hub, { ...base(), deputyId, by: id('周副局') })
  })

  it.each<[string, Partial<Parameters<typeof appointDeputy>[1]>, string]>([
    ['a role that is not held', { role: 'auditor' }, 'value-not-allowed'],
    ['days the wrong way round', { toOn: '2026-11-24' }, 'window-invalid'],
    ['days that are none', { fromOn: 'soon' }, 'window-invalid'],
    ['more than a year', { toOn: '2028-11-24' }, 'window-invalid'],
    ['no reason', { reason: ' ' }, 'reason-missing'],
  ])('is refused with %s', async (_, more, code) => {
    await expect(appoint(more)).rejects.toMatchObject(refusal(code))
  })

  it('is not appointed by anybody who happens to be there, nor for oneself', async () => {
    await expect(appoint({ by: id('沈文书') })).rejects.toMatchObject(refusal('not-allowed'))
    await expect(appoint({ deputyId: id('钱局长') })).rejects.toMatchObject(
      refusal('value-not-allowed'),
    )
    const watch = { by: id('王安全'), personId: id('王安全'), role: 'security-admin' } as const
    await expect(appoint(watch)).rejects.toMatchObject(refusal('value-not-allowed'))
  })
})

it('handing in twice changes the channels and not the clock', async () => {
  const composed = await draftBy(bureau, '沈文书')
  const hand = (at: Date) =>
    handIn(bureau.test.hub, {
      ...{ ...base(), at, bulletinId: composed.bulletinId, submittedBy: id('沈文书') },
      ...{ seenHash: composed.hash, orders: [NOTIFY], answer: '已核对' },
    })
  const first = await hand(MORNING)
  expect(first).toMatchObject({ nextStep: '保密审查', dueOn: '2026-12-02' })
  expect(await hand(new Date('2026-11-27T02:00:00Z'))).toEqual(first)
})
