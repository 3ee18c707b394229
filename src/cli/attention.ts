/** `duoling attention`: whatever is not finished in its time, why, and what to do about it. */
import { ACTION_WAYS, type AttentionItem, needsNobody, REASON_TEXTS } from '../domain/attention.ts'
import { minuteOf } from '../domain/year.ts'
import { attention as attentionNow } from '../hub/attention.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { table } from './table.ts'

export const attention: Verb = {
  name: 'attention',
  summary: '没有按时办结的一切：原因和办法',
  usage: '[--agency 编号] [--json]',
  options: { agency: 'value' },
  run: (request) =>
    withInstallation(request, async ({ app, agencyId, now }) => {
      const items = await attentionNow(app.hub, { agencyId, at: now() })
      const open = items.filter((one) => !needsNobody(one)).length
      if (request.json) printJson({ open, items: items.map(inWords) })
      else if (items.length === 0) print('没有需要关注的事项。')
      else {
        print(table(['信息', '渠道 通路', '数量', '自', '原因', '办法'], items.map(row)))
        print(`共 ${items.length} 项，其中 ${open} 项要有人处理。`)
      }
      return open > 0 ? EXIT.findings : EXIT.ok
    }),
}

function inWords(item: AttentionItem) {
  const { text, ...way } = ACTION_WAYS[item.action]
  return { ...item, ...way, reasonText: REASON_TEXTS[item.reason], actionText: text }
}

function row(item: AttentionItem): readonly (string | number)[] {
  const { bulletinId, title, channelName, channelId, roadId, dispatchId, since, detail } = item
  const { text, verb } = ACTION_WAYS[item.action]
  const order = dispatchId === undefined ? '' : `（发送令 ${dispatchId}）`
  return [
    `${bulletinId ?? ''} ${title ?? ''}${order}`.trim(),
    `${channelName ?? channelId ?? ''} ${roadId ?? ''}`.trim(),
    item.count,
    since === undefined ? '' : minuteOf(since),
    `${REASON_TEXTS[item.reason]}${detail === undefined ? '' : `：${detail}`}`,
    `${text}${verb === undefined ? '' : `（${verb}）`}`,
  ]
}
