/** Free words of prepared texts and standing orders bring no link and no markup out of the house. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usePreparedText } from '../../../src/hub/clearance/prepared-text.ts'
import { fireStandingOrder } from '../../../src/hub/clearance/standing-order.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
} from '../../support/bureau.ts'
import { granted, HEAT_VALUES, prepared } from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 3)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const bulletins = async () => (await owner.lawful<{ id: number }>('select id from bulletin')).length

describe.each(['详见evil.cn/x', '<b onclick=x>', 'ｗｗｗ．evil．cn', '&#60;script'])(
  '%s',
  (word) => {
    const values = { ...HEAT_VALUES, 补充: word }
    const refused = { refusal: { code: 'findings-open', field: 'free-words' } }

    it('fills no prepared text', async () => {
      const { preparedTextId } = await prepared(bureau)
      const before = await bulletins()
      const filledBy = bureau.id('吴值班')
      const use = usePreparedText(bureau.test.hub, {
        ...{ agencyId: bureau.agencyId, preparedTextId, filledBy, values, at: MORNING },
      })
      await expect(use).rejects.toMatchObject(refused)
      expect(await bulletins()).toBe(before)
    })

    it('fires no standing order, and uses none of it up', async () => {
      const { standingOrderId } = await granted(bureau, { usesMax: 1, usesPerDayMax: 1 })
      const firing = { agencyId: bureau.agencyId, standingOrderId, at: MORNING }
      const firedBy = bureau.id('吴值班')
      const fire = (filled: Readonly<Record<string, string>>) =>
        fireStandingOrder(bureau.test.hub, { ...firing, firedBy, values: filled })
      await expect(fire(values)).rejects.toMatchObject(refused)
      await drain(bureau)
      const { calls } = bureau.test.sink
      await fire(HEAT_VALUES)
      await drain(bureau)
      expect(bureau.test.sink.calls).toBeGreaterThan(calls)
    })
  },
)
