/** The hub under measure: receipts come in through the callbacks' own route, which answers when they are kept;
 *  they are compared with what was sent meanwhile. Prints the seconds until all are settled, the pace of the
 *  answers, both also while another bulletin is being sent, and peak memory. */
import type { Hono } from 'hono'
import { type App, openApp } from '../../src/app.ts'
import { callbackRoutes } from '../../src/http/callbacks.ts'
import { heardSettled } from '../../src/hub/receipts/receipt.ts'
import { expandRound } from '../../src/hub/sweep.ts'
import { openKeyring } from '../../src/kit/keyring.ts'
import { createLog } from '../../src/kit/log.ts'
import { keepHeapSmall } from '../../src/kit/small-heap.ts'
import { reviewed, signNow, type TestInstallation } from '../support/installation.ts'
import { RIGHT_WORD } from '../support/telling.ts'
import { statesOf } from './opened.ts'
import type { Measure } from './report.ts'
import { told } from './told.ts'

interface Orders {
  readonly hubUrl: string
  readonly folder: string
  readonly people: Omit<TestInstallation, 'app'>
  readonly count: number
  readonly aCall: number
  readonly callers: number
}

export interface ReceiptsFigure extends Measure {
  /** receipts a second, answered and settled, with nothing beside them and while another bulletin was sent */
  readonly answered: number
  readonly answeredWhileSending: number
  readonly settledWhileSending: number
  /** deliveries of it that were settled in that time */
  readonly sentMeanwhile: number
}

async function measure(orders: Orders): Promise<ReceiptsFigure> {
  const { hubUrl, folder, people, count } = orders
  keepHeapSmall()
  const app = await openApp({
    ...{ hubUrl, dataFolder: folder, adapters: [told.adapter], practice: true, queue: false },
    ...{ keyring: await openKeyring(folder), log: createLog({ level: 'error' }) },
    ...{ publicUrl: () => 'http://hub.test', secret: () => undefined },
  })
  const installation: TestInstallation = { app, ...people }
  const routes = callbackRoutes({
    ...{ hub: app.hub, now: () => new Date() },
    onFault(error) {
      throw error
    },
  })
  const drain = async () => {
    while (await expandRound(app.hub, new Date()));
    await app.pump.drain(() => new Date(), { agencyId: people.agencyId })
  }
  const first = await send(installation)
  await drain()
  const alone = await tell(app, routes, orders, namesOfRound())
  await expectAll(app, first, count)
  const second = await send(installation)
  await drain()
  const names = namesOfRound()
  const third = await send(installation)
  const sending = drain()
  const busy = await tell(app, routes, orders, names)
  const { accepted = 0 } = await statesOf(app, [third])
  await sending
  await expectAll(app, second, count)
  await app.close()
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
  return {
    ...{ seconds: alone.settled, peakMb, answered: Math.round(count / alone.answered) },
    answeredWhileSending: Math.round(count / busy.answered),
    settledWhileSending: Math.round(count / busy.settled),
    sentMeanwhile: accepted,
  }
}

async function send(installation: TestInstallation): Promise<number> {
  const draft = { title: '安全生产风险提示', level: 'routine', text: '请做好防范。' } as const
  const paper = await reviewed(installation, draft, new Date())
  const order = { channelId: 'wire', act: 'notify', audiences: ['units'], throughQuietHours: true }
  const { dispatchIds } = await signNow(installation, paper, [order as never], new Date())
  return dispatchIds[0] ?? 0
}

/** Taken from the wire, shuffled the same way each time. */
function namesOfRound(): readonly string[] {
  const names = [...told.named.keys()]
  told.named.clear()
  let seed = 7
  for (let last = names.length - 1; last > 0; last--) {
    seed = (seed * 48_271) % 2_147_483_647
    const other = seed % (last + 1)
    ;[names[last], names[other]] = [names[other] ?? '', names[last] ?? '']
  }
  return names
}

/** Answers the seconds until the last call had its answer, and until the last receipt was settled. */
async function tell(
  { hub }: App,
  routes: Hono,
  orders: Orders,
  names: readonly string[],
): Promise<{ readonly answered: number; readonly settled: number }> {
  const { people, aCall, callers } = orders
  const bodies = Array.from({ length: Math.ceil(names.length / aCall) }, (_, index) =>
    JSON.stringify(
      names
        .slice(index * aCall, (index + 1) * aCall)
        .map((reference) => ({ kind: 'receipt', reference, state: 'delivered' })),
    ),
  )
  const begun = performance.now()
  const caller = async () => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const answer = await routes.request(`/callbacks/${people.agencyId}/wire/main`, {
        ...{ method: 'POST', headers: { 'x-word': RIGHT_WORD }, body },
      })
      if (answer.status !== 200) throw new Error(`a callback was answered with ${answer.status}`)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const answered = (performance.now() - begun) / 1000
  await heardSettled(hub)
  return { answered, settled: (performance.now() - begun) / 1000 }
}

async function expectAll(app: App, dispatchId: number, count: number): Promise<void> {
  const states = await statesOf(app, [dispatchId])
  if (states['delivered'] !== count) throw new Error(JSON.stringify(states))
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}'))))
process.exit(0)
