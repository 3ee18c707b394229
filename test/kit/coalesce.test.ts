/** Work asked for by many at once is done once more, after they asked, and for all of them. */
import { expect, it } from 'vitest'
import { coalesced } from '../../src/kit/coalesce.ts'

/** Work that ends when it is told to. */
function gated() {
  const begun: { key: string; ask: number; end: (error?: Error) => void }[] = []
  const run = coalesced<number>(
    (key, ask) =>
      new Promise((resolve, reject) => {
        begun.push({ key, ask, end: (error) => (error ? reject(error) : resolve()) })
      }),
    Math.max,
  )
  return { begun, run }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('whoever asks meanwhile shares one further run with the greatest asking', async () => {
  const { begun, run } = gated()
  const answered: string[] = []
  const first = run('a', 1).then(() => answered.push('first'))
  const others = [5, 9, 7].map((ask) => run('a', ask).then(() => answered.push('other')))
  await turn()
  expect(begun.map(({ ask }) => ask)).toEqual([1])
  begun[0]?.end()
  await first
  await turn()
  expect(begun.map(({ ask }) => ask)).toEqual([1, 9])
  expect(answered).toEqual(['first'])
  begun[1]?.end()
  await Promise.all(others)
  expect(answered).toHaveLength(4)
})

it('a run that failed fails its own askers only', async () => {
  const { begun, run } = gated()
  const first = expect(run('a', 1)).rejects.toThrow('broken')
  const second = run('a', 2)
  begun[0]?.end(new Error('broken'))
  await first
  await turn()
  begun[1]?.end()
  await second
  const third = run('a', 3)
  expect(begun.map(({ ask }) => ask)).toEqual([1, 2, 3])
  begun[2]?.end()
  await third
})

it('different keys do not wait for each other', () => {
  const { begun, run } = gated()
  void run('a', 1)
  void run('b', 2)
  expect(begun.map(({ key }) => key)).toEqual(['a', 'b'])
})
