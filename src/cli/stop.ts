/** `duoling stop`: 紧急停发 from a terminal, by one person, with a reason. */
import { stop as stopBulletin } from '../hub/stop.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'

export const stop: Verb = {
  name: 'stop',
  summary: '紧急停发一条信息：停止排队的发送，隐藏本平台页面',
  usage: '信息编号 --reason 原因 --as 登录名 [--json]',
  words: 1,
  options: { reason: 'value', agency: 'value', ...AS_OPTION },
  run: (request) => {
    const [word = ''] = request.words
    const bulletinId = Number(word)
    if (!/^[1-9]\d{0,14}$/.test(word))
      throw new UsageFault('请写明信息编号，例如 duoling stop 12 --reason 内容有误 --as lu')
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId: by } = personOnly(await actorOf(request, installation))
      const reason = request.values['reason'] ?? ''
      await stopBulletin(app.hub, { agencyId, bulletinId, by, reason, at: now() })
      if (request.json) printJson({ bulletin: bulletinId, stopped: true })
      else print(`信息 ${bulletinId} 已停发：排队的发送已取消，本平台页面已隐藏。请补办书面撤下。`)
      return EXIT.ok
    })
  },
}
