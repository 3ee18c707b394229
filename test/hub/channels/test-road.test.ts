/** A test of a road reaches the asker's own marked address with the program's words, and nobody else. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testRoad } from '../../../src/hub/channels/test-road.ts'
import { addContacts } from '../../../src/store/contacts/contacts.ts'
import { openPracticeBureau, type PracticeBureau } from '../../support/practice.ts'

const OWN = 'shen@practice.example'
const MORNING = new Date('2026-11-25T02:00:00Z')
let practice: PracticeBureau
beforeAll(async () => {
  practice = await openPracticeBureau()
  const { app, agencyId } = practice
  const row = (name: string, value: string, forExercise: boolean) => ({
    ...{ name, forExercise, audiences: [], addresses: [{ kind: 'mailbox', value }] },
  })
  await addContacts(app.connection.db, app.keys, agencyId, [
    row('沈文书', OWN, true),
    row('沈文书', 'unmarked@practice.example', false),
    row('某企业', 'company@practice.example', true),
  ])
})
afterAll(() => practice.close())

const ask = (who: string, channelId: string, more: { roadId?: string; to?: string } = {}) =>
  testRoad(practice.app.hub, {
    ...{ agencyId: practice.agencyId, channelId, by: practice.people.get(who) ?? 0, at: MORNING },
    ...more,
  })
const refusal = (code: string) => ({ refusal: { code } })

it('says the program’s words to the asker alone, audited before and after', async () => {
  const tested = await ask('沈文书', 'email')
  expect(tested).toMatchObject({ roadId: 'smtp', to: 's***@practice.example' })
  expect(tested.outcome.kind).toBe('accepted')
  const [letter, ...more] = practice.mail.messages()
  expect([letter?.recipients, more]).toEqual([[OWN], []])
  const rows = await practice.app.connection.db
    .selectFrom('audit')
    .select(['action'])
    .where('subject', '=', 'road/email/smtp')
    .orderBy('id')
    .execute()
  expect(rows.map((row) => row.action)).toEqual(['test-road', 'road-tested'])
})

it('sends nothing to anybody else, whatever is typed', async () => {
  const before = practice.mail.messages().length
  for (const to of ['company@practice.example', 'unmarked@practice.example', 'x@elsewhere.example'])
    await expect(ask('沈文书', 'email', { to })).rejects.toMatchObject(refusal('value-not-allowed'))
  await expect(ask('孙系统', 'email', { to: OWN })).rejects.toMatchObject(
    refusal('value-not-allowed'),
  )
  for (const who of ['陆保密', '钱局长', '吴值班'])
    await expect(ask(who, 'email')).rejects.toMatchObject(refusal('not-allowed'))
  expect(practice.mail.messages()).toHaveLength(before)
})

it('posts nothing where others read', async () => {
  for (const channelId of ['disclosure-portal', 'wechat-official', 'wechat-group', 'qq-group'])
    await expect(ask('沈文书', channelId)).rejects.toMatchObject(refusal('act-not-possible'))
  await expect(ask('沈文书', 'email', { roadId: 'none' })).rejects.toMatchObject(
    refusal('not-found'),
  )
})
