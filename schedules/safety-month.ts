/** 安全生产月: it begins on 1 June; 16 June is the day of public consultation. */
import { numbered, paragraph, standing } from './schedule.ts'

export const safetyMonth = standing({
  id: 'safety-month',
  name: '安全生产月宣传',
  basis: '全国“安全生产月”活动（每年6月，6月16日为宣传咨询日）',
  rules: [
    { kind: 'yearly', on: { month: 6, day: 1 }, at: '08:40' },
    { kind: 'yearly', on: { month: 6, day: 16 }, at: '08:40' },
  ],
  categoryId: 'law-publicity',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'press-newspaper', 'wechat-group', 'onsite'],
  text: {
    title: '{年份}年安全生产月宣传（{月日}）',
    short:
      '6月是安全生产月，6月16日为宣传咨询日，请组织全员学习安全生产法，开展应急演练和隐患自查。',
    blocks: [
      paragraph('每年6月为全国安全生产月，6月16日为宣传咨询日。{单位}倡议：'),
      numbered(
        '企业主要负责人讲一堂安全课，组织全员学习《中华人民共和国安全生产法》；',
        '开展一次应急演练，检验预案和现场处置方案；',
        '发动职工查找身边隐患，公开举报电话和奖励办法。',
      ),
    ],
  },
  lead: { workingDays: 5 },
})
