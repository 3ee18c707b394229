/** `duoling release`: an account that was refused works again; what waited for it goes on. The operator does
 *  it in their own name; whoever sits at the machine only with a reason, and both are audited. */
import { releaseRoad } from '../hub/release-road.ts'
import { roadsOnFile } from '../store/registry.ts'
import { AS_OPTION, AS_USAGE, actorOf, byOf } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'

export const release: Verb = {
  name: 'release',
  summary: '放行一条被停用的通路（账号问题解决之后）',
  usage: `渠道编号 通路编号 ${AS_USAGE} [--reason 原因] [--agency 编号] [--json]`,
  words: 2,
  options: { agency: 'value', reason: 'value', ...AS_OPTION },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const [channelId = '', roadId = ''] = request.words
      const by = byOf(await actorOf(request, installation))
      const roads = await roadsOnFile(app.connection.db, agencyId)
      const road = roads.find((one) => one.channelId === channelId && one.roadId === roadId)
      if (!road) {
        const known = roads.map((one) => `${one.channelId} ${one.roadId}`).join('、')
        throw new UsageFault(`没有这条通路，可写：${known}`)
      }
      const { reason } = request.values
      const batches = await releaseRoad(app.hub, {
        ...{ agencyId, channelId, roadId, by, at: now() },
        ...(reason === undefined ? {} : { reason }),
      })
      app.roads.forget()
      if (request.json) printJson({ channelId, roadId, batches })
      else print(`已放行${road.channelName}（${roadId}），${batches} 批等待中的发送继续。`)
      return EXIT.ok
    }),
}
