/** Who looks a number up leaves no number behind: not in the log, not in what is answered when it fails. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPhones } from '../../support/bureau.ts'
import { type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  await desk.enter('shen', ['drafter', 'operator'])
  await addPhones(desk.bureau, 3)
})
afterAll(() => desk.close())

const NUMBER = '13900000001'

it.each([
  `/contacts?name=${NUMBER}`,
  `/contacts?tag=${NUMBER}&area=${NUMBER}`,
  `/contacts?name=%00${NUMBER}`,
  `/contacts?name=${NUMBER}&name=${NUMBER}`,
  `/contacts?cursor=${NUMBER}`,
  `/contacts?${NUMBER}=1`,
  `/contacts/${NUMBER}`,
  `/contacts/+86-${NUMBER}`,
  `/reach?channelId=wire&audiences=${NUMBER}`,
])('%s', async (path) => {
  desk.logged.length = 0
  const { status, body } = await desk.call('GET', path, { as: 'shen' })
  expect(status).toBeLessThan(500)
  expect(JSON.stringify(body)).not.toContain(NUMBER)
  expect(desk.logged.length).toBeGreaterThan(0)
  expect(desk.logged.join('\n')).not.toContain(NUMBER)
})

it.each([{ [NUMBER]: 1 }, { categoryId: NUMBER }, { title: NUMBER.repeat(5_000) }])(
  'a body of %j',
  async (body) => {
    desk.logged.length = 0
    const answer = await desk.call('POST', '/bulletins', { as: 'shen', body })
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer.body)).not.toContain(NUMBER)
    expect(desk.logged.join('\n')).not.toContain(NUMBER)
  },
)
