/** 五一: two working days before the days off. */
import { numbered, paragraph, standing } from './schedule.ts'

export const labourDay = standing({
  id: 'labour-day',
  name: '五一假期安全提醒',
  basis: '全国年节及纪念日放假办法',
  rules: [{ kind: 'working-days', from: { holiday: 'labour-day' }, before: 2, at: '09:20' }],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group'],
  text: {
    title: '五一假期安全生产提醒',
    short:
      '五一假期请落实领导带班和值守，不在假期安排大检修和特殊作业，确需作业升级审批，险情即报。',
    blocks: [
      paragraph('{年份}年五一假期临近，请各单位落实：'),
      numbered(
        '假期原则上不安排检维修、动火和有限空间作业，确需作业的升级审批；',
        '落实领导带班和24小时值守，保持报警、联锁和通信畅通；',
        '旅游、商贸场所控制人流，检查消防设施和疏散通道。',
      ),
    ],
  },
})
