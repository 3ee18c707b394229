/** `duoling return`: sends a text back to its drafter with a reason. */
import { returnForEdit } from '../hub/review.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { bulletinOf, hashOf } from './walk/typed.ts'

export const returnVerb: Verb = {
  name: 'return',
  summary: '退回：写明原因，请拟稿人修改',
  usage: `信息编号 --reason 原因 [--hash 校验值] ${AS_USAGE} [--json]`,
  words: 1,
  options: { reason: 'value', hash: 'value', agency: 'value', ...AS_OPTION },
  run(request) {
    const bulletinId = bulletinOf(request, `return ${returnVerb.usage}`)
    const reason = request.values['reason'] ?? ''
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId: returnedBy } = personOnly(await actorOf(request, installation))
      const seenHash = await hashOf(installation, bulletinId, request)
      await returnForEdit(app.hub, {
        agencyId,
        bulletinId,
        returnedBy,
        at: now(),
        seenHash,
        reason,
      })
      if (request.json) printJson({ bulletin: bulletinId, hash: seenHash, returned: true })
      else print(`信息 ${bulletinId} 已退回拟稿人。`)
      return EXIT.ok
    })
  },
}
