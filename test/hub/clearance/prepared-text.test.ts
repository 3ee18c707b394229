/** Prepared texts: drafted, reviewed, filled and signed by different people; nothing leaves before. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Template } from '../../../src/domain/clearance/template.ts'
import {
  type PreparedSignRequest,
  signPreparedText,
  usePreparedText,
} from '../../../src/hub/clearance/prepared-text.ts'
import { type Composed, revise } from '../../../src/hub/compose.ts'
import { stop } from '../../../src/hub/stop.ts'
import {
  addPhones,
  type Bureau,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  signBy,
  text,
} from '../../support/bureau.ts'
import {
  fillBy,
  HEAT,
  HEAT_VALUES,
  prepared,
  proposeBy,
  reviewTemplateBy,
} from '../../support/clearances.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  bureau = await foundBureau(openTestHub(database.hubUrl))
  await addPhones(bureau, 30)
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})
beforeEach(() => {
  const { sink } = bureau.test
  sink.accepted.clear()
  Object.assign(sink, { calls: 0, texts: [] })
})

const refusal = (code: string) => ({ refusal: { code } })
const signFilled = (
  name: PersonName,
  { bulletinId, hash }: Composed,
  change: Partial<PreparedSignRequest> = {},
) =>
  signPreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, signerId: bureau.id(name), at: MORNING },
    ...{ seenHash: hash, ...change },
  })

it('waits for a leader, then goes out everywhere it was preset for', async () => {
  const composed = await fillBy(bureau, '吴值班', await prepared(bureau))
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
  const { manifest } = await signFilled('钱局长', composed)
  expect(manifest.clearance).toBe('prepared-text')
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(31)
  expect(bureau.test.sink.texts[0]).toContain('高温提醒：梧桐街道、乌镇镇最高37.5℃')
  await expect(signFilled('钱局长', composed)).rejects.toMatchObject(refusal('already-signed'))
})

it('on some of its channels first, on the others later', async () => {
  const composed = await fillBy(bureau, '吴值班', await prepared(bureau))
  await signFilled('钱局长', composed, { channelIds: ['board'] })
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(1)
  // Another leader may sign the rest.
  await signFilled('周副局', composed, { channelIds: ['wire'], seenReach: { wire: 30 } })
  await drain(bureau)
  expect(bureau.test.sink.accepted.size).toBe(31)
  const beside = signFilled('钱局长', composed, { channelIds: ['network'] })
  await expect(beside).rejects.toMatchObject(refusal('value-not-allowed'))
})

describe('four parts, four people', () => {
  it.each<[string, PersonName, PersonName, PersonName, string]>([
    ['the template’s author signs', '周副局', '陆保密', '周副局', 'author-may-not-sign'],
    ['the template’s reviewer signs', '沈文书', '周副局', '周副局', 'reviewer-may-not-sign'],
    ['no leader signs', '沈文书', '陆保密', '陆保密', 'not-allowed'],
  ])('%s', async (_, author, reviewer, signer, code) => {
    const proposed = await proposeBy(bureau, author)
    await reviewTemplateBy(bureau, reviewer, proposed)
    const composed = await fillBy(bureau, '吴值班', proposed)
    await expect(signFilled(signer, composed)).rejects.toMatchObject(refusal(code))
  })

  it('whoever has no such part is refused', async () => {
    await expect(proposeBy(bureau, '陆保密')).rejects.toMatchObject(refusal('not-allowed'))
    const proposed = await proposeBy(bureau, '沈文书')
    await expect(fillBy(bureau, '吴值班', proposed)).rejects.toMatchObject(refusal('not-reviewed'))
    await expect(reviewTemplateBy(bureau, '钱局长', proposed)).rejects.toMatchObject(
      refusal('not-allowed'),
    )
    await reviewTemplateBy(bureau, '陆保密', proposed)
    await expect(fillBy(bureau, '沈文书', proposed)).rejects.toMatchObject(refusal('not-allowed'))
  })
})

it('a template whose opinion says no, or was taken back after filling, serves nobody', async () => {
  const proposed = await prepared(bureau)
  const composed = await fillBy(bureau, '吴值班', proposed)
  await reviewTemplateBy(bureau, '陆保密', proposed, 'withheld')
  await expect(fillBy(bureau, '吴值班', proposed)).rejects.toMatchObject(refusal('not-public'))
  await expect(signFilled('钱局长', composed)).rejects.toMatchObject(refusal('not-public'))
})

it('an opinion taken back after the signature holds what is still queued', async () => {
  const proposed = await prepared(bureau)
  const composed = await fillBy(bureau, '吴值班', proposed)
  await signFilled('钱局长', composed)
  await reviewTemplateBy(bureau, '陆保密', proposed, 'withheld')
  await drain(bureau)
  expect(bureau.test.sink.calls).toBe(0)
})

it('an open finding, an edit, a stop and another screen each keep the door shut', async () => {
  const proposed = await prepared(bureau)
  const composed = await fillBy(bureau, '吴值班', proposed)
  const marked = await fillBy(bureau, '吴值班', proposed, { ...HEAT_VALUES, 补充: '机密★10年' })
  await expect(signFilled('钱局长', marked)).rejects.toMatchObject(refusal('findings-open'))
  const asked = await usePreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, preparedTextId: proposed.preparedTextId, at: MORNING },
    ...{ filledBy: bureau.id('吴值班'), values: HEAT_VALUES },
  })
  expect(asked.findings.map((one) => one.code)).toContain('duplicate-title')
  await expect(signFilled('钱局长', asked)).rejects.toMatchObject(refusal('findings-unanswered'))
  await expect(signFilled('钱局长', composed, { seenHash: '0'.repeat(64) })).rejects.toMatchObject(
    refusal('not-latest-revision'),
  )
  const edited = await revise(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: composed.bulletinId, at: MORNING },
    ...{ authorId: bureau.id('沈文书'), seenHash: composed.hash, content: text('改') },
  })
  await expect(signFilled('钱局长', edited)).rejects.toMatchObject(refusal('edited-since-review'))
  const halted = await fillBy(bureau, '吴值班', proposed)
  await stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId: halted.bulletinId, at: MORNING },
    ...{ by: bureau.id('陆保密'), reason: '误' },
  })
  await expect(signFilled('钱局长', halted)).rejects.toMatchObject(refusal('stopped'))
})

it('the ordinary door does not know it: a filled text has no opinion of its own', async () => {
  const composed = await fillBy(bureau, '吴值班', await prepared(bureau))
  const ordinary = signBy(bureau, '钱局长', composed, [{ channelId: 'network', act: 'publish' }])
  await expect(ordinary).rejects.toMatchObject(refusal('not-reviewed'))
})

it('sixty free words are all there are, in every blank together', async () => {
  const wordy: Template = {
    ...HEAT,
    content: text('提醒', { blocks: [{ kind: 'paragraph', text: '{{甲}}{{乙}}' }] }),
    blanks: { 甲: { type: 'text', charactersMax: 60 }, 乙: { type: 'text', charactersMax: 60 } },
  }
  const proposed = await prepared(bureau, wordy)
  const tooMany = fillBy(bureau, '吴值班', proposed, { 甲: '长'.repeat(31), 乙: '长'.repeat(30) })
  await expect(tooMany).rejects.toMatchObject({
    refusal: { code: 'too-long', field: 'free-words', limit: 60 },
  })
  await fillBy(bureau, '吴值班', proposed, { 甲: '长'.repeat(30), 乙: '长'.repeat(30) })
})

it('refuses a level, a channel and an audience the template cannot have', async () => {
  const { preparedTextId } = await prepared(bureau)
  const use = usePreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, preparedTextId, filledBy: bureau.id('吴值班') },
    ...{ at: MORNING, values: HEAT_VALUES, level: 'red' },
  })
  await expect(use).rejects.toMatchObject(refusal('value-not-allowed'))
  const channel = (channelId: string, audiences: readonly string[]) =>
    proposeBy(bureau, '沈文书', {
      ...HEAT,
      channels: [{ channelId, audiences, throughQuietHours: false }],
    })
  await expect(channel('nowhere', [])).rejects.toMatchObject(refusal('not-found'))
  await expect(channel('board', ['media'])).rejects.toMatchObject(refusal('value-not-allowed'))
  await expect(channel('wire', [])).rejects.toMatchObject(refusal('value-not-allowed'))
  const category = proposeBy(bureau, '沈文书', { ...HEAT, categoryId: 'none' })
  await expect(category).rejects.toMatchObject(refusal('not-found'))
})
