/** 冬季火灾和一氧化碳: on the 8th and the 22nd from 立冬 to 雨水, and every 24 hours while a warning of cold,
 *  ice or snow is in force. */
import { numbered, paragraph, standing } from './schedule.ts'

const season = { from: { term: '立冬' }, to: { term: '雨水' } } as const

export const winterFireAndCo = standing({
  id: 'winter-fire-and-co',
  name: '冬季火灾和一氧化碳中毒防范提醒',
  basis: '消防法；气象灾害预警信号（寒潮、道路结冰、暴雪）',
  rules: [
    { kind: 'monthly', day: 8, at: '09:10', season },
    { kind: 'monthly', day: 22, at: '09:10', season },
    { kind: 'in-force', hazards: ['寒潮', '道路结冰', '暴雪'], everyHours: 24 },
  ],
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'qq-group'],
  text: {
    title: '冬季火灾和一氧化碳中毒防范提醒（{月日}）',
    short:
      '冬季严禁电动车入户充电，炭火和燃气取暖保持通风，管道防冻勿用明火烘烤，有限空间先通风再检测。',
    blocks: [
      paragraph('冬季用火用电用气增多，请注意：'),
      numbered(
        '严禁电动车进楼入户充电，不私拉电线，人走断电；',
        '炭火、燃气取暖保持通风，安装一氧化碳报警器，出现头晕立即撤离；',
        '化工企业做好管线、仪表、消防水防冻，严禁明火烘烤；',
        '有限空间作业先通风、再检测、后作业。',
      ),
    ],
  },
  missed: { policy: 'late', graceHours: 24 },
  lead: { workingDays: 2 },
})
