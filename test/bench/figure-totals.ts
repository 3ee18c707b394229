/** A year counted, so many times, as the page of totals asks for it, and why somebody did or did not get a
 *  bulletin, each time another one. Prints the milliseconds of each. */
import { type App, openApp } from '../../src/app.ts'
import { countYear } from '../../src/hub/count.ts'
import { why } from '../../src/hub/why.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { ordersOf, peakMb } from './opened.ts'
import { ADAPTERS, type Place } from './stage.ts'

export interface TotalsOrders extends Place {
  readonly year: number
  readonly times: number
  /** bulletins that went to the first `people` of an audience */
  readonly asked?: { readonly bulletinIds: readonly number[]; readonly people: number }
}

export interface Totals {
  readonly ms: readonly number[]
  readonly whyMs: readonly number[]
  readonly peakMb: number
  /** what the last count said, so that the bench can see that it counted */
  readonly publications: number
  readonly deliveries: Readonly<Record<string, number>>
}

async function measure(orders: TotalsOrders): Promise<Totals> {
  const { hubUrl, folder, people, year, times } = orders
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, adapters: ADAPTERS, practice: true, queue: false },
    ...{ keyring: await openKeyring(folder), log: createLog({ level: 'error' }) },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  const ms: number[] = []
  let last = await countYear(app.hub, people.agencyId, year)
  for (let time = 0; time < times; time++) {
    const begun = performance.now()
    last = await countYear(app.hub, people.agencyId, year)
    ms.push(performance.now() - begun)
  }
  const whyMs = await askWhy(app, orders)
  const { publications, deliveries } = last
  await app.close()
  return { ms, whyMs, peakMb: peakMb(), publications, deliveries }
}

async function askWhy(app: App, { people, times, asked }: TotalsOrders): Promise<number[]> {
  if (!asked) return []
  const ms: number[] = []
  for (let time = 0; time < times; time++) {
    const bulletinId = asked.bulletinIds[(time * 7) % asked.bulletinIds.length] ?? 0
    const value = `139${String((time * 7_919) % asked.people).padStart(8, '0')}`
    const who = { kind: 'phone', value } as const
    const begun = performance.now()
    const { answers } = await why(app.hub, {
      agencyId: people.agencyId,
      bulletinId,
      who,
      at: new Date(),
    })
    ms.push(performance.now() - begun)
    if (answers[0]?.state !== 'accepted') throw new Error(`why: ${answers[0]?.reason}`)
  }
  return ms
}

console.log(JSON.stringify(await measure(ordersOf())))
process.exit(0)
