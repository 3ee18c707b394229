/** `duoling amend`: a corrected text for what is published already, on the same publications. It is a new
 *  revision and walks the chain again; the leader's signature then replaces the text. */

import { Refused } from '../domain/refusal.ts'
import { revise } from '../hub/compose.ts'
import type { DispatchOrder } from '../hub/manifest.ts'
import { plan } from '../hub/submit.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { openFindings, printFindings } from './walk/findings.ts'
import { readTextFile } from './walk/text-file.ts'
import { bulletinOf, hashOf } from './walk/typed.ts'

export const amend: Verb = {
  name: 'amend',
  summary: '更正：已发布的信息换成新稿（仍须审查签发，条数不变）',
  usage: `信息编号 文件.md --reason 原因 [--title 标题] ${AS_USAGE} [--json]`,
  words: 2,
  options: { reason: 'value', title: 'value', hash: 'value', agency: 'value', ...AS_OPTION },
  async run(request) {
    const bulletinId = bulletinOf(request, `amend ${amend.usage}`)
    const [, path] = request.words
    const reason = request.values['reason']?.trim() ?? ''
    if (path === undefined) throw new UsageFault(`用法：duoling amend ${amend.usage}`)
    if (reason === '') throw new Refused({ code: 'reason-missing', field: '--reason' })
    const { content, problems } = await readTextFile(path, request.values['title'])
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId } = personOnly(await actorOf(request, installation))
      const seenHash = await hashOf(installation, bulletinId, request)
      const standing = await app.hub.store.transact(agencyId, (tx) => tx.publications(bulletinId))
      const orders = standing
        .filter((one) => (one.published || one.sent) && !one.withdrawn)
        .map(({ channelId }): DispatchOrder => ({ channelId, act: 'amend', reason }))
      if (orders.length === 0) throw new Refused({ code: 'not-published' })
      const at = now()
      const edited = await revise(app.hub, {
        ...{ agencyId, bulletinId, authorId: personId, at, seenHash, content },
      })
      await plan(app.hub, { agencyId, bulletinId, by: personId, at, orders })
      const { revision, hash, findings } = edited
      const channels = orders.map((one) => one.channelId)
      if (request.json)
        printJson({ bulletin: bulletinId, revision, hash, channels, findings, problems })
      else {
        print(`信息 ${bulletinId} 第 ${revision} 稿，将更正：${channels.join('、')}`)
        for (const problem of problems) print(`  未带入  ${problem}`)
        printFindings(findings)
        if (openFindings(findings).length === 0) print(`接下来：duoling submit ${bulletinId}`)
      }
      return EXIT.ok
    })
  },
}
