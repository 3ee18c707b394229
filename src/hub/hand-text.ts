/** What a person copies to a platform is verified like what a machine sends: it refuses a text that is
 *  not the signed one, and a task that was taken back. */
import type { FilledFields } from '../domain/payload.ts'
import { Refused } from '../domain/refusal.ts'
import type { Hub } from './ports.ts'
import { verifyDispatch } from './verify.ts'

/** Copy-ready fields by name, in the order of the platform's own form. */
export async function handText(
  hub: Hub,
  request: { readonly agencyId: number; readonly taskId: number },
): Promise<FilledFields> {
  const { agencyId, taskId } = request
  const task = await hub.store.transact(agencyId, (tx) => tx.taskRoad(taskId))
  if (!task) throw new Refused({ code: 'not-a-task', detail: String(taskId) })
  if (task.state === 'cancelled') throw new Refused({ code: 'stopped' })
  const { channelId, roadId, dispatchId } = task
  const cleared = await verifyDispatch(hub, { agencyId, channelId, roadId }, dispatchId)
  if (typeof cleared === 'string') throw new Refused({ code: cleared, field: channelId })
  const fields = Object.entries(cleared.payload.fields)
  return Object.fromEntries(
    // A form for a person has no hole: what is not known at signing, the person writes.
    fields.map(([name, parts]) => [
      name,
      parts.map((part) => (typeof part === 'string' ? part : '')).join(''),
    ]),
  )
}
