/** The carriers' simulators in a process of their own, so that neither the adapter nor the floor pays for them. It
 *  tells its ports, and after each message to it how many submissions it took since the last one. */
import { startCmppSimulator } from '../../src/simulator/cmpp.ts'
import { startSmppSimulator } from '../../src/simulator/smpp.ts'

const smpp = await startSmppSimulator({ keepMax: 0 })
const cmpp = await startCmppSimulator('3.0', {
  ...{ keepMax: 0, account: { user: '901234', secret: 'simul8' } },
})
let before = 0

process.on('message', () => {
  const now = smpp.submits() + cmpp.submits()
  process.send?.({ taken: now - before })
  before = now
})
process.once('disconnect', () => process.exit(0))
process.send?.({ smpp: smpp.port, cmpp: cmpp.port })
