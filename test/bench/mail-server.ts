/** The mail simulator in a process of its own, so that neither the hub nor the floor pays for it. Prints its
 *  port, and after each line on its input how many messages it has taken. */
import { createInterface } from 'node:readline'
import { startMailSimulator } from '../../src/simulator/mail.ts'

const mail = await startMailSimulator({ keepMax: 0 })
console.log(mail.port)
createInterface(process.stdin)
  .on('line', () => console.log(mail.accepted()))
  .once('close', () => process.exit(0))
