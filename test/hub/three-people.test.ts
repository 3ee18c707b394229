/** Author, reviewer and leader are three people: at the doors, and in the database without any door. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Composed, revise } from '../../src/hub/compose.ts'
import { review } from '../../src/hub/review.ts'
import { sign } from '../../src/hub/sign.ts'
import {
  type Bureau,
  draftBy,
  foundBureau,
  MORNING,
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

const edit = (name: PersonName, composed: Composed, title = '通知（二）') =>
  revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id(name), seenHash: composed.hash, content: text(title) },
  })

const refusal = (code: string) => ({ refusal: { code } })

describe('at the doors', () => {
  it.each<[PersonName, PersonName, PersonName, 'review' | 'sign', string]>([
    ['周副局', '周副局', '钱局长', 'review', 'author-may-not-review'],
    ['周副局', '陆保密', '周副局', 'sign', 'author-may-not-sign'],
    ['沈文书', '周副局', '周副局', 'sign', 'reviewer-may-not-sign'],
    ['沈文书', '钱局长', '周副局', 'review', 'not-allowed'],
    ['沈文书', '陆保密', '吴值班', 'sign', 'not-allowed'],
  ])(
    '%s writes, %s reviews, %s signs: %s is refused, %s',
    async (author, reviewer, signer, door, code) => {
      const composed = await draftBy(bureau, author)
      if (door === 'sign') await reviewBy(bureau, reviewer, composed)
      const act =
        door === 'review'
          ? reviewBy(bureau, reviewer, composed)
          : signBy(bureau, signer, composed, [PUBLISH])
      await expect(act).rejects.toMatchObject(refusal(code))
    },
  )

  it('counts everybody who wrote any revision as an author', async () => {
    const composed = await draftBy(bureau, '周副局')
    const edited = await edit('沈文书', composed)
    await expect(reviewBy(bureau, '周副局', edited)).rejects.toMatchObject(
      refusal('author-may-not-review'),
    )
    await reviewBy(bureau, '陆保密', edited)
    await expect(signBy(bureau, '周副局', edited, [PUBLISH])).rejects.toMatchObject(
      refusal('author-may-not-sign'),
    )
  })

  it('refuses whoever is not in office on the day, and whoever is unknown', async () => {
    const composed = await draftBy(bureau, '沈文书')
    const early = new Date('2017-12-31T02:00:00Z')
    await expect(reviewBy(bureau, '陆保密', composed, early)).rejects.toMatchObject({
      refusal: { code: 'out-of-office' },
    })
    await reviewBy(bureau, '陆保密', composed)
    const id = bureau.id('钱局长')
    await owner.lawful("update person set in_office_to = '2026-11-24' where id = $1", [id])
    await expect(signBy(bureau, '钱局长', composed, [PUBLISH])).rejects.toMatchObject({
      refusal: { code: 'out-of-office' },
    })
    await owner.lawful('update person set in_office_to = null where id = $1', [id])
    for (const signerId of [0, -1, 999_999])
      await expect(
        sign(bureau.test.hub, {
          ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, signerId },
          ...{ at: MORNING, seenHash: composed.hash, orders: [PUBLISH] },
        }),
      ).rejects.toMatchObject({ refusal: { code: 'out-of-office' } })
  })

  it('refuses an opinion that does not allow publication, and asks the newest one', async () => {
    const composed = await draftBy(bureau, '沈文书')
    await submitBy(bureau, '沈文书', composed)
    const opinion = (value: 'public' | 'withheld') =>
      review(bureau.test.hub, {
        ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
        ...{ reviewerId: bureau.id('陆保密'), seenHash: composed.hash, opinion: value },
      })
    await opinion('public')
    await opinion('withheld')
    await expect(signBy(bureau, '钱局长', composed, [PUBLISH])).rejects.toMatchObject(
      refusal('not-public'),
    )
    await opinion('public')
    await signBy(bureau, '钱局长', composed, [PUBLISH])
  })
})

describe('in the database, as its owner', () => {
  const insertReview = (composed: Composed, by: number, hash = composed.hash) =>
    owner.lawful(
      `insert into review (agency_id, bulletin_id, revision, hash, step, opinion, reviewer_id, note, at)
       values ($1, $2, $3, decode($4, 'hex'), 'secrecy-review', 'public', $5, '', now())`,
      [bureau.agencyId, composed.bulletinId, composed.revision, hash, by],
    )
  const insertSignature = (composed: Composed, by: number, clearance = 'reviewed') =>
    owner.lawful(
      `insert into signature (agency_id, bulletin_id, revision, hash, signer_id, at, clearance,
         manifest, proof_kind, proof_key_id, proof)
       values ($1, $2, $3, decode($4, 'hex'), $5, now(), $6, '{}', 'hmac', 'p1', '\\x00')`,
      [bureau.agencyId, composed.bulletinId, composed.revision, composed.hash, by, clearance],
    )

  it('the author cannot be written down as reviewer or signer', async () => {
    const composed = await draftBy(bureau, '周副局')
    await expect(insertReview(composed, bureau.id('周副局'))).rejects.toThrow(
      'author-may-not-review',
    )
    await insertReview(composed, bureau.id('陆保密'))
    await expect(insertSignature(composed, bureau.id('周副局'))).rejects.toThrow(
      'author-may-not-sign',
    )
  })

  it('the reviewer cannot be written down as signer', async () => {
    const composed = await draftBy(bureau, '沈文书')
    await insertReview(composed, bureau.id('周副局'))
    await expect(insertSignature(composed, bureau.id('周副局'))).rejects.toThrow(
      'reviewer-may-not-sign',
    )
  })

  it('nothing is signed without an opinion on the newest text, nor by a clearance without a door', async () => {
    const composed = await draftBy(bureau, '沈文书')
    await expect(insertSignature(composed, bureau.id('钱局长'))).rejects.toThrow('not-reviewed')
    await insertReview(composed, bureau.id('陆保密'))
    await expect(insertSignature(composed, bureau.id('钱局长'), 'relay')).rejects.toThrow(
      'has no door yet',
    )
    await edit('沈文书', composed)
    await expect(insertReview(composed, bureau.id('陆保密'))).rejects.toThrow('not-latest-revision')
    await expect(insertSignature(composed, bureau.id('钱局长'))).rejects.toThrow(
      'edited-since-review',
    )
  })

  it.each([
    ["update review set opinion = 'public'"],
    ['delete from signature'],
    ['update revision set author_id = author_id + 1'],
    ['truncate attempt_end'],
    ["update audit set action = 'nothing'"],
    ['delete from publication_fact'],
    ['update dispatch_payload set hash = hash'],
  ])('papers stay as they are: %s', async (statement) => {
    await expect(owner.lawful(statement)).rejects.toThrow(/never changed or deleted/)
  })
})
