/** 年终隐患清单: the bureau asks for the state of every listed hazard before the figures are frozen on
 *  31 December; the list itself is a bulletin of its own, with its entries. */
import { numbered, paragraph, standing } from './schedule.ts'

const endOfYear = { on: { month: 12, day: 31 }, name: 'year-end' } as const

export const yearEndHazardList = standing({
  id: 'year-end-hazard-list',
  name: '年终挂牌隐患清单核销提醒',
  basis: '安全生产法（重大事故隐患督办）；年度统计截至12月31日24时',
  rules: [20, 10].map((before) => ({
    kind: 'working-days' as const,
    from: endOfYear,
    before,
    at: '09:00',
  })),
  categoryId: 'notice',
  audiences: ['hazardous-chemicals', 'major-hazard'],
  channels: ['disclosure-portal', 'office', 'wechat-group', 'email'],
  text: {
    title: '关于核销{年份}年挂牌督办隐患的通知（{月日}）',
    short: '请挂牌督办隐患单位在12月31日前完成整改并申请核销，逾期未改的列入公布清单。',
    blocks: [
      paragraph('{年份}年挂牌督办隐患整改进入收尾，现通知如下：'),
      numbered(
        '已完成整改的单位向所在镇（街道）提交核销申请和整改前后照片；',
        '未完成的说明原因、措施和期限，采取停用、监护等措施；',
        '12月31日24时统计截止，逾期未改的列入公布清单。',
      ),
    ],
  },
  lead: { workingDays: 5 },
})
