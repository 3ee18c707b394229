/** `duoling schedule on|off|cancel`: switches standing broadcasts, and takes one firing out of the calendar. */
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import { Refused } from '../domain/refusal.ts'
import { cancelOccurrence } from '../hub/schedule/occurrences.ts'
import { setSchedule } from '../hub/schedule/schedules.ts'
import { actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type VerbRequest } from './command.ts'
import { type Installation, personNamed } from './installation.ts'

/** What an agency set before stays; a new one gets the drafter who is named, or the one who switches. */
export async function switchSchedules(
  installation: Installation,
  request: VerbRequest,
  word: string | undefined,
  enabled: boolean,
) {
  const { app, agencyId, now } = installation
  const ids = STANDING_BROADCASTS.map((one) => one.id)
  if (word === undefined || !(word === 'all' || ids.includes(word)))
    throw new UsageFault(`请写定时编号或 all，可写：${ids.join('、')}`)
  const { personId: by } = personOnly(await actorOf(request, installation))
  const { author } = request.values
  const known = await app.hub.store.transact(agencyId, (tx) => tx.schedules())
  const named = author === undefined ? undefined : await personNamed(app, agencyId, author)
  const chosen = word === 'all' ? ids : [word]
  for (const scheduleId of chosen) {
    const before = known.find((one) => one.id === scheduleId)
    await setSchedule(app.hub, STANDING_BROADCASTS, {
      ...{ agencyId, by, at: now(), scheduleId, enabled },
      authorId: named ?? before?.authorId ?? by,
      parameters: before?.parameters ?? {},
      ...(before?.standingOrderId === undefined ? {} : { standingOrderId: before.standingOrderId }),
    })
  }
  if (request.json) printJson({ schedules: chosen, enabled })
  else print(`已${enabled ? '打开' : '关闭'} ${chosen.length} 项定时播发。`)
  return EXIT.ok
}

export async function cancelOne(
  installation: Installation,
  request: VerbRequest,
  instance: string | undefined,
) {
  const { app, agencyId, now } = installation
  if (instance === undefined) throw new UsageFault('请写某一次的名称，见 duoling schedule next')
  const { personId: by } = personOnly(await actorOf(request, installation))
  const [found] = await app.hub.store.transact(agencyId, (tx) =>
    tx.occurrences({ instance, limit: 1 }),
  )
  if (!found) throw new Refused({ code: 'not-found', field: 'occurrence', detail: instance })
  const reason = request.values['reason'] ?? ''
  await cancelOccurrence(app.hub, STANDING_BROADCASTS, {
    ...{ agencyId, occurrenceId: found.id, by, at: now(), reason },
  })
  if (request.json) printJson({ instance, cancelled: true })
  else print(`已取消 ${instance}。`)
  return EXIT.ok
}
