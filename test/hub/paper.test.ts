/** 纸质签发: one enters the sheet, another compares it; the code stands for this text and this list. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Composed, revise } from '../../src/hub/compose.ts'
import type { DispatchOrder } from '../../src/hub/manifest.ts'
import { confirmSheet, enterSheet, type SheetEntry, sheetCode } from '../../src/hub/paper.ts'
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
  text,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger } from '../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
  await addPhones(bureau, 20)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const ORDERS: readonly DispatchOrder[] = [PUBLISH, NOTIFY]
const codeOf = (
  { hash }: Composed,
  orders: readonly DispatchOrder[] = ORDERS,
  signer: PersonName = '钱局长',
) => sheetCode(hash, orders, bureau.id(signer))
const refusal = (code: string) => ({ refusal: { code } })

async function reviewed(): Promise<Composed> {
  const composed = await draftBy(bureau, '沈文书')
  await reviewBy(bureau, '陆保密', composed)
  return composed
}

const enter = (composed: Composed, change: Partial<SheetEntry> = {}) =>
  enterSheet(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ revisionHash: composed.hash, signerId: bureau.id('钱局长'), orders: ORDERS },
    ...{ printedCode: codeOf(composed), sheetHash: 'c'.repeat(64) },
    ...{ enteredBy: bureau.id('沈文书'), ...change },
  })
const confirm = (sheetId: number, by: PersonName, printedCode: string) =>
  confirmSheet(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, sheetId, confirmedBy: bureau.id(by), printedCode, at: MORNING },
  })

it('entered by one, confirmed by another: signed, sent, and recorded as paper', async () => {
  const composed = await reviewed()
  const sheetId = await enter(composed)
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  // Read off the photo: capitals, blanks and hyphens do not matter.
  const code = codeOf(composed)
    .toUpperCase()
    .replace(/(.{4})/g, '$1-')
  const { signatureId } = await confirm(sheetId, '吴值班', code)
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(21)
  const [row] = await owner.lawful<object>(
    `select clearance, signer_id::int, entered_by::int, confirmed_by::int from signature where id = $1`,
    [signatureId],
  )
  expect(row).toEqual({
    ...{ clearance: 'paper', signer_id: bureau.id('钱局长') },
    ...{ entered_by: bureau.id('沈文书'), confirmed_by: bureau.id('吴值班') },
  })
  await expect(confirm(sheetId, '吴值班', code)).rejects.toMatchObject(refusal('already-confirmed'))
})

it('nothing is signed by the one who entered it', async () => {
  const composed = await reviewed()
  const sheetId = await enter(composed)
  const code = codeOf(composed)
  await expect(confirm(sheetId, '沈文书', code)).rejects.toMatchObject(
    refusal('confirmer-is-enterer'),
  )
})

it('a code that belongs to another text or another list is refused, at both ends', async () => {
  const composed = await reviewed()
  const other = await reviewed()
  const wrong = [
    codeOf(other),
    codeOf(composed, ORDERS, '周副局'),
    codeOf(composed, [PUBLISH]),
    codeOf(composed, [PUBLISH, { ...NOTIFY, audiences: ['media', 'major-hazard'] }]),
    codeOf(composed, [PUBLISH, { ...NOTIFY, throughQuietHours: true }]),
    '',
  ]
  for (const printedCode of wrong)
    await expect(enter(composed, { printedCode })).rejects.toMatchObject(refusal('paper-mismatch'))
  const sheetId = await enter(composed)
  for (const printedCode of wrong)
    await expect(confirm(sheetId, '吴值班', printedCode)).rejects.toMatchObject(
      refusal('paper-mismatch'),
    )
  await confirm(sheetId, '吴值班', codeOf(composed))
})

it('the order of audiences does not matter to the code; their number does', () => {
  const code = (audiences: readonly string[]) =>
    sheetCode('a'.repeat(64), [{ ...NOTIFY, audiences }], 1)
  expect(code(['a', 'b'])).toBe(code(['b', 'a']))
  expect(code(['a', 'b'])).not.toBe(code(['a']))
})

it('a list changed in the database after the sheet was entered is refused', async () => {
  const composed = await reviewed()
  const sheetId = await enter(composed)
  await owner.lawful('update paper_sheet set orders = $2 where id = $1', [
    sheetId,
    JSON.stringify([{ ...NOTIFY, audiences: ['major-hazard'] }]),
  ])
  const code = codeOf(composed)
  await expect(confirm(sheetId, '吴值班', code)).rejects.toMatchObject(refusal('paper-mismatch'))
})

it('a text edited after the leader signed the paper is refused', async () => {
  const composed = await reviewed()
  const sheetId = await enter(composed)
  await revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id('沈文书'), seenHash: composed.hash, content: text('改') },
  })
  await expect(enter(composed)).rejects.toMatchObject(refusal('not-latest-revision'))
  const code = codeOf(composed)
  await expect(confirm(sheetId, '吴值班', code)).rejects.toMatchObject(
    refusal('not-latest-revision'),
  )
})

it.each<[PersonName, string]>([
  ['陆保密', 'not-allowed'],
  ['沈文书', 'not-allowed'],
])('paper makes nobody a leader: %s', async (name, code) => {
  const composed = await reviewed()
  const printed = codeOf(composed, ORDERS, name)
  const sheetId = await enter(composed, {
    ...{ signerId: bureau.id(name), printedCode: printed, enteredBy: bureau.id('周副局') },
  })
  await expect(confirm(sheetId, '吴值班', printed)).rejects.toMatchObject(refusal(code))
})

it('another name put under the sheet in the database is refused: the code covers the signer', async () => {
  const composed = await reviewed()
  const sheetId = await enter(composed)
  await owner.lawful('update paper_sheet set signer_id = $2 where id = $1', [
    sheetId,
    bureau.id('周副局'),
  ])
  await expect(confirm(sheetId, '吴值班', codeOf(composed))).rejects.toMatchObject(
    refusal('paper-mismatch'),
  )
})

it('a sheet nobody entered is not found', async () => {
  await expect(confirm(999_999, '吴值班', 'x')).rejects.toMatchObject(refusal('not-found'))
})

it('two people confirm at once: one signature', async () => {
  const composed = await reviewed()
  const sheetId = await enter(composed)
  const code = codeOf(composed)
  const results = await Promise.allSettled([
    confirm(sheetId, '吴值班', code),
    confirm(sheetId, '周副局', code),
  ])
  expect(results.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected'])
})
