/** What is told is counted and written down under its bulletin's trace; what was planted does not come out. */
import { expect, it } from 'vitest'
import type { WatchFact } from '../../src/hub/ports/watch.ts'
import { createWatch } from '../../src/hub/watch.ts'
import { createLog } from '../../src/kit/log.ts'
import { createMetrics } from '../../src/kit/metrics.ts'
import { MORNING } from '../support/bureau.ts'

const NAMES = {
  agencyId: 1,
  dispatchId: 7,
  channelId: 'sms',
  roadId: 'main',
  batchId: 8,
  attemptId: 9,
}
const OF = { ...NAMES, lane: 'urgent' } as const

function watching(bulletinOf: (agencyId: number, id: number) => Promise<number | undefined>) {
  const lines: Record<string, unknown>[] = []
  const to = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const metrics = createMetrics()
  const now = () => new Date(MORNING.getTime() + 400)
  const watch = createWatch({ log: createLog({ to }), metrics, now, bulletinOf })
  return { watch, lines, metrics }
}

const called: WatchFact = {
  ...{ step: 'attempt', adapter: 'sms', recipients: 3, attempts: 1, notBefore: MORNING, ...OF },
}

it('keeps one trace from the signature to the receipt, also of what another process signed', async () => {
  const asked: number[] = []
  const { watch, lines } = watching(async (_, id) => {
    asked.push(id)
    return 42
  })
  watch.tell({ step: 'sign', agencyId: 1, bulletinId: 5, dispatchIds: [7] })
  watch.tell(called)
  watch.tell({
    ...{ step: 'settle', adapter: 'sms', late: false, outcomes: { accepted: 3 } },
    ...{ states: { accepted: 3 }, ...OF },
  })
  expect(lines.map((line) => [line['msg'], line['trace']])).toEqual([
    ['sign', 'b1-5'],
    ['attempt', 'b1-5'],
    ['settle', 'b1-5'],
  ])
  expect(lines[1]).toMatchObject({ dispatchId: 7, batchId: 8, attemptId: 9 })
  watch.tell({ ...called, dispatchId: 70 })
  watch.tell({
    ...{ step: 'receipt', agencyId: 1, channelId: 'sms', roadId: 'main', moved: 2 },
    dispatchIds: [7, 70],
  })
  while (lines.length < 5) await new Promise((resolve) => setImmediate(resolve))
  expect(lines.slice(3).map((line) => line['trace'])).toEqual(['b1-42', 'b1-5 b1-42'])
  expect(asked).toContain(70)
  expect(asked).not.toContain(7)
})

it('writes the line without its trace when nobody can say it', async () => {
  const { watch, lines } = watching(() => Promise.reject(new Error('no database')))
  watch.tell(called)
  while (lines.length < 1) await new Promise((resolve) => setImmediate(resolve))
  expect(lines[0]).toMatchObject({ msg: 'attempt', attemptId: 9 })
})

it('lets neither a number nor a secret that was planted into log or numbers', async () => {
  const { watch, lines, metrics } = watching(async () => 5)
  const planted = { token: 'hunter2', to: '13812345678', deep: { mailbox: 'wang@example.cn' } }
  watch.tell({ step: 'sign', agencyId: 1, bulletinId: 5, dispatchIds: [7] })
  watch.tell({ ...called, ...planted, adapter: '13812345678' })
  watch.tell({ ...OF, step: 'refuse', reason: 'call 13812345678 with ?token=hunter2' })
  const { text } = await metrics.read()
  expect(lines).toHaveLength(3)
  expect(JSON.stringify(lines) + text).not.toMatch(/hunter2|13812345678|wang@/)
  expect(text).toContain('duoling_refused_total{reason="other"} 1')
})

it('observes the first call of a dispatch once', async () => {
  const { watch, metrics } = watching(async () => 5)
  watch.tell(called)
  watch.tell({ ...called, batchId: 10, attemptId: 11 })
  watch.tell({ ...called, dispatchId: 8, attempts: 2 })
  const { text } = await metrics.read()
  expect(text).toContain('duoling_first_call_seconds_count 1')
  expect(text).toContain('duoling_first_call_seconds_sum 0.4')
  expect(text).toContain('duoling_attempts_total{adapter="sms",lane="urgent"} 3')
})
