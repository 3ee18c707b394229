/** 定时: standing broadcasts as the agency has them on, their dated occurrences, what people do to one,
 *  and the alarms of what was not done in time. */
import { createRoute, z } from '@hono/zod-openapi'
import { ALARM_KINDS, OCCURRENCE_STATES } from '../../domain/schedule/occurrence.ts'
import {
  acknowledgeAlarm,
  cancelOccurrence,
  confirmOccurrence,
  moveOccurrence,
  runOccurrence,
} from '../../hub/schedule/occurrences.ts'
import { setSchedule } from '../../hub/schedule/schedules.ts'
import {
  type Api,
  answer,
  answers,
  given,
  idPath,
  jsonBody,
  moment,
  writtenMoment,
} from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['定时']
const LIST_MAX = 1_000
const ALARMS_MAX = 200
const scheduleId = z.string().regex(/^[a-z0-9-]{1,60}$/, '应为定时编号，如 national-day')
const reason = z.string().max(500)

const schedule = z
  .object({
    ...{ id: z.string(), name: z.string(), basis: z.string(), enabled: z.boolean() },
    ...{ authorId: z.int(), standingOrderId: z.int().optional(), parameters: z.unknown() },
    plannedOn: z.string().optional(),
  })
  .openapi('Schedule')
const schedules = z.object({ items: z.array(schedule) })
const occurrence = z
  .object({
    ...{ id: z.int(), scheduleId: z.string(), instance: z.string(), plannedAt: moment },
    ...{ dueAt: moment, draftAt: moment, provisional: z.boolean() },
    ...{ state: z.enum(OCCURRENCE_STATES), stateAt: moment, moved: z.boolean() },
    ...{ confirmed: z.boolean(), bulletinId: z.int().optional(), signed: z.boolean() },
  })
  .openapi('Occurrence')
const occurrences = z.object({ items: z.array(occurrence) })
const alarm = z
  .object({
    ...{ id: z.int(), occurrenceId: z.int(), instance: z.string(), scheduleId: z.string() },
    ...{ state: z.enum(OCCURRENCE_STATES), kind: z.enum(ALARM_KINDS), detail: z.string() },
    ...{ dueAt: moment, at: moment, bulletinId: z.int().optional() },
  })
  .openapi('Alarm')
const alarms = z.object({ items: z.array(alarm) })
const done = z.object({ done: z.literal(true) })
const run = z.object({ instance: z.string(), step: z.string() }).openapi('OccurrenceRun')

const schedulesRoute = createRoute({
  ...{ method: 'get', path: '/schedules', tags, summary: '本单位的定时播发' },
  responses: answers('全部定时', schedules),
})
const setRoute = createRoute({
  ...{ method: 'put', path: '/schedules/{id}', tags, summary: '启用、停用或设定一个定时' },
  request: {
    params: z.object({ id: scheduleId }),
    body: jsonBody(
      z.strictObject({
        ...{ enabled: z.boolean(), authorId: z.int().min(1) },
        standingOrderId: z.int().min(1).optional(),
        parameters: z.record(z.string(), z.unknown()).default({}),
      }),
    ),
  },
  responses: answers('已设定', done),
})
const occurrencesRoute = createRoute({
  ...{ method: 'get', path: '/occurrences', tags, summary: '日程：每一次，按时间先后' },
  request: {
    query: z.object({
      ...{ from: writtenMoment.optional(), to: writtenMoment.optional() },
      ...{ scheduleId: scheduleId.optional(), state: z.enum(OCCURRENCE_STATES).optional() },
    }),
  },
  responses: answers(`最多 ${LIST_MAX} 次，用 from 接着取`, occurrences),
})
const verbRoute = <P extends string, S extends z.ZodType>(path: P, summary: string, body: S) =>
  createRoute({
    ...{ method: 'post', path, tags, summary },
    request: { params: idPath, body: jsonBody(body) },
    responses: answers('已办理', done),
  })
