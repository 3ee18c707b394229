/** 国庆: three working days before the days off. */
import { numbered, paragraph, standing } from './schedule.ts'

export const nationalDay = standing({
  id: 'national-day',
  name: '国庆假期安全提醒',
  basis: '全国年节及纪念日放假办法',
  rules: [{ kind: 'working-days', from: { holiday: 'national-day' }, before: 3, at: '09:20' }],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'office', 'email'],
  text: {
    title: '国庆假期安全生产提醒',
    short: '国庆假期请落实领导带班和24小时值守，特殊作业升级审批，重大危险源加密巡查，险情即报。',
    blocks: [
      paragraph('{年份}年国庆假期临近，请各单位落实：'),
      numbered(
        '重大危险源加密巡查，核对监测、报警和视频信号；',
        '假期特殊作业升级审批，承包商人员和作业全程监护；',
        '落实领导带班、24小时值守和信息报告，应急物资到位。',
      ),
    ],
  },
  lead: { workingDays: 5 },
})
