/** A bureau's prepared texts, standing orders and sources, made the way the doors make them. */
import type { OrderLimits } from '../../src/domain/clearance/standing-order.ts'
import type { Template } from '../../src/domain/clearance/template.ts'
import { answer } from '../../src/hub/checks/answer.ts'
import {
  proposePreparedText,
  reviewPreparedText,
  usePreparedText,
} from '../../src/hub/clearance/prepared-text.ts'
import { confirmSource, receiveMessage, registerSource } from '../../src/hub/clearance/relay.ts'
import { type Granted, grantStandingOrder } from '../../src/hub/clearance/standing-order.ts'
import type { Composed } from '../../src/hub/compose.ts'
import { type Bureau, MORNING, type PersonName, text } from './bureau.ts'

export const DAY_MS = 86_400_000

export const HEAT: Template = {
  categoryId: 'safety-reminder',
  levels: ['orange', 'yellow'],
  modes: ['earnest', 'exercise'],
  content: text('高温提醒：{{地点}}最高{{温度}}℃', {
    blocks: [{ kind: 'paragraph', text: '{{时间}}起，{{地点}}停止露天作业。{{补充}}' }],
  }),
  blanks: {
    地点: { type: 'place', places: ['梧桐街道', '凤鸣街道', '乌镇镇'], placesMax: 2 },
    温度: { type: 'number', min: 35, max: 45, decimalsMax: 1 },
    时间: { type: 'date-time', hoursMin: 0, hoursMax: 48 },
    补充: { type: 'text', charactersMax: 20 },
  },
  channels: [
    { channelId: 'board', audiences: [], throughQuietHours: false },
    { channelId: 'wire', audiences: ['media'], throughQuietHours: false },
  ],
}
export const HEAT_VALUES = {
  ...{ 地点: '梧桐街道、乌镇镇', 温度: '37.5' },
  ...{ 时间: '2026-11-25 12:00', 补充: '注意补水。' },
}

export const LIMITS: OrderLimits = {
  ...{ usesMax: 3, usesPerDayMax: 3, reachMax: 100 },
  channels: HEAT.channels,
  levels: ['orange'],
  modes: ['earnest'],
  validFrom: new Date(MORNING.getTime() - DAY_MS).toISOString(),
  validUntil: new Date(MORNING.getTime() + 100 * DAY_MS).toISOString(),
}

export interface Prepared {
  readonly preparedTextId: number
  readonly hash: string
}

export const proposeBy = (bureau: Bureau, name: PersonName, template = HEAT): Promise<Prepared> =>
  proposePreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, authorId: bureau.id(name), at: MORNING, template },
  })

export const reviewTemplateBy = (
  bureau: Bureau,
  name: PersonName,
  { preparedTextId, hash }: Prepared,
  opinion: 'public' | 'withheld' = 'public',
): Promise<void> =>
  reviewPreparedText(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, preparedTextId, reviewerId: bureau.id(name), at: MORNING },
    ...{ seenHash: hash, opinion },
  })

/** Drafted by 沈文书, reviewed by 陆保密. */
export async function prepared(bureau: Bureau, template = HEAT): Promise<Prepared> {
  const proposed = await proposeBy(bureau, '沈文书', template)
  await reviewTemplateBy(bureau, '陆保密', proposed)
  return proposed
}

/** Filled, checked, and everything that asks answered: these texts resemble each other. */
export async function fillBy(
  bureau: Bureau,
  name: PersonName,
  { preparedTextId }: Prepared,
  values: Readonly<Record<string, string>> = HEAT_VALUES,
): Promise<Composed> {
  const { hub } = bureau.test
  const { agencyId } = bureau
  const by = bureau.id(name)
  const filled = await usePreparedText(hub, {
    ...{ agencyId, preparedTextId, filledBy: by, values, at: MORNING },
  })
  const { bulletinId, revision, hash } = filled
  for (const { severity, key: findingKey } of filled.findings)
    if (severity === 'ask')
      await answer(hub, {
        ...{ agencyId, bulletinId, seenHash: hash, findingKey, answer: '不重复', by, at: MORNING },
      })
  return { bulletinId, revision, hash }
}

export const grantBy = (
  bureau: Bureau,
  name: PersonName,
  { preparedTextId, hash }: Prepared,
  limits: OrderLimits = LIMITS,
): Promise<Granted> =>
  grantStandingOrder(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, preparedTextId, seenHash: hash, limits, at: MORNING },
    signerId: bureau.id(name),
  })

/** Drafted, reviewed and granted by three people. */
export async function granted(
  bureau: Bureau,
  limits: Partial<OrderLimits> = {},
  template = HEAT,
): Promise<Granted & Prepared> {
  const text = await prepared(bureau, template)
  return { ...text, ...(await grantBy(bureau, '钱局长', text, { ...LIMITS, ...limits })) }
}

export const STORM: Template = {
  categoryId: 'warning',
  levels: ['orange', 'red'],
  modes: ['earnest'],
  content: text('转发：{{来源}}{{发布时间}}发布{{灾种}}预警', {
    blocks: [{ kind: 'paragraph', text: '值班电话0573-88000000。' }],
  }),
  blanks: { 灾种: { type: 'choice', options: ['暴雨橙色', '台风红色'] } },
  channels: [{ channelId: 'quote', audiences: ['media'], throughQuietHours: true }],
  reminders: ['请检查排水和应急电源。', '请停止高处、吊装作业。'],
}
export const STORM_TEXT =
  '桐乡市气象台发布暴雨橙色预警信号：\n预计未来3小时雨量将达50毫米以上 & 请防范。'
export const STORM_LIMITS: OrderLimits = {
  ...LIMITS,
  ...{ channels: STORM.channels, levels: ['orange', 'red'] },
}

/** Registered by 吴值班, confirmed by 钱局长. */
export async function knownSource(bureau: Bureau, name: string): Promise<number> {
  const { hub } = bureau.test
  const { agencyId } = bureau
  const sourceId = await registerSource(hub, {
    ...{ agencyId, name, kind: 'weather', registeredBy: bureau.id('吴值班'), at: MORNING },
  })
  await confirmSource(hub, {
    ...{ agencyId, sourceId, confirmedBy: bureau.id('钱局长'), at: MORNING },
  })
  return sourceId
}

export const received = (bureau: Bureau, sourceId: number, message = STORM_TEXT) =>
  receiveMessage(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, sourceId, text: message },
    ...{ issuedAt: new Date(MORNING.getTime() - 600_000), receivedAt: MORNING },
    enteredBy: bureau.id('吴值班'),
  })
