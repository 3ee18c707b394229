/** A carrier adapter under measure: from the first `send` until every message has its answer, in batches as the
 *  hub makes them. Prints seconds and peak memory. */
import { openLineTo, type Spoken, TEXT } from './carrier-channel.ts'

interface Orders {
  readonly protocol: Spoken
  readonly port: number
  readonly window: number
  readonly count: number
}

async function measure({ protocol, port, window, count }: Orders) {
  const channel = openLineTo(protocol, port, window)
  const { batchMax, concurrencyMax } = channel.capabilities
  const signal = new AbortController().signal
  let next = 0
  let accepted = 0
  const lane = async () => {
    while (next < count) {
      const from = next
      next = Math.min(count, from + batchMax)
      const recipients = Array.from({ length: next - from }, (_, index) => {
        const number = String(from + index).padStart(8, '0')
        return { key: `1.1.${from + index}`, address: `139${number}` }
      })
      const outcomes = await channel.send(
        {
          ...{ key: `1.1.${from}`, agencyId: 1, bulletinId: 1, categoryId: 'notice' },
          ...{ act: 'notify', mode: 'earnest', fields: { text: TEXT }, recipients },
          ...{ at: new Date(), attachments: [] },
        },
        signal,
      )
      accepted += outcomes.filter(({ kind }) => kind === 'accepted').length
    }
  }
  await channel.health()
  const begun = performance.now()
  await Promise.all(Array.from({ length: concurrencyMax }, lane))
  const seconds = (performance.now() - begun) / 1000
  await channel.close()
  if (accepted !== count) throw new Error(`${accepted} of ${count} were accepted`)
  return { seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))
