/** 梅雨: each week from 芒种 for five weeks, and every 12 hours while a rain warning is in force. */
import { numbered, paragraph, standing } from './schedule.ts'

export const plumRains = standing({
  id: 'plum-rains',
  name: '梅雨期安全提醒',
  basis: '浙江省防汛防台抗旱条例；气象灾害预警信号（暴雨）；入梅出梅日期以气象部门公布为准（待核）',
  rules: [
    {
      kind: 'weekly',
      weekdays: [2],
      at: '09:10',
      season: { from: { term: '芒种' }, to: { term: '芒种', plusDays: 34 } },
    },
    { kind: 'in-force', hazards: ['暴雨'], everyHours: 12 },
  ],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'qq-group'],
  text: {
    title: '梅雨期安全生产提醒（{月日}）',
    short:
      '梅雨期请疏通排水、检查围堰和应急池，遇水反应物料防潮上架，基坑停工排险，低洼厂房转移人员，险情即报。',
    blocks: [
      paragraph('梅雨期间降水集中、空气潮湿，请各有关企业落实：'),
      numbered(
        '疏通厂区排水，检查围堰、雨污切断阀和应急池容量；',
        '遇水放出易燃气体的物料防潮上架，仓库定时检测湿度；',
        '基坑、边坡、围墙加强巡查，出现险情立即停工撤人；',
        '检查电气线路和漏电保护，防止触电和短路起火。',
      ),
    ],
  },
  missed: { policy: 'late', graceHours: 12 },
  lead: { workingDays: 1 },
})
