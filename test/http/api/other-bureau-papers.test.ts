/** The papers beside the walk of another bureau do not exist here either: templates, orders, sources,
 *  messages, sheets, referrals, deputies, words, warnings, roads and replies; and nothing of them changed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ROLES } from '../../../src/domain/role.ts'
import { addWord } from '../../../src/hub/checks/dictionary.ts'
import { signPreparedText } from '../../../src/hub/clearance/prepared-text.ts'
import { appointDeputy } from '../../../src/hub/deputies.ts'
import { enterSheet, sheetCode } from '../../../src/hub/paper.ts'
import { review } from '../../../src/hub/review.ts'
import { linkWarning } from '../../../src/hub/schedule/schedules.ts'
import {
  addPhones,
  type Bureau,
  CHANNELS,
  draftBy,
  drain,
  foundBureau,
  MORNING,
  NOTIFY,
  PUBLISH,
  reviewBy,
  signed,
  submitBy,
} from '../../support/bureau.ts'
import {
  DAY_MS,
  fillBy,
  granted,
  HEAT_VALUES,
  knownSource,
  LIMITS,
  prepared,
  received,
} from '../../support/clearances.ts'
import { asOwner } from '../../support/database-server.ts'
import { BOOK } from '../../support/schedules.ts'
import { type Desk, openDesk } from './desk.ts'

const FAR = { id: 'far', name: 'far', line: 'far', addressing: 'place', position: 9 } as const
const FAR_CHANNEL = {
  ...{ ...FAR, addressKind: 'place:far' },
  roads: [{ id: 'main', adapter: 'test-place', settings: {} }],
}
let desk: Desk
let other: Bureau
let own = 0
const theirs: Record<string, number> = {}
let seenHash = ''
let templateHash = ''
beforeAll(async () => {
  desk = await openDesk()
  for (const role of ROLES) own = await desk.enter(role, [role])
  other = await foundBureau(desk.bureau.test, [...CHANNELS, FAR_CHANNEL])
  await addPhones(other, 3)
  const { hub } = other.test
  const { agencyId } = other
  const base = { agencyId, at: MORNING }
  const text = await prepared(other)
  const filled = await fillBy(other, '吴值班', text)
  const signing = { ...base, bulletinId: filled.bulletinId, seenHash: filled.hash }
  await signPreparedText(hub, { ...signing, signerId: other.id('钱局长') })
  const order = await granted(other)
  const sourceId = await knownSource(other, '气象台')
  const { messageId } = await received(other, sourceId)
  const referring = await draftBy(other, '沈文书', { title: '报请的通知' })
  await submitBy(other, '沈文书', referring)
  await review(hub, {
    ...{ ...base, bulletinId: referring.bulletinId, seenHash: referring.hash },
    ...{ reviewerId: other.id('陆保密'), opinion: 'referred' },
  })
  const [referral] = await hub.store.transact(agencyId, (tx) => tx.openReferrals())
  const onPaper = await draftBy(other, '沈文书', { title: '纸上签发的通知' })
  await reviewBy(other, '陆保密', onPaper)
  const signerId = other.id('钱局长')
  const sheet = { revisionHash: onPaper.hash, orders: [PUBLISH], signerId }
  const { bulletinId: paperBulletin } = onPaper
  const sheetId = await enterSheet(hub, {
    ...{ ...base, ...sheet, bulletinId: paperBulletin, enteredBy: other.id('沈文书') },
    printedCode: sheetCode(onPaper.hash, [PUBLISH], signerId),
    sheetHash: 'c'.repeat(64),
  })
  const deputyId = await appointDeputy(hub, {
    ...{ ...base, by: signerId, personId: signerId, deputyId: other.id('周副局') },
    ...{ role: 'leader', fromOn: '2026-11-25', toOn: '2026-11-26', reason: '出差' },
  })
  const wordId = await addWord(hub, {
    ...{ ...base, by: other.id('陆保密') },
    word: { word: '外单位词', kind: 'wrong', severity: 'hint', why: '示例' },
  })
  const { bulletinId: warning, dispatchIds } = await signed(other, [NOTIFY, PUBLISH])
  await drain(other)
  await linkWarning(hub, BOOK, {
    ...{ ...base, bulletinId: warning, hazard: '台风', by: other.id('吴值班') },
    ...{ from: MORNING, to: new Date(MORNING.getTime() + DAY_MS) },
  })
  const publications = await hub.store.lists.publications(agencyId, { limit: 1 })
  await asOwner(
    desk.database.ownerUrl,
    "update road set held_reason = 'balance' where channel_id = 'far'",
  )
  ;({ hash: templateHash } = text)
  seenHash = filled.hash
  Object.assign(theirs, {
    ...{ preparedTextId: text.preparedTextId, filled: filled.bulletinId, sourceId, messageId },
    ...{ standingOrderId: order.standingOrderId, referralId: referral?.id, paperBulletin },
    ...{ sheetId, deputyId, wordId, warning, dispatchId: dispatchIds[0] },
    publicationId: publications[0]?.id,
  })
}, 60_000)
afterAll(() => desk.close())

const window = { from: '2026-11-25T10:00:00+08:00', to: '2026-11-26T10:00:00+08:00' }

/** Who asks for what, by the right role for it. */
function calls(): readonly (readonly [string, string, string, unknown?])[] {
  const filled = `/bulletins/${theirs.filled}`
  const template = `/prepared-texts/${theirs.preparedTextId}`
  const order = `/standing-orders/${theirs.standingOrderId}`
  const opinion = { seenHash, opinion: 'withheld', note: '不公开' }
  const sheet = { seenHash, orders: [PUBLISH], signerId: own }
  const warned = { ...window, bulletinId: theirs.warning, hazard: '台风' }
  const { preparedTextId, standingOrderId, sourceId, messageId } = theirs
  const relay = { standingOrderId, messageId, text: '暴雨', reminder: 0 }
  return [
    ['drafter', 'GET', `${filled}/status`],
    ['drafter', 'GET', `${filled}/plan`],
    ['drafter', 'PUT', `${filled}/plan`, { orders: [] }],
    ['drafter', 'GET', `${filled}/replies`],
    [
      'secrecy-reviewer',
      'POST',
      `/referrals/${theirs.referralId}/answer`,
      {
        ...{ answer: 'public', note: '复函' },
      },
    ],
    ['leader', 'POST', `/deputies/${theirs.deputyId}/revoke`],
    ['drafter', 'GET', template],
    [
      'secrecy-reviewer',
      'POST',
      `${template}/review`,
      { seenHash: templateHash, opinion: 'withheld' },
    ],
    ['duty-officer', 'POST', `${template}/use`, { values: HEAT_VALUES }],
    ['leader', 'POST', `${filled}/sign-prepared`, { seenHash }],
    ['secrecy-reviewer', 'POST', `${filled}/after-review`, opinion],
    ['leader', 'POST', `${filled}/sign-withdrawal`, { seenHash }],
    ['leader', 'GET', order],
    [
      'leader',
      'POST',
      '/standing-orders',
      { preparedTextId, seenHash: templateHash, limits: LIMITS },
    ],
    ['leader', 'POST', `${order}/revoke`, { reason: '误' }],
    ['duty-officer', 'POST', `${order}/fire`, { values: HEAT_VALUES }],
    ['leader', 'POST', `/relay-sources/${sourceId}/confirm`],
    ['duty-officer', 'POST', '/relays', relay],
    ['drafter', 'POST', `/bulletins/${theirs.paperBulletin}/paper-code`, sheet],
    ['section-head', 'POST', `/paper-sheets/${theirs.sheetId}/confirm`, { printedCode: 'abc' }],
    ['drafter', 'POST', `/publications/${theirs.publicationId}/mark-duplicate`, { of: 1 }],
    ['secrecy-reviewer', 'POST', `/dictionary-words/${theirs.wordId}/retire`],
    ['duty-officer', 'POST', '/warnings', warned],
    ['duty-officer', 'POST', `/warnings/${theirs.warning}/lift`],
    [
      'operator',
      'POST',
      `/dispatches/${theirs.dispatchId}/move-road`,
      { roadId: 'main', reason: '欠费' },
    ],
    ['operator', 'POST', '/channels/far/roads/main/release'],
  ]
}

