/** A label is a word of a bounded list; a number, an address or one word too many is counted as `other`. */
import { expect, it } from 'vitest'
import { createMetrics } from '../../src/kit/metrics.ts'

it('counts, sets and observes under the names it was given', async () => {
  const metrics = createMetrics()
  const count = metrics.counter('calls_total', 'Calls', ['lane'])
  const depth = metrics.gauge('depth', 'Depth')
  const seconds = metrics.histogram('seconds', 'Seconds', [1, 5])
  metrics.counter('never_total', 'Never')
  metrics.before(async () => depth(7))
  count({ lane: 'urgent' })
  count({ lane: 'urgent' }, 2)
  seconds(3)
  const { text, type } = await metrics.read()
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(text).toContain('calls_total{lane="urgent"} 3')
  expect(text).toContain('\ndepth 7')
  expect(text).toContain('seconds_bucket{le="1"} 0')
  expect(text).toContain('seconds_bucket{le="5"} 1')
  expect(text).toContain('never_total 0')
})

it('lets no number, no address and no flood of words into a label', async () => {
  const metrics = createMetrics()
  const count = metrics.counter('calls_total', 'Calls', ['who'])
  for (const who of ['13812345678', 'a@example.cn', 'b1-2', '王芳', 'A"b']) count({ who })
  expect((await metrics.read()).text).toContain('calls_total{who="other"} 5')
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  for (const a of letters) for (const b of letters) count({ who: `word-${a}${b}` })
  const { text } = await metrics.read()
  expect(
    text.split('\n').filter((line) => line.startsWith('calls_total{')).length,
  ).toBeLessThanOrEqual(500)
})

it('goes on when something cannot be found out', async () => {
  const metrics = createMetrics()
  const depth = metrics.gauge('depth', 'Depth')
  depth(4)
  metrics.before(() => Promise.reject(new Error('no database')))
  expect((await metrics.read()).text).toContain('\ndepth 4')
})
