/** 人工代发: 1,200 groups in one dispatch, in the hands of three people; and a place posted by hand. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { byHand } from '../../channels/by-hand.ts'
import { confirmByHand } from '../../src/hub/confirm.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { handText } from '../../src/hub/hand-text.ts'
import type { HandTask } from '../../src/hub/ports/hand.ts'
import { stop } from '../../src/hub/stop.ts'
import { addContacts } from '../../src/store/contacts/contacts.ts'
import type { NewChannel } from '../../src/store/founding.ts'
import {
  type Bureau,
  CHANNELS,
  drain,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  signed,
} from '../support/bureau.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Forger, openForger, statesOf } from '../support/forger.ts'

const GROUPS = 1_200
const KEEPERS: readonly PersonName[] = ['沈文书', '陆保密', '吴值班']
const hand = (addressing: 'place' | 'group') => [
  {
    ...{ id: 'hand', adapter: 'by-hand' },
    settings: {
      ...{ addressing, minutes: { routine: 60 } },
      fields: [
        { label: '标题', content: 'title' },
        { label: '正文', content: 'text' },
      ],
    },
  },
]
const GROUP: NewChannel = {
  ...{ id: 'wechat-group', name: '微信群', line: 'wechat-group', addressing: 'group' },
  ...{ addressKind: 'wechat-group', position: 10, roads: hand('group') },
}
const RADIO: NewChannel = {
  ...{ id: 'press-radio', name: '广播', line: 'press', addressing: 'place' },
  ...{ addressKind: 'place:press-radio', position: 11, roads: hand('place') },
}
const NOTIFY_GROUPS = { channelId: GROUP.id, act: 'notify', audiences: ['media'] } as const

let database: TestDatabase
let bureau: Bureau
let owner: Forger
beforeAll(async () => {
  database = await createTestDatabase()
  const test = openTestHub(database.hubUrl, { adapters: [byHand] })
  bureau = await foundBureau(test, [...CHANNELS, GROUP, RADIO])
  owner = await openForger(database)
  const contacts = Array.from({ length: GROUPS }, (_, index) => ({
    ...{ name: `群主${index}`, audiences: ['media'] },
    addresses: [
      {
        ...{ kind: 'wechat-group', value: `安全生产${index}群` },
        keeperId: bureau.id(KEEPERS[index % KEEPERS.length] ?? '沈文书'),
      },
    ],
  }))
  await addContacts(test.connection.db, test.keys, bureau.agencyId, contacts)
})
afterAll(async () => {
  await owner.close()
  await bureau.test.close()
  await database.drop()
})

const after = (minutes: number) => new Date(MORNING.getTime() + minutes * 60_000)
const tasks = (dispatchId: number, keeper?: PersonName): Promise<readonly HandTask[]> =>
  bureau.test.hub.store.transact(bureau.agencyId, (tx) =>
    tx.openTasks({
      ...{ dispatchId, limit: 5_000 },
      ...(keeper === undefined ? {} : { keeperId: bureau.id(keeper) }),
    }),
  )
const progress = async (dispatchId: number, at = MORNING) => {
  const rows = await bureau.test.hub.store.transact(bureau.agencyId, (tx) => tx.handProgress(at))
  const { total, done, open, overdue, cancelled } =
    rows.find((row) => row.dispatchId === dispatchId) ?? {}
  return { total, done, open, overdue, cancelled }
}
const confirm = (
  by: PersonName,
  taskIds: readonly number[],
  more: { url?: string; pictureHash?: string; occurredAt?: Date; at?: Date } = {},
) =>
  confirmByHand(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, by: bureau.id(by), taskIds, at: MORNING, ...more },
  })
const idsOf = (list: readonly HandTask[]) => list.map((task) => task.id)
const year = (n = 2026) => countYear(bureau.test.hub, bureau.agencyId, n)
const noDrift = async () => expect(await verifyLog(bureau.test.hub, bureau.agencyId)).toEqual([])
const refusal = (code: string) => ({ refusal: { code } })

it('1,200 groups: tasks per keeper, confirmed singly, in ranges and by two people at once', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY_GROUPS], { title: '防台风通知' })
  const [dispatchId = 0] = dispatchIds
  await drain(bureau)
  expect(await statesOf(owner, dispatchId)).toEqual({ awaiting: GROUPS })
  expect((await year()).broadcasts).toBe(0)
  const own = await tasks(dispatchId, '沈文书')
  expect(own).toHaveLength(GROUPS / KEEPERS.length)
  // In the order of the list within a batch, so that a range is what stands together on the phone.
  // Two batches are written at once; the first one holds the first thousand groups.
  const together = own.filter(({ target }) => Number(/\d+/.exec(target)?.[0]) < 1_000)
  const place = (group: number) =>
    together.findIndex((task) => task.target === `安全生产${group}群`)
  expect(place(3) - place(0)).toBe(1)
  expect(together[place(0)]).toMatchObject({ keeperName: '沈文书', title: '防台风通知' })
  const shown = { agencyId: bureau.agencyId, taskId: own[0]?.id ?? 0 }
  expect(await handText(bureau.test.hub, shown)).toMatchObject({ '1 标题': '防台风通知' })

  // One with its link, then a range with a picture.
  await confirm('沈文书', [own[0]?.id ?? 0], { url: 'https://group.test/1' })
  expect((await year()).broadcasts).toBe(1)
  await confirm('沈文书', idsOf(own), { pictureHash: 'ab'.repeat(32) })
  expect(await progress(dispatchId)).toEqual({
    ...{ total: GROUPS, done: 400, open: 800, overdue: 0, cancelled: 0 },
  })
  expect(await progress(dispatchId, after(61))).toMatchObject({ open: 800, overdue: 800 })

  // Two people confirm overlapping ranges in the same moment: each task has one confirmer.
  const rest = idsOf(await tasks(dispatchId))
  const [one, two] = await Promise.all([
    confirm('陆保密', rest.slice(0, 600)),
    confirm('吴值班', rest.slice(200).reverse()),
  ])
  expect(one.length + two.length).toBe(800)
  expect(new Set([...one, ...two]).size).toBe(800)
  await expect(confirm('陆保密', rest)).rejects.toMatchObject(refusal('not-a-task'))
  expect(await statesOf(owner, dispatchId)).toEqual({ delivered: GROUPS })
  // Whatever the number of groups and keepers: one broadcast, no publication.
  expect(await year()).toMatchObject({ broadcasts: 1, publications: 0, messages: 0 })
  await noDrift()
})

it('refuses a time to come, an address that is none, an unknown task and too many at once', async () => {
  const { dispatchIds } = await signed(bureau, [NOTIFY_GROUPS])
  await drain(bureau)
  const [first = 0] = idsOf(await tasks(dispatchIds[0] ?? 0))
  const refused: [string, Parameters<typeof confirm>[1], Parameters<typeof confirm>[2]][] = [
    ['window-invalid', [first], { occurredAt: after(1) }],
    ['payload-problem', [first], { url: 'javascript:alert(1)' }],
    ['payload-problem', [first], { url: `http://a.test/${'x'.repeat(2_000)}` }],
    ['not-a-task', [999_999], {}],
    ['not-a-task', [], {}],
    ['too-long', Array.from({ length: 5_001 }, (_, index) => index), {}],
  ]
  for (const [code, taskIds, more] of refused)
    await expect(confirm('沈文书', taskIds, more)).rejects.toMatchObject(refusal(code))
  expect(await progress(dispatchIds[0] ?? 0)).toMatchObject({ done: 0, open: GROUPS })
})

it('a stop cancels what is open and leaves what was posted', async () => {
  const { dispatchIds, bulletinId } = await signed(bureau, [NOTIFY_GROUPS])
  const [dispatchId = 0] = dispatchIds
  await drain(bureau)
  const ids = idsOf(await tasks(dispatchId))
  await confirm('沈文书', ids.slice(0, 200))
  await stop(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, by: bureau.id('吴值班') },
    ...{ reason: '名称有误', at: MORNING },
  })
  expect(await progress(dispatchId)).toMatchObject({ done: 200, open: 0, cancelled: 1_000 })
  expect(await statesOf(owner, dispatchId)).toEqual({ delivered: 200, cancelled: 1_000 })
  await expect(confirm('沈文书', ids)).rejects.toMatchObject(refusal('not-a-task'))
  await noDrift()
})

it('a place posted by hand counts once confirmed, in the year it stood there', async () => {
  const signedAt = new Date('2026-12-31T23:50:00+08:00')
  const before = [await year(2026), await year(2027)].map((one) => one.publications)
  const orders = [{ channelId: RADIO.id, act: 'publish' } as const]
  const { dispatchIds } = await signed(bureau, orders, { at: signedAt })
  await drain(bureau, signedAt)
  expect((await year(2026)).publications).toBe(before[0])
  const [task] = await tasks(dispatchIds[0] ?? 0)
  expect(task?.target).toBe('广播')
  await confirm('沈文书', [task?.id ?? 0], {
    ...{ at: new Date('2027-01-01T08:00:00+08:00') },
    ...{ occurredAt: new Date('2026-12-31T23:59:30+08:00') },
  })
  const totals = await year(2026)
  expect(totals.publications).toBe((before[0] ?? 0) + 1)
  expect((await year(2027)).publications).toBe(before[1])
  expect(totals.channels.find((one) => one.id === RADIO.id)).toMatchObject({
    ...{ publications: 1, manual: 0 },
  })
  await noDrift()
})
