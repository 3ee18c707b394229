/** `duoling release`: an account that was refused works again; what waited for it goes on. */
import { releaseRoad, roadsOnFile } from '../store/registry.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'

export const release: Verb = {
  name: 'release',
  summary: '放行一条被停用的通路（账号问题解决之后）',
  usage: '渠道编号 通路编号 [--agency 编号] [--json]',
  words: 2,
  options: { agency: 'value' },
  run: (request) =>
    withInstallation(request, async ({ app, agencyId }) => {
      const [channelId = '', roadId = ''] = request.words
      const { db } = app.connection
      const roads = await roadsOnFile(db, agencyId)
      const road = roads.find((one) => one.channelId === channelId && one.roadId === roadId)
      if (!road) {
        const known = roads.map((one) => `${one.channelId} ${one.roadId}`).join('、')
        throw new UsageFault(`没有这条通路，可写：${known}`)
      }
      const batches = await releaseRoad(db, agencyId, channelId, roadId)
      app.roads.forget()
      if (request.json) printJson({ channelId, roadId, batches })
      else print(`已放行${road.channelName}（${roadId}），${batches} 批等待中的发送继续。`)
      return EXIT.ok
    }),
}
