/** `duoling status`: where a bulletin stands, what is next, and what became of it on each channel. */
import { Refused } from '../domain/refusal.ts'
import { WALK_STATE_NAMES, walkStatus } from '../hub/status.ts'
import { bulletinProgress } from '../store/progress.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { table } from './table.ts'
import { bulletinOf } from './walk/typed.ts'

export const status: Verb = {
  name: 'status',
  summary: '查看一条信息：走到哪一步，各渠道发得怎样',
  usage: '信息编号 [--json]',
  words: 1,
  options: { agency: 'value' },
  run(request) {
    const bulletinId = bulletinOf(request, `status ${status.usage}`)
    return withInstallation(request, async ({ app, agencyId }) => {
      const walk = await app.hub.store.transact(agencyId, (tx) => walkStatus(tx, bulletinId))
      if (!walk)
        throw new Refused({ code: 'not-found', field: 'bulletin', detail: String(bulletinId) })
      const progress = await bulletinProgress(app.connection.db, agencyId, bulletinId)
      const publications = progress.publications.filter((one) => one.state !== 'not-signed')
      const { title, state, revision, hash, next, dueOn } = walk
      if (request.json)
        printJson({ bulletin: bulletinId, title, state, revision, hash, next, dueOn, publications })
      else {
        print(`信息 ${bulletinId}《${title}》 第 ${revision} 稿，校验值 ${hash.slice(0, 16)}`)
        const due = dueOn === undefined ? '' : `，${dueOn} 前`
        print(`${WALK_STATE_NAMES[state]}${next ? `；下一步：${next}${due}` : ''}`)
        const rows = publications.map(({ name, state: now, url, deliveries, archived }) => [
          ...[name, now, `${countsOf(deliveries)}${archived ? '（已归档）' : ''}`, url ?? ''],
        ])
        if (rows.length > 0) print(table(['渠道', '状态', '送达', '链接'], rows))
      }
      return EXIT.ok
    })
  },
}

function countsOf(deliveries: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(deliveries)
    .map(([state, count]) => `${state} ${count}`)
    .join(' ')
}
