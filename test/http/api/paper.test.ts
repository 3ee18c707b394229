/** A leader signs on paper: the printed code, the sheet entered by one and compared by another; and one of
 *  two copies on a place marked, so that it never counts. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPhones, drain, MORNING, NOTIFY, PUBLISH } from '../../support/bureau.ts'
import { type Answer, type Desk, draft, openDesk } from './desk.ts'

let desk: Desk
let leader = 0
let sheetHash = ''
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter'])
  await desk.enter('han', ['section-head'])
  await desk.enter('lu', ['secrecy-reviewer'])
  leader = await desk.enter('qian', ['leader'])
  await addPhones(desk.bureau, 3)
  const photo = { content: Buffer.from('照片'), mediaType: 'image/jpeg', at: MORNING }
  sheetHash = (await desk.settings.blobs(desk.bureau.agencyId).put(photo)).sha256
})
afterAll(() => desk.close())

const post = (as: string, path: string, body: unknown = {}): Promise<Answer> =>
  desk.call('POST', path, { as, body })
const get = (as: string, path: string) => desk.call('GET', path, { as })

async function reviewed(title: string) {
  const { body } = await post('shen', '/bulletins', draft(title))
  const { bulletinId, hash: seenHash } = body
  const at = `/bulletins/${bulletinId}`
  await post('shen', `${at}/submit`, { seenHash })
  await post('lu', `${at}/review`, { seenHash, opinion: 'public' })
  return { at, bulletinId, seenHash }
}

it('signed by two clerks who compared the sheet, and by nobody before', async () => {
  const { at, bulletinId, seenHash } = await reviewed('纸上签发的通知')
  const subject = { seenHash, orders: [PUBLISH, NOTIFY], signerId: leader }
  const printed = await post('shen', `${at}/paper-code`, subject)
  expect(printed.body).toMatchObject({ bulletinId, hash: seenHash })
  const { code } = printed.body
  const other = await post('shen', `${at}/paper-code`, { ...subject, orders: [PUBLISH] })
  expect(other.body.code).not.toBe(code)
  const sheet = { ...subject, printedCode: code, sheetHash }
  const lost = await post('shen', `${at}/paper-sheets`, { ...sheet, sheetHash: 'c'.repeat(64) })
  expect(lost).toMatchObject({ status: 404, body: { field: 'sheetHash' } })
  const mistyped = await post('shen', `${at}/paper-sheets`, {
    ...sheet,
    printedCode: other.body.code,
  })
  expect(mistyped.body.code).toBe('paper-mismatch')
  const entered = await post('shen', `${at}/paper-sheets`, sheet)
  expect(entered.status).toBe(201)
  const { sheetId } = entered.body
  const { body: waiting } = await get('han', '/paper-sheets?waiting=true')
  expect(waiting.items).toMatchObject([
    { id: sheetId, bulletinId, signer: 'qian同志', enteredByName: 'shen同志', sheetHash },
  ])
  const confirm = `/paper-sheets/${sheetId}/confirm`
  const self = await post('shen', confirm, { printedCode: code })
  expect(self).toMatchObject({ status: 403, body: { code: 'confirmer-is-enterer' } })
  const signed = await post('han', confirm, { printedCode: code.toUpperCase() })
  expect(signed.body.dispatchIds).toHaveLength(2)
  expect((await post('han', confirm, { printedCode: code })).body.code).toBe('already-confirmed')
  expect((await get('han', '/paper-sheets?waiting=true')).body.items).toEqual([])
  const { body: all } = await get('han', `/paper-sheets?bulletinId=${bulletinId}`)
  expect(all.items).toMatchObject([{ signatureId: signed.body.signatureId }])
  const papers = await get('lu', at)
  expect(papers.body.signatures).toMatchObject([{ clearance: 'paper', signerId: leader }])
})

it('prints no code for a text that was edited, and only for a leader', async () => {
  const { at, seenHash } = await reviewed('改过的纸上通知')
  const subject = { seenHash, orders: [PUBLISH], signerId: leader }
  const stale = await post('shen', `${at}/paper-code`, { ...subject, seenHash: 'd'.repeat(64) })
  expect(stale.body.code).toBe('not-latest-revision')
  const { body: me } = await get('shen', '/me')
  const clerk = await post('shen', `${at}/paper-code`, { ...subject, signerId: me.personId })
  expect(clerk).toMatchObject({ status: 422, body: { field: 'signerId' } })
  const unknown = await post('shen', `${at}/paper-code`, { ...subject, signerId: 999_999 })
  expect(unknown).toMatchObject({ status: 404, body: { field: 'signerId' } })
})

it('the second copy on a place is marked and counts no more', async () => {
  const publish = async (title: string, channelId = 'board') => {
    const { at, bulletinId, seenHash } = await reviewed(title)
    await post('qian', `${at}/sign`, { seenHash, orders: [{ channelId, act: 'publish' }] })
    await drain(desk.bureau)
    const { body } = await get('lu', `/publications?bulletinId=${bulletinId}`)
    return body.items[0].id
  }
  const first = await publish('同一件事的通知')
  const second = await publish('同一件事情的通知')
  const elsewhere = await publish('同一件事的另一渠道', 'network')
  const counted = async () => (await get('lu', '/totals?year=2026')).body.publications
  const before = await counted()
  const mark = `/publications/${second}/mark-duplicate`
  expect((await post('shen', mark, { of: elsewhere })).body).toMatchObject({ field: 'of' })
  expect((await post('shen', mark, { of: second })).body.code).toBe('not-published')
  expect((await post('shen', mark, { of: first })).body).toEqual({ id: second, duplicateOf: first })
  expect((await get('lu', `/publications/${second}`)).body.duplicateOf).toBe(first)
  expect(await counted()).toBe(before - 1)
})
