/** 复工: the first working day after the days off, and again after five and ten working days. */
import { numbered, paragraph, standing } from './schedule.ts'

export const resumptionAfterSpringFestival = standing({
  id: 'resumption-after-spring-festival',
  name: '节后复工复产安全提醒',
  basis: '安全生产法；节后复工“六个一”的通常做法（待核）',
  rules: [0, 5, 10].map((after) => ({
    kind: 'working-days' as const,
    from: { holiday: 'spring-festival' as const },
    after,
    at: '08:20',
  })),
  categoryId: 'safety-reminder',
  audiences: ['hazardous-chemicals', 'major-hazard'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group', 'office', 'email'],
  text: {
    title: '节后复工复产安全提醒（{月日}）',
    short:
      '节后复工请落实开工方案、全员培训、全面检查、设备调试、隐患整改和领导带班，未经安全检查不得复工。',
    blocks: [
      paragraph('春节假期结束，请各企业把好复工复产安全关：'),
      numbered(
        '制定复工方案，召开一次安全会议，开展一次全员安全培训；',
        '对设备、仪表、联锁、消防全面检查并试车，组织一次隐患整改；',
        '开车前确认物料、管线和盲板状态，主要负责人现场带班；',
        '未经安全检查、检查不合格的，一律不得复工。',
      ),
    ],
  },
  missed: { policy: 'late', graceHours: 24 },
  lead: { workingDays: 5 },
})
