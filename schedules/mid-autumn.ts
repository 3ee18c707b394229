/** 中秋: the second day before lunar 8-15. */
import { numbered, paragraph, standing } from './schedule.ts'

export const midAutumn = standing({
  id: 'mid-autumn',
  name: '中秋节安全提醒',
  basis: '全国年节及纪念日放假办法',
  rules: [{ kind: 'yearly', on: { lunar: { month: 8, day: 15 }, plusDays: -2 }, at: '09:20' }],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'wechat-group'],
  text: {
    title: '中秋节安全生产提醒',
    short: '中秋节请落实值班值守，检查用电用气和疏散通道，特殊作业升级审批，险情即报。',
    blocks: [
      paragraph('中秋节将至，请各单位落实：'),
      numbered(
        '检查用电、用气和消防设施，保持疏散通道畅通；',
        '节日期间特殊作业升级审批，落实值班值守；',
        '遇有险情立即处置并报告。',
      ),
    ],
  },
})
