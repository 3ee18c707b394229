/** Door 6, the part a person walks: what was posted by hand is confirmed with its link or picture,
 *  singly or in a range. It refuses a task that is not open and a time in the future. */
import { Refused } from '../domain/refusal.ts'
import { actor } from './people.ts'
import type { Hub } from './ports.ts'

const CONFIRM_TASKS_MAX = 5_000
const URL_CHARACTERS_MAX = 2_000

export interface ConfirmRequest {
  readonly agencyId: number
  readonly taskIds: readonly number[]
  readonly by: number
  readonly at: Date
  /** when it stood on the platform; `at` when absent */
  readonly occurredAt?: Date
  readonly url?: string
  /** SHA-256 of a picture kept as a blob, in hex */
  readonly pictureHash?: string
}

/** Answers the tasks that were open; one confirmed before by somebody else is left as it is. */
export async function confirmByHand(hub: Hub, request: ConfirmRequest): Promise<readonly number[]> {
  if (request.taskIds.length <= CONFIRM_TASKS_MAX) await needsNoClipping(hub, request)
  return hub.store.transact(request.agencyId, async (tx) => {
    const { taskIds, at, url } = request
    const occurredAt = request.occurredAt ?? at
    if (taskIds.length > CONFIRM_TASKS_MAX)
      throw new Refused({ code: 'too-long', field: 'tasks', limit: CONFIRM_TASKS_MAX })
    if (occurredAt > at) throw new Refused({ code: 'window-invalid', field: 'occurred-at' })
    if (url !== undefined && !isWebAddress(url))
      throw new Refused({ code: 'payload-problem', field: 'url', limit: URL_CHARACTERS_MAX })
    const person = await actor(tx, request.by, at)
    const { pictureHash } = request
    const confirmed = await tx.confirmTasks({
      ...{ taskIds, at, occurredAt, by: person.id },
      ...(url === undefined ? {} : { url }),
      ...(pictureHash === undefined ? {} : { pictureHash }),
    })
    if (confirmed.length === 0) throw new Refused({ code: 'not-a-task' })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'confirm', subject: 'hand-task' },
      facts: { tasks: confirmed.length, first: confirmed[0] ?? 0, last: confirmed.at(-1) ?? 0 },
    })
    return confirmed
  })
}

/** Where only evidence counts, the word of whoever confirms is not enough; a letter that asked for a
 *  correction or a withdrawal is answered by word. */
async function needsNoClipping(hub: Hub, { agencyId, taskIds }: ConfirmRequest): Promise<void> {
  const roads = await hub.store.transact(agencyId, (tx) => tx.roadsOfTasks(taskIds))
  for (const { channelId, roadId, act } of roads) {
    if (act !== 'publish') continue
    const road = await hub.outside.road(agencyId, channelId, roadId)
    if (road?.channel.capabilities.evidence === 'clipping')
      throw new Refused({ code: 'clipping-needed', field: channelId })
  }
}

function isWebAddress(text: string): boolean {
  if (text.length > URL_CHARACTERS_MAX || !URL.canParse(text)) return false
  return ['http:', 'https:'].includes(new URL(text).protocol)
}