const moveRoute = verbRoute(
  '/occurrences/{id}/move',
  '改期',
  z.strictObject({ to: writtenMoment, reason }),
)
const cancelRoute = verbRoute('/occurrences/{id}/cancel', '取消这一次', z.strictObject({ reason }))
const confirmRoute = createRoute({
  ...{ method: 'post', path: '/occurrences/{id}/confirm', tags, summary: '确认暂定的日期' },
  request: { params: idPath },
  responses: answers('已确认', done),
})
const runRoute = createRoute({
  ...{ method: 'post', path: '/occurrences/{id}/run', tags, summary: '立即办理到点的一次' },
  request: { params: idPath },
  responses: answers('办理到哪一步', run),
})
const alarmsRoute = createRoute({
  ...{ method: 'get', path: '/alarms', tags, summary: '未阅的定时报警' },
  responses: answers('最早的在前', alarms),
})
const acknowledgeRoute = createRoute({
  ...{ method: 'post', path: '/alarms/{id}/acknowledge', tags, summary: '报警已阅' },
  request: { params: idPath },
  responses: answers('已阅', done),
})

export function scheduleRoutes(api: Api, settings: ApiSettings): void {
  const { hub, now, book } = settings
  api.openapi(schedulesRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const rows = await hub.store.transact(agencyId, (tx) => tx.schedules())
    const items = rows.map((row) => {
      const { name = row.id, basis = '' } = book.find((one) => one.id === row.id) ?? {}
      return { ...row, name, basis }
    })
    return answer(c, schedules, { items })
  })
  api.openapi(setRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { enabled, authorId, parameters, standingOrderId } = c.req.valid('json')
    await setSchedule(c.get('hub'), book, {
      ...{ agencyId, by: person.id, at: now(), scheduleId: c.req.valid('param').id },
      ...{ enabled, authorId, parameters, ...given({ standingOrderId }) },
    })
    return answer(c, done, { done: true })
  })
  api.openapi(occurrencesRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const { state, ...filter } = c.req.valid('query')
    const query = { limit: LIST_MAX, ...given(filter), ...(state ? { states: [state] } : {}) }
    const items = await hub.store.transact(agencyId, (tx) => tx.occurrences(query))
    return answer(c, occurrences, { items })
  })
  occurrenceVerbs(api, settings)
}

function occurrenceVerbs(api: Api, { hub, now, book }: ApiSettings): void {
  api.openapi(moveRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: occurrenceId } = c.req.valid('param')
    const request = { agencyId, occurrenceId, by: person.id, at: now(), ...c.req.valid('json') }
    await moveOccurrence(c.get('hub'), book, request)
    return answer(c, done, { done: true })
  })
  api.openapi(cancelRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: occurrenceId } = c.req.valid('param')
    const request = { agencyId, occurrenceId, by: person.id, at: now(), ...c.req.valid('json') }
    await cancelOccurrence(c.get('hub'), book, request)
    return answer(c, done, { done: true })
  })
  api.openapi(confirmRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const request = { agencyId, occurrenceId: c.req.valid('param').id, by: person.id, at: now() }
    await confirmOccurrence(c.get('hub'), book, request)
    return answer(c, done, { done: true })
  })
  api.openapi(runRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const request = { agencyId, occurrenceId: c.req.valid('param').id, by: person.id, at: now() }
    const { instance, step } = await runOccurrence(c.get('hub'), book, request)
    return answer(c, run, { instance, step })
  })
  api.openapi(alarmsRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const items = await hub.store.transact(agencyId, (tx) => tx.alarms(ALARMS_MAX))
    return answer(c, alarms, { items })
  })
  api.openapi(acknowledgeRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const request = { agencyId, alarmId: c.req.valid('param').id, by: person.id, at: now() }
    await acknowledgeAlarm(c.get('hub'), request)
    return answer(c, done, { done: true })
  })
}
