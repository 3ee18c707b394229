/** 雷雨大风: on the fifth of each month of the season, and every three hours while lightning or gale warnings hold. */
import { numbered, paragraph, standing } from './schedule.ts'

export const lightningAndGale = standing({
  id: 'lightning-and-gale',
  name: '雷电大风季节安全提醒',
  basis: '防雷减灾管理办法；气象灾害预警信号（雷电、大风、冰雹）',
  rules: [
    {
      kind: 'monthly',
      day: 5,
      at: '09:40',
      season: { from: { term: '惊蛰' }, to: { term: '秋分' } },
    },
    { kind: 'in-force', hazards: ['雷电', '大风', '冰雹'], everyHours: 3 },
  ],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail'],
  channels: ['disclosure-portal', 'sms', 'wechat-group', 'qq-group'],
  text: {
    title: '雷电大风天气安全提醒（{月日}）',
    short:
      '雷电大风天气请停止易燃易爆品装卸、检尺、取样和高处吊装作业，人员撤离罐区，检查防雷接地，险情即报。',
    blocks: [
      paragraph('强对流天气多发，请各有关单位落实：'),
      numbered(
        '雷电来临前停止易燃易爆物品装卸、检尺、取样和清罐作业；',
        '六级以上大风停止高处、吊装和露天动火作业；',
        '检查防雷接地、静电跨接和可燃气体报警，保存检测记录；',
        '烟花爆竹零售店切断非必要电源，堆放远离门窗。',
      ),
    ],
  },
  // A thing of its hour: an old lightning reminder only confuses.
  missed: { policy: 'skip' },
  lead: { workingDays: 2 },
})
