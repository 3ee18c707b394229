/** `duoling lift`: 解除 a warning with a new, linked bulletin, for the same channels and audiences. */

import { Refused } from '../domain/refusal.ts'
import { compose } from '../hub/compose.ts'
import type { DispatchOrder } from '../hub/manifest.ts'
import { plan, plannedOrders } from '../hub/submit.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { printFindings } from './walk/findings.ts'
import { readTextFile } from './walk/text-file.ts'
import { bulletinOf } from './walk/typed.ts'

export const lift: Verb = {
  name: 'lift',
  summary: '解除：为一条预警拟解除信息，发往同样的渠道和受众',
  usage: `信息编号 文件.md [--title 标题] ${AS_USAGE} [--json]`,
  words: 2,
  options: { title: 'value', agency: 'value', ...AS_OPTION },
  async run(request) {
    const to = bulletinOf(request, `lift ${lift.usage}`)
    const [, path] = request.words
    if (path === undefined) throw new UsageFault(`用法：duoling lift ${lift.usage}`)
    const { content, problems } = await readTextFile(path, request.values['title'])
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId } = personOnly(await actorOf(request, installation))
      const { lifted, orders } = await app.hub.store.transact(agencyId, async (tx) => ({
        lifted: await tx.lockBulletin(to),
        orders: await plannedOrders(tx, to),
      }))
      if (!lifted) throw new Refused({ code: 'not-found', field: 'bulletin', detail: String(to) })
      const { categoryId, mode, level } = lifted
      const at = now()
      const made = await compose(app.hub, {
        ...{ agencyId, authorId: personId, at, categoryId, mode, level, content },
        linked: { to, kind: 'lifts' },
      })
      const { bulletinId, revision, hash, findings } = made
      // The hours of the warning are over; the channels and the audiences are the same.
      const same = orders.map(
        ({ channelId, act, audiences }): DispatchOrder => ({
          ...{ channelId, act },
          ...(audiences ? { audiences } : {}),
        }),
      )
      if (same.length > 0)
        await plan(app.hub, { agencyId, bulletinId, by: personId, at, orders: same })
      if (request.json)
        printJson({ bulletin: bulletinId, lifts: to, revision, hash, findings, problems })
      else {
        print(
          `已建立解除信息 ${bulletinId}，对应预警 ${to}，渠道 ${same.map((one) => one.channelId).join('、') || '未定'}`,
        )
        for (const problem of problems) print(`  未带入  ${problem}`)
        printFindings(findings)
        print(`接下来：duoling submit ${bulletinId}`)
      }
      return EXIT.ok
    })
  },
}
