/** 春节前, five working days before the days off: closing plants, duty lists, stock limits. */
import { numbered, paragraph, standing } from './schedule.ts'

export const springFestivalDuty = standing({
  id: 'spring-festival-duty',
  name: '春节放假停产和值班提醒',
  basis: '全国年节及纪念日放假办法；危险化学品企业节前停开车管理的通常做法（待核）',
  rules: [{ kind: 'working-days', from: { holiday: 'spring-festival' }, before: 5, at: '09:20' }],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'office', 'email'],
  text: {
    title: '春节放假停产和值班安全提醒',
    short:
      '春节放假前请完成停产检查、能源切断和物料清理，报送值班表；不停产单位领导带班，24小时值守，险情即报。',
    blocks: [
      paragraph('{年份}年春节假期临近，请各单位在放假前完成：'),
      numbered(
        '停产单位按方案停车，切断电、气、汽，清理易燃易爆物料并上锁；',
        '不停产单位落实领导带班、双人值守，核对报警和联锁；',
        '向所在镇（街道）报送值班表和值班电话；',
        '放假前开展一次全面检查，问题未整改不得放假。',
      ),
    ],
  },
  lead: { workingDays: 5 },
})
