/** `duoling sign`: the leader's signature over the planned channels, or over those that are named. */

import { Refused } from '../domain/refusal.ts'
import type { DispatchOrder } from '../hub/manifest.ts'
import { sign as signBulletin } from '../hub/sign.ts'
import { plannedOrders } from '../hub/submit.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, type Verb, type VerbRequest } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { printSigned } from './walk/signed.ts'
import { bulletinOf, hashOf, ORDER_OPTIONS, ORDER_USAGE, ordersOf } from './walk/typed.ts'

export const sign: Verb = {
  name: 'sign',
  summary: '签发：按拟发渠道或写明的渠道签发，随即分发',
  usage: `信息编号 ${ORDER_USAGE} [--resend-failed 发送令编号] [--hash 校验值] ${AS_USAGE} [--json]`,
  words: 1,
  options: {
    ...{ hash: 'value', agency: 'value', 'resend-failed': 'value' },
    ...ORDER_OPTIONS,
    ...AS_OPTION,
  },
  run(request) {
    const bulletinId = bulletinOf(request, `sign ${sign.usage}`)
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId: signerId } = personOnly(await actorOf(request, installation))
      const seenHash = await hashOf(installation, bulletinId, request)
      const orders =
        (await resendOf(installation, request)) ??
        (await ordersOf(installation, request)) ??
        (await app.hub.store.transact(agencyId, (tx) => plannedOrders(tx, bulletinId)))
      const at = now()
      const signed = await signBulletin(app.hub, {
        ...{ agencyId, bulletinId, signerId, at, seenHash, orders },
      })
      if (request.json) printJson({ bulletin: bulletinId, hash: seenHash, ...signed })
      else {
        print(`信息 ${bulletinId} 已签发，发送令 ${signed.dispatchIds.length} 条：`)
        printSigned(signed)
      }
      return EXIT.ok
    })
  },
}

/** After its window a dispatch's failed are sent to again under a new signature, and nobody else is. */
async function resendOf(
  { app, agencyId }: Installation,
  request: VerbRequest,
): Promise<readonly DispatchOrder[] | undefined> {
  const written = request.values['resend-failed']
  if (written === undefined) return undefined
  const onlyFailedOf = /^[1-9]\d{0,14}$/.test(written) ? Number(written) : 0
  const dispatch = await app.hub.store.lists.dispatch(agencyId, onlyFailedOf)
  if (!dispatch) throw new Refused({ code: 'not-found', field: 'dispatch', detail: written })
  return [{ channelId: dispatch.channelId, act: 'resend', onlyFailedOf }]
}
