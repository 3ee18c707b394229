/** 检查: what a check found in the newest text, the answers to what asks, and one-click masking. */
import { createRoute, z } from '@hono/zod-openapi'
import { FINDING_CODES, SEVERITIES } from '../../domain/checks/finding.ts'
import { Refused } from '../../domain/refusal.ts'
import { answer as answerFinding } from '../../hub/checks/answer.ts'
import { check, findingsOf } from '../../hub/checks/check.ts'
import { mask } from '../../hub/checks/mask.ts'
import { type Api, answer, answers, hash, idPath, jsonBody, moment } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['检查']

export const finding = z
  .object({
    ...{ key: z.string(), code: z.enum(FINDING_CODES), severity: z.enum(SEVERITIES) },
    ...{ field: z.string(), from: z.int(), to: z.int(), text: z.string() },
    fix: z.string(),
    /** what may stand in its place; only where one click is safe */
    replacement: z.string().optional(),
    answer: z.object({ by: z.int(), at: moment, answer: z.string() }).optional(),
  })
  .openapi('Finding')
const checked = z
  .object({ hash, dictionaryVersion: z.string(), findings: z.array(finding) })
  .openapi('Findings')
const done = z.object({ bulletinId: z.int() })
const masked = z.object({ bulletinId: z.int(), revision: z.int(), hash })

const findingsRoute = createRoute({
  ...{ method: 'get', path: '/bulletins/{id}/findings', tags, summary: '最新稿的检查发现' },
  request: { params: idPath },
  responses: answers('检查发现，必须改的在前', checked),
})
const checkRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/check', tags, summary: '重新检查最新稿' },
  request: { params: idPath },
  responses: answers('检查发现', checked),
})
const answerRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/answers', tags, summary: '对一处发现作说明' },
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        ...{ seenHash: hash, findingKey: z.string().min(1).max(200) },
        answer: z.string().max(500),
      }),
    ),
  },
  responses: answers('已记下', done),
})
const maskRoute = createRoute({
  ...{ method: 'post', path: '/bulletins/{id}/mask', tags, summary: '一键遮盖，得到新的一稿' },
  request: {
    params: idPath,
    body: jsonBody(
      z.strictObject({
        seenHash: hash,
        findingKeys: z.array(z.string().min(1).max(200)).min(1).max(500),
      }),
    ),
  },
  responses: answers('新的一稿', masked),
})

export function findingRoutes(api: Api, { hub, now }: ApiSettings): void {
  api.openapi(findingsRoute, async (c) => {
    const { id } = c.req.valid('param')
    const found = await hub.store.transact(c.get('actor').agencyId, async (tx) => {
      const latest = await tx.latestRevision(id)
      if (!latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
      const run = await findingsOf(tx, id, latest.hash)
      if (!run) throw new Refused({ code: 'not-checked' })
      return run
    })
    const { hash: textHash, dictionaryVersion, findings } = found
    return answer(c, checked, { hash: textHash, dictionaryVersion, findings })
  })
  api.openapi(checkRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const request = { agencyId, bulletinId: c.req.valid('param').id, at: now(), by: person.id }
    const made = await check(c.get('hub'), request)
    const { hash: textHash, dictionaryVersion, findings } = made
    return answer(c, checked, { hash: textHash, dictionaryVersion, findings })
  })
  api.openapi(answerRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const request = { agencyId, bulletinId, by: person.id, at: now(), ...c.req.valid('json') }
    await answerFinding(c.get('hub'), request)
    return answer(c, done, { bulletinId })
  })
  api.openapi(maskRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    const { id: bulletinId } = c.req.valid('param')
    const request = { agencyId, bulletinId, by: person.id, at: now(), ...c.req.valid('json') }
    const { revision, hash: textHash } = await mask(c.get('hub'), request)
    return answer(c, masked, { bulletinId, revision, hash: textHash })
  })
}
