/** So many at once and no more, in the order of the list; a token fetched once however many ask. */
import { expect, it } from 'vitest'
import { inTurn, inTurnUntil } from '../../src/kit/in-turn.ts'
import { keepToken } from '../../src/kit/token-keeper.ts'

it('keeps the order and never works on more than it may', async () => {
  let open = 0
  let most = 0
  const results = await inTurn([5, 1, 3, 2, 4], 2, async (item, index) => {
    open += 1
    most = Math.max(most, open)
    for (let turn = 0; turn < item; turn++) await Promise.resolve()
    open -= 1
    return `${index}:${item}`
  })
  expect(results).toEqual(['0:5', '1:1', '2:3', '3:2', '4:4'])
  expect(most).toBe(2)
  expect(await inTurn([], 4, async () => 1)).toEqual([])
})

it('works on nothing more once a result says that the next would meet the same', async () => {
  const worked: number[] = []
  const work = async (item: number) => {
    worked.push(item)
    return item === 2 ? 'closed' : 'done'
  }
  const end = {
    stops: (one: string) => one === 'closed',
    rest: (one: string) => `not tried: ${one}`,
  }
  expect(await inTurnUntil([1, 2, 3, 4], 1, work, end)).toEqual({
    ...{ results: ['done', 'closed', 'not tried: closed', 'not tried: closed'], stopped: 'closed' },
  })
  expect(worked).toEqual([1, 2])
  expect((await inTurnUntil([1, 3], 2, work, end)).stopped).toBeUndefined()
})

it('a token is fetched once for all who ask, kept, and fetched again only when it was dropped', async () => {
  let fetched = 0
  const keeper = keepToken<string>(async () => {
    await Promise.resolve()
    fetched += 1
    return fetched === 3 ? { fault: 'no' } : { token: `t${fetched}` }
  })
  expect(await Promise.all([keeper.take(), keeper.take()])).toEqual([
    { token: 't1' },
    { token: 't1' },
  ])
  keeper.drop('another')
  expect(await keeper.take()).toEqual({ token: 't1' })
  keeper.drop('t1')
  expect(await keeper.take()).toEqual({ token: 't2' })
  // Whoever was told late that the old one had run out takes nothing away.
  keeper.drop('t1')
  expect(await keeper.take()).toEqual({ token: 't2' })
  keeper.drop('t2')
  // A fault is not kept.
  expect(await keeper.take()).toEqual({ fault: 'no' })
  expect(await keeper.take()).toEqual({ token: 't4' })
})
