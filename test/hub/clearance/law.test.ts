/** The clearances in the database, as its owner and without any door: three people, limits and uses, and
 *  papers that stay as they are. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fireStandingOrder } from '../../../src/hub/clearance/standing-order.ts'
import type { Composed } from '../../../src/hub/compose.ts'
import {
  type Bureau,
  draftBy,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
} from '../../support/bureau.ts'
import {
  fillBy,
  granted,
  HEAT_VALUES,
  knownSource,
  type Prepared,
  prepared,
  proposeBy,
  reviewTemplateBy,
} from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type Forger, openForger } from '../../support/forger.ts'

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  owner = await openForger(database)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const boardOnly = { channels: [{ channelId: 'board', audiences: [], throughQuietHours: false }] }

const insertSignature = (
  { bulletinId, hash }: Composed,
  by: PersonName,
  clearance: string,
  manifest = '{}',
) =>
  owner.lawful(
    `insert into signature (agency_id, bulletin_id, revision, hash, signer_id, at, clearance,
       manifest, proof_kind, proof_key_id, proof)
     values ($1, $2, 1, decode($3, 'hex'), $4, $5, $6, $7, 'hmac', 'p1', '\\x00')`,
    [bureau.agencyId, bulletinId, hash, bureau.id(by), MORNING, clearance, manifest],
  )

const insertAfterReview = ({ bulletinId, hash }: Composed, by: PersonName) =>
  owner.lawful(
    `insert into after_review (agency_id, bulletin_id, signer_id, hash, at, due_at)
     values ($1, $2, $3, decode($4, 'hex'), $5, $5::timestamptz + interval '24 hours')`,
    [bureau.agencyId, bulletinId, bureau.id(by), hash, MORNING],
  )

const insertOrder = (
  { preparedTextId }: Prepared,
  people: readonly [author: PersonName, reviewer: PersonName, signer: PersonName],
  reviewId = '(select max(id) from prepared_text_review where prepared_text_id = $2)',
) =>
  owner.lawful(
    `insert into standing_order (agency_id, prepared_text_id, review_id, text, hash, author_id,
       reviewer_id, signer_id, uses_max, uses_per_day_max, valid_from, valid_until, at,
       proof_key_id, proof)
     values ($1, $2, ${reviewId}, '{}', sha256('x'), $3, $4, $5, 1, 1, now(),
       now() + interval '1 day', now(), 'p1', '\\x00')`,
    [bureau.agencyId, preparedTextId, ...people.map((name) => bureau.id(name))],
  )

it('a template is not reviewed by its author, nor in another text', async () => {
  const proposed = await proposeBy(bureau, '周副局')
  const review = (by: PersonName, hash: string) =>
    owner.lawful(
      `insert into prepared_text_review (agency_id, prepared_text_id, hash, opinion, reviewer_id,
         note, at, proof_key_id, proof)
       values ($1, $2, decode($3, 'hex'), 'public', $4, '', now(), 'p1', '\\x00')`,
      [bureau.agencyId, proposed.preparedTextId, hash, bureau.id(by)],
    )
  await expect(review('周副局', proposed.hash)).rejects.toThrow('author-may-not-review')
  await expect(review('陆保密', '00'.repeat(32))).rejects.toThrow('edited-since-review')
})

it('an order is granted by a third person over the newest opinion', async () => {
  const text = await prepared(bureau)
  await expect(insertOrder(text, ['沈文书', '陆保密', '陆保密'])).rejects.toThrow(
    /check constraint/,
  )
  await expect(insertOrder(text, ['沈文书', '陆保密', '沈文书'])).rejects.toThrow(
    /check constraint/,
  )
  await expect(insertOrder(text, ['吴值班', '陆保密', '钱局长'])).rejects.toThrow(
    'author-may-not-sign',
  )
  await expect(insertOrder(text, ['沈文书', '周副局', '钱局长'])).rejects.toThrow('not-reviewed')
  await reviewTemplateBy(bureau, '陆保密', text, 'withheld')
  await expect(insertOrder(text, ['沈文书', '陆保密', '钱局长'])).rejects.toThrow('not-reviewed')
})

it('a filled text is signed by a fourth person, and only with the review that follows', async () => {
  const proposed = await proposeBy(bureau, '周副局')
  await reviewTemplateBy(bureau, '陆保密', proposed)
  const composed = await fillBy(bureau, '吴值班', proposed)
  const sign = (by: PersonName) => insertSignature(composed, by, 'prepared-text')
  await expect(sign('吴值班')).rejects.toThrow('author-may-not-sign')
  await expect(sign('陆保密')).rejects.toThrow('reviewer-may-not-sign')
  await expect(sign('周副局')).rejects.toThrow('author-may-not-sign')
  await expect(sign('钱局长')).rejects.toThrow('no review follows')
  await expect(insertSignature(composed, '钱局长', 'standing-order')).rejects.toThrow(
    'no door yet on this text',
  )
  await insertAfterReview(composed, '钱局长')
  await sign('钱局长')
})

it('the review that follows is nobody’s who filled it in or signed it', async () => {
  const composed = await fillBy(bureau, '吴值班', await prepared(bureau))
  await insertAfterReview(composed, '周副局')
  const opinion = (by: PersonName) =>
    owner.lawful(
      `insert into after_review_opinion (agency_id, bulletin_id, hash, opinion, reviewer_id, note, at)
       values ($1, $2, decode($3, 'hex'), 'public', $4, '', now())`,
      [bureau.agencyId, composed.bulletinId, composed.hash, bureau.id(by)],
    )
  await expect(opinion('吴值班')).rejects.toThrow('author-may-not-review')
  await insertSignature(composed, '周副局', 'prepared-text')
  await expect(opinion('周副局')).rejects.toThrow('reviewer-may-not-sign')
  await opinion('陆保密')
})

it('an order signs only what was filled from it, by whoever granted it, and no more often', async () => {
  const { standingOrderId } = await granted(bureau, { ...boardOnly, usesMax: 1, usesPerDayMax: 1 })
  const fired = await fireStandingOrder(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, standingOrderId, values: HEAT_VALUES, at: MORNING },
    firedBy: bureau.id('吴值班'),
  })
  const composed = { ...fired, revision: 1, hash: fired.manifest.revisionHash }
  await expect(insertSignature(composed, '周副局', 'standing-order')).rejects.toThrow(
    'granted by somebody else',
  )
  const draft = await draftBy(bureau, '沈文书')
  const use = (at: Date) =>
    owner.lawful(
      `insert into clearance_use (agency_id, bulletin_id, clearance, prepared_text_id,
         standing_order_id, hash, values_hash, filled_by, at, day)
       select agency_id, $2, 'standing-order', prepared_text_id, id, decode($3, 'hex'),
         decode($3, 'hex'), $4, $5::timestamptz, '2026-11-25' from standing_order where id = $1`,
      [standingOrderId, draft.bulletinId, draft.hash, bureau.id('吴值班'), at],
    )
  await expect(use(MORNING)).rejects.toThrow('order-used-up')
  await expect(use(new Date('2030-01-01T00:00:00Z'))).rejects.toThrow('order-expired')
})

it('only a withdrawal is signed in the ordinary way where the text has no opinion of its own', async () => {
  const composed = await fillBy(bureau, '吴值班', await prepared(bureau))
  const manifest = (...acts: readonly string[]) =>
    JSON.stringify({ dispatches: acts.map((act) => ({ act })) })
  const ordinarily = (text: string) => insertSignature(composed, '钱局长', 'reviewed', text)
  // Before anything of it was signed there is nothing to take down either.
  await expect(ordinarily(manifest('withdraw'))).rejects.toThrow('not-reviewed')
  await insertAfterReview(composed, '钱局长')
  await insertSignature(composed, '钱局长', 'prepared-text')
  for (const text of ['{}', manifest(), manifest('publish'), manifest('withdraw', 'notify')])
    await expect(ordinarily(text)).rejects.toThrow('not-reviewed')
  await ordinarily(manifest('withdraw', 'withdraw'))
  const plain = await draftBy(bureau, '沈文书')
  await expect(insertSignature(plain, '钱局长', 'reviewed', manifest('withdraw'))).rejects.toThrow(
    'not-reviewed',
  )
})

it('whoever registered a source does not confirm it', async () => {
  await expect(
    owner.lawful(
      `with made as (insert into relay_source (agency_id, name, kind, registered_by, at)
         values ($1, '某台', 'weather', $2, now()) returning agency_id, id)
       select id from made`,
      [bureau.agencyId, bureau.id('周副局')],
    ),
  ).resolves.toHaveLength(1)
  await expect(
    owner.lawful(
      `insert into relay_source_confirmation (agency_id, source_id, confirmed_by, at, proof_key_id,
         proof) select agency_id, id, registered_by, now(), 'p1', '\\x00' from relay_source
       where name = '某台'`,
    ),
  ).rejects.toThrow('confirmer-is-enterer')
})

it.each([
  'update prepared_text set title = title',
  'delete from prepared_text_review',
  'update standing_order set uses_max = 1000000',
  'delete from standing_order_revocation',
  'update relay_source set name = name',
  'delete from relay_source_confirmation',
  'update relayed_message set text = text',
  'delete from clearance_use',
  'delete from after_review',
  "update after_review_opinion set opinion = 'public'",
])('papers stay as they are: %s', async (statement) => {
  await knownSource(bureau, `台 ${statement.slice(0, 40)}`)
  await expect(owner.lawful(statement)).rejects.toThrow(/never changed or deleted/)
})
