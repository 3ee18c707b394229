/** 审签链: the table of chains by category, channel and urgency, and its one door. */
import { createRoute, z } from '@hono/zod-openapi'
import { DEFAULT_CHAIN, STEP_NAMES, STEP_ROLES, STEPS, URGENCIES } from '../../domain/chain.ts'
import { ROLES } from '../../domain/role.ts'
import { type ChainChange, setChain } from '../../hub/chain.ts'
import { categoryId, channelId } from './content.ts'
import { type Api, answer, answerOne, answers, jsonBody } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['代理和审签链']
const urgency = z.enum(URGENCIES)
const step = z.enum(STEPS)
/** No step of a text is for 三员. */
const role = z.enum(ROLES).exclude(['auditor', 'system-admin', 'security-admin'])

const chainStep = z.object({
  ...{ step, roles: z.array(z.enum(ROLES)).optional(), byAuthor: z.boolean().optional() },
})
const rule = z
  .object({
    ...{ categoryId: z.string().optional(), channelId: z.string().optional() },
    ...{ urgency: urgency.optional(), steps: z.array(chainStep) },
  })
  .openapi('ChainRule')
const chains = z
  .object({
    items: z.array(rule),
    /** what holds where no rule fits */
    defaultSteps: z.array(chainStep),
    steps: z.array(z.object({ id: step, name: z.string(), roles: z.array(z.enum(ROLES)) })),
  })
  .openapi('Chains')

const listRoute = createRoute({
  ...{ method: 'get', path: '/chains', tags, summary: '审签链' },
  responses: answers('全部规则、默认环节、可用的环节', chains),
})
const setRoute = createRoute({
  ...{ method: 'put', path: '/chains', tags, summary: '设定一条规则；环节为空就是取消这条' },
  request: {
    body: jsonBody(
      z.strictObject({
        ...{ categoryId: categoryId.optional(), channelId: channelId.optional() },
        urgency: urgency.optional(),
        steps: z
          .array(
            z.strictObject({
              ...{ step, roles: z.array(role).min(1).max(ROLES.length).optional() },
              byAuthor: z.boolean().optional().openapi({ description: '科室审核可由拟稿人兼' }),
            }),
          )
          .max(STEPS.length),
      }),
    ),
  },
  responses: answers('设定之后的审签链', chains),
})

export function chainRoutes(api: Api, { hub, now }: ApiSettings): void {
  const read = async (agencyId: number) => ({
    items: await hub.store.transact(agencyId, (tx) => tx.chainRules()),
    defaultSteps: DEFAULT_CHAIN,
    steps: STEPS.map((id) => ({ id, name: STEP_NAMES[id], roles: STEP_ROLES[id] })),
  })
  api.openapi(listRoute, async (c) => answerOne(c, chains, await read(c.get('actor').agencyId)))
  api.openapi(setRoute, async (c) => {
    const { agencyId, person } = c.get('actor')
    // JSON holds no `undefined`, so that what is absent is absent.
    const wanted = c.req.valid('json') as ChainChange['rule']
    await setChain(c.get('hub'), { agencyId, by: person.id, at: now(), rule: wanted })
    return answer(c, chains, await read(agencyId))
  })
}
