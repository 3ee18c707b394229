/** Apprise: one library call for many targets, each a JSON request of its own. It keeps nothing at all: no
 *  log, no retry after a crash. */
import { readFileSync } from 'node:fs'
import { numberOf, openWorkshop } from './daemon.ts'
import { peerOrders, tell } from './orders.ts'

const { count, calls } = peerOrders()
const workshop = openWorkshop()
const { host } = new URL(calls.url)
const targets = Array.from(
  { length: count },
  (_, index) => `json://${host}/apprise?-to=${numberOf(index)}`,
)
const list = workshop.write('targets.txt', targets.join('\n'))
const words = workshop.write('text.txt', calls.text)
const script = workshop.write(
  'send.py',
  `import sys, time, resource
from apprise import Apprise
targets, words = (open(path, encoding='utf-8').read() for path in sys.argv[1:3])
sender = Apprise()
for target in targets.splitlines():
    if not sender.add(target): sys.exit(2)
begun = time.monotonic()
done = sender.notify(body=words)
print(time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(0 if done else 1)
`,
)
const said = script.replace('send.py', 'said.txt')
const child = workshop.start('sh', ['-c', `python3 ${script} ${list} ${words} > ${said}`])
const code = await new Promise((resolve) => child.once('exit', resolve))
if (code !== 0) throw new Error(`apprise ended with ${String(code)}`)
const [seconds = 0, peakKb = 0] = readFileSync(said, 'utf8').trim().split(' ').map(Number)
await workshop.close()
tell(seconds, Math.round(peakKb / 1024))
