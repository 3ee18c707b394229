/** 年度报告催报: fifteen, ten and five working days before 31 January, to everybody who owes a part. */
import { numbered, paragraph, standing } from './schedule.ts'

const deadline = { on: { month: 1, day: 31 }, name: 'deadline' } as const

export const annualReportReminder = standing({
  id: 'annual-report-reminder',
  name: '年度报告报送催办',
  basis: '政府信息公开条例第四十九条（每年1月31日前公布）',
  rules: [15, 10, 5].map((before) => ({
    kind: 'working-days' as const,
    from: deadline,
    before,
    at: '09:00',
  })),
  categoryId: 'notice',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail'],
  channels: ['office'],
  text: {
    title: '关于报送政府信息公开年度报告材料的通知（{月日}）',
    short: '政府信息公开年度报告须在1月31日前公布，请各中队和科室核对本年数据并报送材料。',
    blocks: [
      paragraph('政府信息公开工作年度报告须在1月31日前公布，请各中队、科室：'),
      numbered(
        '核对主动公开条数、依申请公开办理和复议诉讼数据；',
        '补齐补录材料和链接，说明与上年相比的变化；',
        '按期报送，逾期的由科室负责人说明原因。',
      ),
    ],
  },
  lead: { workingDays: 2 },
})
