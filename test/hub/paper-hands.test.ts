/** 纸质签发单, attacked: whoever wrote the text, gave an opinion on it or is said to have signed it does not
 *  confirm the sheet, and no sheet makes a signer of an author or a reviewer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Composed } from '../../src/hub/compose.ts'
import { appointDeputy } from '../../src/hub/deputies.ts'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { confirmSheet, enterSheet, sheetCode } from '../../src/hub/paper.ts'
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
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
/** People beside the bureau's own. */
let section = 0
let desk = 0
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 5)
  section = await hire('郑科长', ['section-head'])
  desk = await hire('何收发', ['operator', 'drafter'])
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

async function hire(name: string, roles: readonly string[]): Promise<number> {
  const [row] = await owner.lawful<{ id: number }>(
    `insert into person (agency_id, name, roles, in_office_from)
     values ($1, $2, $3, '2018-01-01') returning id::int`,
    [bureau.agencyId, name, roles],
  )
  return row?.id ?? 0
}

const refusal = (code: string) => ({ refusal: { code } })

async function reviewed(author: PersonName = '沈文书', reviewer: PersonName = '陆保密') {
  const composed = await draftBy(bureau, author)
  await reviewBy(bureau, reviewer, composed)
  return composed
}

async function enter(
  { bulletinId, hash: revisionHash }: Composed,
  enteredBy: number,
  signerId = bureau.id('钱局长'),
  orders: readonly DispatchOrder[] = [PUBLISH, NOTIFY],
) {
  const printedCode = sheetCode(revisionHash, orders, signerId)
  const sheetId = await enterSheet(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, revisionHash, signerId, orders, printedCode },
    ...{ sheetHash: 'c'.repeat(64), enteredBy, at: MORNING },
  })
  return (confirmedBy: number) =>
    confirmSheet(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, sheetId, confirmedBy, printedCode, at: MORNING },
    })
}

describe('the confirmer', () => {
  it('is not whoever wrote the text', async () => {
    const confirm = await enter(await reviewed(), bureau.id('吴值班'))
    await expect(confirm(bureau.id('沈文书'))).rejects.toMatchObject(refusal('author-may-not-sign'))
    await drain(bureau)
    expect(bureau.test.sink.calls).toBe(0)
    await confirm(desk)
  })

  it('is not whoever gave an opinion on the text: two would do the work of three', async () => {
    const confirm = await enter(await reviewed(), bureau.id('沈文书'))
    await expect(confirm(bureau.id('陆保密'))).rejects.toMatchObject(
      refusal('reviewer-may-not-sign'),
    )
    await confirm(section)
  })

  it('is not whose signature it is said to be, nor is the enterer', async () => {
    const composed = await reviewed()
    const signer = bureau.id('周副局')
    const own = enter(composed, signer, signer)
    await expect(own).rejects.toMatchObject({ refusal: { code: 'not-allowed', field: 'signer' } })
    const confirm = await enter(composed, desk, signer)
    await expect(confirm(signer)).rejects.toMatchObject({
      refusal: { code: 'not-allowed', field: 'signer' },
    })
    await confirm(section)
  })

  it('does not act in the place of any of them', async () => {
    const composed = await reviewed()
    const confirm = await enter(composed, bureau.id('吴值班'))
    const deputy = await hire('代理甲', ['operator'])
    await appointDeputy(bureau.test.hub, {
      ...{ agencyId: bureau.agencyId, by: bureau.id('钱局长'), at: MORNING, role: 'drafter' },
      ...{ personId: bureau.id('沈文书'), deputyId: deputy, reason: '外出' },
      ...{ fromOn: '2026-11-25', toOn: '2026-11-25' },
    })
    await expect(confirm(deputy)).rejects.toMatchObject(refusal('author-may-not-sign'))
  })
})

describe('the signer of a sheet', () => {
  it.each<[string, PersonName, PersonName, string]>([
    ['wrote the text', '周副局', '陆保密', 'author-may-not-sign'],
    ['reviewed the text', '沈文书', '周副局', 'reviewer-may-not-sign'],
  ])('who %s', async (_, author, reviewer, code) => {
    const composed = await reviewed(author, reviewer)
    const confirm = await enter(composed, desk, bureau.id('周副局'))
    await expect(confirm(section)).rejects.toMatchObject(refusal(code))
  })
})

it('hours in a month to come are met; hours nobody may sign are refused when entered', async () => {
  const composed = await reviewed()
  const day = (days: number) => new Date(MORNING.getTime() + days * 86_400_000)
  const far = [{ ...NOTIFY, notBefore: day(400) }]
  await expect(enter(composed, desk, undefined, far)).rejects.toMatchObject(
    refusal('window-invalid'),
  )
  const confirm = await enter(composed, desk, undefined, [{ ...NOTIFY, notBefore: day(200) }])
  const { dispatchIds } = await confirm(section)
  expect(dispatchIds).toHaveLength(1)
})

it('nobody’s own hand is enough: one person in all places is refused at each', async () => {
  const composed = await reviewed('周副局')
  const all = bureau.id('周副局')
  await expect(enter(composed, all, all)).rejects.toMatchObject(refusal('not-allowed'))
  const confirm = await enter(composed, all)
  await expect(confirm(all)).rejects.toMatchObject(refusal('confirmer-is-enterer'))
})
