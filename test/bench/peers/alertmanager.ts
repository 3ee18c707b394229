/** Alertmanager: each recipient is an alert of its own group, and each group one webhook call. It keeps its
 *  notification log in memory. No addresses at rest, no counts, no signature. */
import { freePorts, numberOf, openWorkshop, textAt, until } from './daemon.ts'
import { peerOrders, tell } from './orders.ts'

const ALERTS_A_CALL = 500

const { count, calls } = peerOrders()
const [port] = await freePorts(1)
const workshop = openWorkshop()
const configuration = workshop.write(
  'alertmanager.yml',
  `route:
  receiver: sink
  group_by: ['to']
  group_wait: 0s
  group_interval: 1h
  repeat_interval: 24h
receivers:
  - name: sink
    webhook_configs:
      - url: '${new URL('/alertmanager', calls.url)}'
        send_resolved: false
`,
)
const own = `http://127.0.0.1:${port}`
workshop.start('prometheus-alertmanager', [
  ...[`--config.file=${configuration}`, `--web.listen-address=127.0.0.1:${port}`],
  ...['--storage.path=./data', '--cluster.listen-address=', '--log.level=error'],
])
await until('alertmanager', async () => (await textAt(`${own}/-/ready`)) !== '')
const begun = performance.now()
for (let from = 0; from < count; from += ALERTS_A_CALL) {
  const size = Math.min(ALERTS_A_CALL, count - from)
  const alerts = Array.from({ length: size }, (_, index) => ({
    labels: { alertname: 'notice', to: numberOf(from + index) },
    annotations: { text: calls.text },
  }))
  const answer = await fetch(`${own}/api/v2/alerts`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify(alerts),
  })
  if (!answer.ok) throw new Error(`alertmanager said ${answer.status}`)
}
await until('the last notification', async () => {
  const said = await textAt(`${own}/metrics`)
  const sent =
    /alertmanager_notification_latency_seconds_count\{integration="webhook"\} (\S+)/.exec(said)?.[1]
  return Number(sent ?? 0) >= count
})
const seconds = (performance.now() - begun) / 1000
const peakMb = workshop.peakMb()
await workshop.close()
tell(seconds, peakMb)
