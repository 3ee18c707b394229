/** `duoling withdraw`: the signed end of a publication; the page stays as a notice, the count stays. */

import { Refused } from '../domain/refusal.ts'
import type { DispatchOrder } from '../hub/manifest.ts'
import { sign } from '../hub/sign.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { printSigned } from './walk/signed.ts'
import { bulletinOf, hashOf } from './walk/typed.ts'

export const withdraw: Verb = {
  name: 'withdraw',
  summary: '撤下：由领导签发，撤下已发布的信息',
  usage: `信息编号 --reason 原因 [--channels 渠道,渠道] ${AS_USAGE} [--json]`,
  words: 1,
  options: { reason: 'value', channels: 'value', hash: 'value', agency: 'value', ...AS_OPTION },
  run(request) {
    const bulletinId = bulletinOf(request, `withdraw ${withdraw.usage}`)
    const reason = request.values['reason']?.trim() ?? ''
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId: signerId } = personOnly(await actorOf(request, installation))
      if (reason === '') throw new Refused({ code: 'reason-missing', field: '--reason' })
      const seenHash = await hashOf(installation, bulletinId, request)
      const named = (request.values['channels'] ?? '').split(/[,，、]/).filter(Boolean)
      const standing = await app.hub.store.transact(agencyId, (tx) => tx.publications(bulletinId))
      const channels =
        named.length > 0
          ? named
          : standing
              .filter((one) => (one.published || one.sent) && !one.withdrawn)
              .map((one) => one.channelId)
      if (channels.length === 0) throw new Refused({ code: 'not-published' })
      const orders = channels.map(
        (channelId): DispatchOrder => ({ channelId, act: 'withdraw', reason }),
      )
      const signed = await sign(app.hub, {
        ...{ agencyId, bulletinId, signerId, at: now(), seenHash, orders },
      })
      if (request.json) printJson({ bulletin: bulletinId, ...signed })
      else {
        print(`信息 ${bulletinId} 的撤下已签发：`)
        printSigned(signed)
      }
      return EXIT.ok
    })
  },
}
