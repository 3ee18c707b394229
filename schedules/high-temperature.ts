/** 高温: every week from 小暑 to the end of August, and every 24 hours while a heat warning is in force. */
import { numbered, paragraph, standing } from './schedule.ts'

export const highTemperature = standing({
  id: 'high-temperature',
  name: '高温季节安全提醒',
  basis: '防暑降温措施管理办法；气象灾害预警信号（高温）',
  rules: [
    {
      kind: 'weekly',
      weekdays: [1],
      at: '09:10',
      season: { from: { term: '小暑' }, to: { month: 8, day: 31 } },
    },
    { kind: 'in-force', hazards: ['高温'], everyHours: 24 },
  ],
  categoryId: 'safety-reminder',
  level: 'routine',
  audiences: ['hazardous-chemicals', 'major-hazard'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'qq-group', 'email'],
  text: {
    title: '高温季节危险化学品企业安全提醒（{月日}）',
    short:
      '高温天气请落实储罐喷淋降温和超温报警，错时作业，严禁超装超储，有限空间先通风再检测后作业，险情即报。',
    blocks: [
      paragraph('当前正值高温季节，请各危险化学品企业和重大危险源单位落实以下措施：'),
      numbered(
        '甲、乙类储罐启用喷淋降温，核对液位、温度、压力报警，严禁超装超储；',
        '合理安排作业时间，避开午间高温时段装卸和露天作业；',
        '有限空间作业先通风、再检测、后作业，安排专人监护；',
        '检查制冷、通风、应急电源和消防水，遇有险情立即处置并报告。',
      ),
    ],
  },
  missed: { policy: 'late', graceHours: 12 },
  lead: { workingDays: 1 },
})
