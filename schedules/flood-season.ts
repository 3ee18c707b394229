/** 汛期 15 April to 15 October in Zhejiang: when it begins, each month while it lasts, when it ends. */
import { numbered, paragraph, standing } from './schedule.ts'

export const floodSeason = standing({
  id: 'flood-season',
  name: '汛期安全生产提醒',
  basis: '浙江省防汛防台抗旱条例（汛期4月15日至10月15日）',
  rules: [
    {
      kind: 'monthly',
      day: 15,
      at: '09:00',
      season: { from: { month: 4, day: 15 }, to: { month: 10, day: 15 } },
    },
    { kind: 'in-force', hazards: ['洪水', '山洪', '地质灾害'], everyHours: 6 },
  ],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard'],
  channels: ['disclosure-portal', 'wechat-official', 'wechat-group', 'qq-group', 'email'],
  text: {
    title: '汛期安全生产提醒（{月日}）',
    short:
      '汛期请检查围堰、排水和应急电源，备足沙袋和抽水设备，落实汛期值班，危险区域提前撤人，险情即报。',
    blocks: [
      paragraph('汛期为每年4月15日至10月15日。请各有关单位：'),
      numbered(
        '检查围堰、排水、应急池和应急电源，补足防汛物资；',
        '对尾矿、边坡、地下空间和低洼厂房开展排查，明确撤人条件；',
        '落实汛期24小时值班和领导带班，险情立即报告。',
      ),
    ],
  },
  missed: { policy: 'late', graceHours: 24 },
})
