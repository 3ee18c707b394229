/** `duoling totals`: the numbers of a year, each under its own name. */
import type { YearTotals } from '../domain/totals.ts'
import { yearOf } from '../domain/year.ts'
import { countYear } from '../hub/count.ts'
import { EXIT, print, printJson, readYear, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { table } from './table.ts'

export const totals: Verb = {
  name: 'totals',
  summary: '某一年的统计：渠道发布数、信息条数、发送、送达',
  usage: '[--year 2018] [--agency 编号] [--json]',
  options: { year: 'value', agency: 'value' },
  run: (request) =>
    withInstallation(request, async ({ app, agencyId, now }) => {
      const year = await countYear(app.hub, agencyId, readYear(request, yearOf(now())))
      if (request.json) printJson(year)
      else print(totalsText(year))
      return EXIT.ok
    }),
}

export function totalsText(totals: YearTotals): string {
  const shown = totals.channels.filter((one) => one.publications > 0 || one.withdrawn > 0)
  const channels = table(
    ['渠道', '发布', '撤下', '补录'],
    shown.map((one) => [one.name, one.publications, one.withdrawn, one.manual]),
  )
  const deliveries = Object.entries(totals.deliveries).map(([state, n]) => `${state} ${n}`)
  const levels = { province: '省级', prefecture: '市级', county: '县级' }
  const entries = totals.entries.map(
    (one) => `${one.level === null ? '未分级' : levels[one.level]} ${one.units} 家`,
  )
  return [
    `${totals.year} 年统计（${totals.timezone}）`,
    channels,
    `渠道发布数 ${totals.publications} 条，信息条数 ${totals.messages} 条，发送 ${totals.broadcasts} 条`,
    ...(totals.broadcastsWithdrawn > 0
      ? [`撤下的发送 ${totals.broadcastsWithdrawn} 条（仍计入发送）`]
      : []),
    ...(entries.length > 0 ? [`挂牌单位：${entries.join('，')}`] : []),
    ...(deliveries.length > 0 ? [`送达（不计入发布数）：${deliveries.join('，')}`] : []),
  ].join('\n')
}
