/** Processes that send beside the bench, as `duoling worker` does. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Place } from './stage.ts'

export async function startWorker(place: Place): Promise<ChildProcess> {
  const worker = fork(join(import.meta.dirname, 'figure-worker.ts'))
  const ready = once(worker, 'message')
  worker.send(place)
  await ready
  return worker
}

export async function endWorker(worker: ChildProcess): Promise<number> {
  const said = once(worker, 'message')
  const closed = once(worker, 'close')
  worker.send('end')
  const [{ peakMb }] = (await said) as [{ peakMb: number }]
  await closed
  return peakMb
}
