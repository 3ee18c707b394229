/** 政府信息公开工作年度报告: published on the last working day before 31 January ends; its draft lies ready a
 *  month before, because figures have to be gathered. */
import { paragraph, standing } from './schedule.ts'

export const annualReport = standing({
  id: 'annual-report',
  name: '政府信息公开工作年度报告',
  basis: '政府信息公开条例第四十九条（每年1月31日前公布）',
  rules: [
    {
      kind: 'working-days',
      from: { on: { month: 2, day: 1 }, name: 'deadline' },
      before: 1,
      at: '09:00',
    },
  ],
  categoryId: 'annual-report',
  audiences: [],
  channels: ['disclosure-portal', 'service-network'],
  text: {
    title: '{单位}{上年}年政府信息公开工作年度报告',
    blocks: [
      paragraph('依照《中华人民共和国政府信息公开条例》第四十九条、第五十条公布本报告。'),
      { kind: 'heading', level: 2, text: '一、总体情况' },
      { kind: 'heading', level: 2, text: '二、主动公开政府信息情况' },
      { kind: 'heading', level: 2, text: '三、收到和处理政府信息公开申请情况' },
      { kind: 'heading', level: 2, text: '四、因政府信息公开被申请行政复议、提起行政诉讼情况' },
      { kind: 'heading', level: 2, text: '五、政府信息公开工作存在的主要问题及改进情况' },
      { kind: 'heading', level: 2, text: '六、其他需要报告的事项' },
    ],
  },
  lead: { workingDays: 18 },
  // Its figures and sections are people's work.
  handsIn: false,
})
