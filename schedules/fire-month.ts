/** 119消防宣传月: November; 9 November is the day itself. */
import { numbered, paragraph, standing } from './schedule.ts'

export const fireMonth = standing({
  id: 'fire-month',
  name: '119消防宣传月',
  basis: '全国消防宣传月（每年11月，11月9日为消防日）',
  rules: [
    { kind: 'yearly', on: { month: 11, day: 1 }, at: '09:00' },
    { kind: 'yearly', on: { month: 11, day: 9 }, at: '09:00' },
  ],
  categoryId: 'safety-knowledge',
  audiences: ['hazardous-chemicals', 'major-hazard', 'fireworks-retail', 'media'],
  channels: ['disclosure-portal', 'wechat-official', 'press-newspaper', 'wechat-group', 'onsite'],
  text: {
    title: '119消防宣传月：学消防、查隐患（{月日}）',
    short:
      '119消防宣传月请开展消防自查和疏散演练，清理通道杂物，检查灭火器和报警设施，火警拨打119。',
    blocks: [
      paragraph('11月是消防宣传月，11月9日是消防日。请各单位和市民：'),
      numbered(
        '开展一次消防自查，清理占用的疏散通道和消防车通道；',
        '检查灭火器、消火栓和报警设施，组织一次疏散演练；',
        '电动车不进楼、不入户充电，火警拨打119。',
      ),
    ],
  },
})
