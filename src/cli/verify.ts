/** `duoling verify`: recounts the whole log against what is recorded. It repairs nothing. */
import { verifyLog } from '../hub/count.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'

export const verify: Verb = {
  name: 'verify',
  summary: '核对日志与统计是否一致（不改动任何数据）',
  usage: '[--agency 编号] [--json]',
  options: { agency: 'value' },
  run: (request) =>
    withInstallation(request, async ({ app, agencyId }) => {
      const drift = await verifyLog(app.hub, agencyId)
      if (request.json) printJson({ drift })
      else if (drift.length === 0) print('一致：日志与统计没有差异（差异 0）')
      else
        for (const one of drift)
          print(`不一致：${one.what}，日志 ${one.counted}，统计 ${one.recorded}`)
      if (drift.length > 0 && !request.json) print('请不要改动数据库，把上面的内容交给维护人员。')
      return drift.length === 0 ? EXIT.ok : EXIT.findings
    }),
}
