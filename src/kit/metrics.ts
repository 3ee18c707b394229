/** Numbers of a process for Prometheus. A label is a short word of ours and of a bounded list: whatever
 *  looks like a number, a name or one word too many is counted as `other`. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LABEL = /^[a-z][a-z-]{0,39}$/
const SERIES_MAX = 500
const OTHER = 'other'

type Labels = Readonly<Record<string, string>>

export interface Metrics {
  counter(
    name: string,
    help: string,
    labels?: readonly string[],
  ): (labels?: Labels, by?: number) => void
  gauge(
    name: string,
    help: string,
    labels?: readonly string[],
  ): (value: number, labels?: Labels) => void
  /** `bounds` in the unit of the name */
  histogram(name: string, help: string, bounds: readonly number[]): (value: number) => void
  /** Asked before each reading; what it cannot find out is left as it was. */
  before(collect: () => Promise<void>): void
  /** the text of one reading, and what it is */
  read(): Promise<{ readonly type: string; readonly text: string }>
}

/** `process`: with the memory, the CPU and the event loop of this process. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry()
  const collectors: (() => Promise<void>)[] = []
  if (options.process) collectDefaultMetrics({ register: registry })
  const bounded = boundedTo(SERIES_MAX)
  return {
    counter(name, help, labels = []) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers: [registry] })
      // A counter that was never raised is shown as 0, so that its first raise is seen as one.
      if (labels.length === 0) counter.inc(0)
      return (given = {}, by = 1) => counter.inc(bounded(name, given), by)
    },
    gauge(name, help, labels = []) {
      const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [registry] })
      return (value, given = {}) => gauge.set(bounded(name, given), value)
    },
    histogram(name, help, bounds) {
      const histogram = new Histogram({ name, help, buckets: [...bounds], registers: [registry] })
      return (value) => histogram.observe(value)
    },
    before(collect) {
      collectors.push(collect)
    },
    async read() {
      await Promise.allSettled(collectors.map((collect) => collect()))
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

function boundedTo(max: number): (name: string, labels: Labels) => Record<string, string> {
  const seen = new Map<string, Set<string>>()
  return (name, labels) => {
    const words = Object.entries(labels).map(([label, word]) => [
      label,
      LABEL.test(word) ? word : OTHER,
    ])
    const known = seen.get(name) ?? new Set()
    seen.set(name, known)
    const key = JSON.stringify(words)
    if (!known.has(key) && known.size >= max)
      return Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]))
    known.add(key)
    return Object.fromEntries(words)
  }
}