it('answers 404 to everything that names an id of theirs', async () => {
  for (const [name, id] of Object.entries(theirs))
    expect({ name, id }).toMatchObject({ id: expect.any(Number) })
  for (const [as, method, path, body] of calls()) {
    const { status } = await desk.call(method, path, { as, body })
    expect({ method, path, status }).toEqual({ method, path, status: 404 })
  }
  const message = { sourceId: theirs.sourceId, text: '暴雨', issuedAt: window.from }
  const unknown = await desk.call('POST', '/relayed-messages', {
    as: 'duty-officer',
    body: message,
  })
  expect(unknown.body.code).toBe('source-unknown')
}, 60_000)

it('nothing of theirs has changed, and no list shows it', async () => {
  const { lists } = other.test.hub.store
  const { agencyId } = other
  expect(await lists.heldRoads(agencyId)).toMatchObject([{ channelId: 'far' }])
  expect(await lists.paperSheets(agencyId, { limit: 9 })).toMatchObject([{ signatureId: null }])
  expect(await lists.preparedTexts(agencyId, { limit: 9 })).toMatchObject([
    ...[{ opinion: 'public' }, { opinion: 'public' }],
  ])
  const facts = await other.test.hub.store.transact(agencyId, async (tx) => ({
    orders: await tx.standingOrders(),
    words: await tx.dictionaryWords(),
    warnings: await tx.warningsInForce(MORNING),
    deputies: await tx.deputies('2026-11-25'),
    referrals: await tx.openReferrals(),
    afterReviews: await tx.afterReviews(),
  }))
  for (const [name, rows] of Object.entries(facts))
    expect({ name, rows: rows.length }).toEqual({ name, rows: 1 })
  expect(facts.orders).toMatchObject([{ revoked: false, uses: 0 }])
  expect(facts.afterReviews[0]?.opinion).toBeUndefined()
  for (const path of [
    ...['/referrals', '/deputies', '/chains', '/prepared-texts', '/standing-orders'],
    ...['/relay-sources', '/relayed-messages', '/after-reviews', '/prepared-withdrawals'],
    ...['/paper-sheets', '/dictionary-words', '/areas', '/warnings', '/unmatched-replies'],
    ...['/unknown-receipts', '/held-roads'],
  ]) {
    const { body } = await desk.call('GET', path, { as: 'drafter' })
    expect({ path, items: body.items }).toEqual({ path, items: [] })
  }
})
