/** 清明: forest fire and open flame, three days before the solar term and on the day itself. */
import { numbered, paragraph, standing } from './schedule.ts'

export const qingmingForestFire = standing({
  id: 'qingming-forest-fire',
  name: '清明节森林防火和用火安全提醒',
  basis: '森林防火条例',
  rules: [
    { kind: 'yearly', on: { term: '清明', plusDays: -3 }, at: '09:00' },
    { kind: 'yearly', on: { term: '清明' }, at: '07:40' },
  ],
  categoryId: 'safety-reminder',
  audiences: ['fireworks-retail', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group'],
  text: {
    title: '清明节森林防火和用火安全提醒（{月日}）',
    short:
      '清明祭扫请勿在林区和草坡用火，不燃放烟花爆竹；零售店不向上山祭扫人员售卖，发现火情拨打119。',
    blocks: [
      paragraph('清明前后祭扫用火增多，请注意：'),
      numbered(
        '提倡鲜花、植树等祭扫方式，森林防火区内严禁野外用火；',
        '烟花爆竹零售店主动劝导，不在林区周边摆卖；',
        '发现火情立即拨打119，不组织老人、学生参加扑救。',
      ),
    ],
  },
  lead: { workingDays: 2 },
})
