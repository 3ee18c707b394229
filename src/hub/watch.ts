/** Counts what the doors tell and writes it down, each line under the trace of its bulletin. It keeps no
 *  text and no address, and what it cannot write disturbs nobody. */
import type { Log } from '../kit/log.ts'
import type { Metrics } from '../kit/metrics.ts'
import type { Watch, WatchFact } from './ports/watch.ts'

const TRACES_MAX = 10_000
const CALLED_MAX = 10_000
const FIRST_CALL_SECONDS = [0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 15, 60, 600]

export interface WatchParts {
  readonly log: Log
  readonly metrics: Metrics
  now(): Date
  /** Of a dispatch another process signed. */
  bulletinOf(agencyId: number, dispatchId: number): Promise<number | undefined>
}

/** One name from the text to the last attempt: the same in every process, and for every reader of the log. */
function traceOf(agencyId: number, bulletinId: number): string {
  return `b${agencyId}-${bulletinId}`
}

export function createWatch(parts: WatchParts): Watch {
  const count = counters(parts)
  const traces = openTraces(parts)
  const write = (fact: WatchFact, trace: string | undefined) => {
    const { step, ...facts } = fact
    parts.log.info({ trace, ...facts }, step)
  }
  return {
    tell(fact) {
      count(fact)
      const known = traces.of(fact)
      if (typeof known === 'string') write(fact, known)
      // The line is worth more than its trace.
      else
        known.then(
          (trace) => write(fact, trace),
          () => write(fact, undefined),
        )
    },
  }
}

function counters({ metrics, now }: WatchParts): (fact: WatchFact) => void {
  const attempts = metrics.counter('duoling_attempts_total', 'Calls outside', ['adapter', 'lane'])
  const outcomes = metrics.counter(
    ...(['duoling_outcomes_total', 'Recipients by what the outside answered'] as const),
    ['adapter', 'lane', 'outcome'],
  )
  const settled = metrics.counter(
    ...([
      'duoling_deliveries_settled_total',
      'Deliveries by the state an attempt brought them to',
    ] as const),
    ['adapter', 'lane', 'state'],
  )
  const refused = metrics.counter('duoling_refused_total', 'Batches door 5 let nobody call for', [
    'reason',
  ])
  const late = metrics.counter('duoling_late_answers_total', 'Answers after their lease', [
    'adapter',
  ])
  const handedBack = metrics.counter(
    'duoling_handed_back_total',
    'Batches a stopping process gave back',
  )
  const receipts = metrics.counter(
    'duoling_receipts_settled_total',
    'Deliveries that receipts moved',
  )
  const firstCall = metrics.histogram(
    ...([
      'duoling_first_call_seconds',
      'From the signed moment of a dispatch to its first call here',
    ] as const),
    FIRST_CALL_SECONDS,
  )
  const called = new Set<string>()
  return (fact) => {
    if (fact.step === 'attempt') {
      attempts({ adapter: fact.adapter, lane: fact.lane })
      const dispatch = `${fact.agencyId}.${fact.dispatchId}`
      if (fact.attempts > 1 || called.has(dispatch)) return
      if (called.size >= CALLED_MAX) called.clear()
      called.add(dispatch)
      firstCall(Math.max(0, now().getTime() - fact.notBefore.getTime()) / 1_000)
    } else if (fact.step === 'settle') {
      const { adapter, lane } = fact
      for (const [outcome, by] of Object.entries(fact.outcomes))
        outcomes({ adapter, lane, outcome }, by)
      if (fact.late) late({ adapter })
      else
        for (const [state, by] of Object.entries(fact.states)) settled({ adapter, lane, state }, by)
    } else if (fact.step === 'refuse') refused({ reason: fact.reason })
    else if (fact.step === 'hand-back') handedBack()
    else if (fact.step === 'receipt') receipts({}, fact.moved)
  }
}

/** A trace that is known at once is answered at once, so that the lines keep their order. */
function openTraces({ bulletinOf }: WatchParts) {
  const bulletins = new Map<string, number>()
  const keep = (key: string, bulletinId: number) => {
    if (bulletins.size >= TRACES_MAX) bulletins.clear()
    bulletins.set(key, bulletinId)
  }
  const ofDispatch = (
    agencyId: number,
    dispatchId: number,
  ): string | Promise<string | undefined> => {
    const key = `${agencyId}.${dispatchId}`
    const known = bulletins.get(key)
    if (known !== undefined) return traceOf(agencyId, known)
    return bulletinOf(agencyId, dispatchId).then((bulletinId) => {
      if (bulletinId === undefined) return undefined
      keep(key, bulletinId)
      return traceOf(agencyId, bulletinId)
    })
  }
  return {
    of(fact: WatchFact): string | Promise<string | undefined> {
      const { agencyId } = fact
      if (fact.step === 'sign') {
        for (const id of fact.dispatchIds) keep(`${agencyId}.${id}`, fact.bulletinId)
        return traceOf(agencyId, fact.bulletinId)
      }
      if (fact.step !== 'receipt') return ofDispatch(agencyId, fact.dispatchId)
      const all = fact.dispatchIds.map((id) => Promise.resolve(ofDispatch(agencyId, id)))
      return Promise.all(all).then((found) =>
        [...new Set(found.filter((one) => one !== undefined))].join(' '),
      )
    },
  }
}
