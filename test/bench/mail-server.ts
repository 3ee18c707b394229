/** The mail simulator in a process of its own, so that neither the hub nor the floor pays for it. It tells
 *  its port, and after each message to it what it has taken; a message sets the share of recipients whose
 *  first attempt is put off. */
import { startMailSimulator } from '../../src/simulator/mail.ts'

export interface MailOrders {
  readonly faultPercent: number
}

export interface MailCounts {
  /** messages and distinct recipients since the last orders */
  readonly taken: number
  readonly distinct: number
  readonly doubled: number
}

const mail = await startMailSimulator({ keepMax: 0 })
let before = new Map(mail.counts())
let takenBefore = 0

function counts(): MailCounts {
  let distinct = 0
  let doubled = 0
  for (const [line, count] of mail.counts()) {
    const own = count - (before.get(line) ?? 0)
    if (own > 0) distinct++
    if (own > 1) doubled += own - 1
  }
  return { taken: mail.accepted() - takenBefore, distinct, doubled }
}

function putOff(faultPercent: number): void {
  const every = Math.round(100 / faultPercent)
  const met = new Set<string>()
  mail.setFault('recipient-450', (recipient) => {
    const number = Number(/\d+/.exec(recipient)?.[0] ?? 0)
    if (number % every !== 0 || met.has(recipient)) return false
    met.add(recipient)
    return true
  })
}

process.on('message', ({ faultPercent }: MailOrders) => {
  const answer = counts()
  before = new Map(mail.counts())
  takenBefore = mail.accepted()
  if (faultPercent > 0) putOff(faultPercent)
  else mail.setFault('none')
  process.send?.(answer)
})
process.once('disconnect', () => process.exit(0))
process.send?.({ port: mail.port })
