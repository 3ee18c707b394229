/** 烟花爆竹, 元宵: the last peak of the season; said the day before lunar 1-15. */
import { numbered, paragraph, standing } from './schedule.ts'

export const fireworksLanternFestival = standing({
  id: 'fireworks-lantern-festival',
  name: '元宵节烟花爆竹和灯会安全提醒',
  basis: '烟花爆竹安全管理条例；大型群众性活动安全管理条例',
  rules: [{ kind: 'yearly', on: { lunar: { month: 1, day: 15 }, plusDays: -1 }, at: '09:00' }],
  categoryId: 'safety-reminder',
  audiences: ['fireworks-retail', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group'],
  text: {
    title: '元宵节烟花爆竹和灯会安全提醒',
    short:
      '元宵节请守住烟花爆竹零售安全底线：不超量、不外摆、不夜宿；余货按规定退库，灯会做好用电和疏散。',
    blocks: [
      paragraph('元宵节是烟花爆竹销售和燃放的最后高峰，请注意：'),
      numbered(
        '零售店不超量储存、不店外摆卖、不在店内住人，剩余产品按规定退回批发企业；',
        '灯会、庙会主办单位核定人数，落实用电、搭建和疏散措施；',
        '媒体请提醒市民在规定的时间和地点燃放。',
      ),
    ],
  },
  lead: { workingDays: 2 },
})
