/** 台汛: the first and the fifteenth of each month from July to October, and while a typhoon warning holds. */
import { numbered, paragraph, standing } from './schedule.ts'

export const typhoonSeason = standing({
  id: 'typhoon-season',
  name: '台汛期安全提醒',
  basis: '浙江省防汛防台抗旱条例；气象灾害预警信号（台风）',
  rules: [
    {
      kind: 'monthly',
      day: 1,
      at: '10:00',
      season: { from: { month: 7, day: 1 }, to: { month: 10, day: 15 } },
    },
    {
      kind: 'monthly',
      day: 15,
      at: '10:00',
      season: { from: { month: 7, day: 1 }, to: { month: 10, day: 15 } },
    },
    { kind: 'in-force', hazards: ['台风'], everyHours: 6 },
  ],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'qq-group'],
  text: {
    title: '台汛期安全生产提醒（{月日}）',
    short:
      '防台请立即：停止高处、动火、吊装作业；加固储罐附件和棚架；检查排水和应急电源；24小时值守，险情即报。',
    blocks: [
      paragraph('台汛期间，请各有关企业对照检查并落实：'),
      numbered(
        '台风影响前停止高处、动火、吊装和临时用电作业，塔吊、龙门架采取防风措施；',
        '加固储罐附件、棚架、广告牌和临时设施，清理排水沟和雨水井；',
        '检查围堰、应急池、应急电源和排涝设备，遇水反应物料移至高处；',
        '落实领导带班和24小时值守，险情第一时间报告。',
      ),
    ],
  },
  missed: { policy: 'late', graceHours: 4 },
  lead: { workingDays: 2 },
})
