/** 烟花爆竹, 小年: retail opens before Spring Festival, on lunar 12-23. */
import { numbered, paragraph, standing } from './schedule.ts'

export const fireworksBeforeSpringFestival = standing({
  id: 'fireworks-before-spring-festival',
  name: '春节前烟花爆竹零售安全提醒',
  basis: '烟花爆竹安全管理条例；烟花爆竹经营许可实施办法',
  rules: [{ kind: 'yearly', on: { lunar: { month: 12, day: 23 } }, at: '08:40' }],
  categoryId: 'safety-reminder',
  audiences: ['fireworks-retail'],
  channels: ['disclosure-portal', 'wechat-official', 'sms', 'wechat-group'],
  text: {
    title: '春节前烟花爆竹零售安全提醒',
    short:
      '烟花爆竹零售店严禁超量储存、店外经营、下店上宅；安全距离内严禁燃放和吸烟，灭火器材随手可取。',
    blocks: [
      paragraph('{年份}年春节将至，烟花爆竹进入销售旺季，请各零售店严格做到：'),
      numbered(
        '按许可的地点、品种和数量经营，严禁超量储存、店外摆卖和“下店上宅”；',
        '从有批发资质的企业进货，不销售专业燃放类和非法产品；',
        '店内禁止吸烟和明火取暖，灭火器材完好、随手可取；',
        '周边安全距离内禁止燃放，发现燃放立即劝阻并报告。',
      ),
    ],
  },
  lead: { workingDays: 5 },
})
