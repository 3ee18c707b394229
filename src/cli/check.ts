/** `duoling check`: runs the checks over the newest text again; what must be changed or answered is exit 1. */
import { check as checkBulletin, findingsOf } from '../hub/checks/check.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { openFindings, printFindings } from './walk/findings.ts'
import { bulletinOf } from './walk/typed.ts'

export const check: Verb = {
  name: 'check',
  summary: '检查最新稿：涉密标志、个人信息、错敏词、日期、附件等',
  usage: '信息编号 [--json]',
  words: 1,
  options: { agency: 'value' },
  run(request) {
    const bulletinId = bulletinOf(request, `check ${check.usage}`)
    return withInstallation(request, async ({ app, agencyId, now }) => {
      const { hash, revision } = await checkBulletin(app.hub, { agencyId, bulletinId, at: now() })
      const found = await app.hub.store.transact(agencyId, (tx) => findingsOf(tx, bulletinId, hash))
      const findings = found?.findings ?? []
      const open = openFindings(findings)
      if (request.json) printJson({ bulletin: bulletinId, revision, hash, findings })
      else {
        printFindings(findings)
        print(open.length === 0 ? '没有要处理的问题。' : `有 ${open.length} 处要修改或说明。`)
      }
      return open.length === 0 ? EXIT.ok : EXIT.findings
    })
  },
}
