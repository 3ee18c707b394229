/** A prepared text's template and a standing order's limits as a request writes them. Shapes and hard
 *  limits only; what may be granted is the domain's. */
import { z } from '@hono/zod-openapi'
import { LEVELS, MODES } from '../../domain/bulletin.ts'
import { FREE_CHARACTERS_MAX } from '../../domain/clearance/blanks.ts'
import type { OrderLimits } from '../../domain/clearance/standing-order.ts'
import type { Template } from '../../domain/clearance/template.ts'
import { categoryId, channelId, content, level, mode } from './content.ts'
import { writtenMoment } from './describe.ts'

const BLANKS_MAX = 20
const NAME_CHARACTERS_MAX = 40
const OPTIONS_MAX = 200
const OPTION_CHARACTERS_MAX = 60
const CHANNELS_MAX = 30
const AUDIENCES_MAX = 100
const REMINDERS_MAX = 50
const REMINDER_CHARACTERS_MAX = 500
const SOURCES_MAX = 200
const VALUE_CHARACTERS_MAX = 500

const options = z.array(z.string().min(1).max(OPTION_CHARACTERS_MAX)).min(1).max(OPTIONS_MAX)
const name = z.string().min(1).max(NAME_CHARACTERS_MAX)

const blank = z
  .discriminatedUnion('type', [
    z.strictObject({
      ...{ type: z.literal('text'), charactersMax: z.int().min(1).max(FREE_CHARACTERS_MAX) },
    }),
    z.strictObject({
      ...{ type: z.literal('number'), min: z.number(), max: z.number() },
      decimalsMax: z.int().min(0).max(6),
    }),
    z.strictObject({
      ...{ type: z.literal('date-time'), hoursMin: z.number(), hoursMax: z.number() },
    }),
    z.strictObject({ type: z.literal('choice'), options }),
    z.strictObject({
      ...{ type: z.literal('place'), places: options, placesMax: z.int().min(1).max(OPTIONS_MAX) },
    }),
  ])
  .openapi('Blank')

const presetChannel = z
  .strictObject({
    channelId,
    audiences: z
      .array(z.string().regex(/^[a-z0-9-]{1,40}$/, '应为受众编号'))
      .max(AUDIENCES_MAX)
      .default([]),
    throughQuietHours: z.boolean().default(false),
  })
  .openapi('PresetChannel')
const channels = z.array(presetChannel).min(1).max(CHANNELS_MAX)
const levels = z.array(level).min(1).max(LEVELS.length)
const modes = z.array(mode).min(1).max(MODES.length)

export const template = z
  .strictObject({
    ...{ categoryId, levels, modes, content, channels },
    blanks: z
      .record(name, blank)
      .refine((all) => Object.keys(all).length <= BLANKS_MAX, `最多 ${BLANKS_MAX} 个空格`)
      .openapi({ description: '文中的 {{名称}} 和各自的取值范围' }),
    reminders: z
      .array(z.string().min(1).max(REMINDER_CHARACTERS_MAX))
      .min(1)
      .max(REMINDERS_MAX)
      .optional()
      .openapi({ description: '转发用的模板才有：与原文并列的安全提醒' }),
  })
  .openapi('Template')

export const values = z
  .record(name, z.string().max(VALUE_CHARACTERS_MAX))
  .refine((all) => Object.keys(all).length <= BLANKS_MAX, `最多 ${BLANKS_MAX} 项`)
  .openapi({ description: '空格名 → 填写的内容' })

export const limits = z
  .strictObject({
    ...{ usesMax: z.int().min(1), usesPerDayMax: z.int().min(1), reachMax: z.int().min(0) },
    ...{ channels, levels, modes, validFrom: writtenMoment, validUntil: writtenMoment },
    windowHoursMax: z.number().positive().optional(),
    scheduleIds: z
      .array(z.string().regex(/^[a-z0-9-]{1,60}$/, '应为定时编号'))
      .min(1)
      .max(50)
      .optional(),
    relay: z
      .strictObject({
        sourceIds: z.array(z.int().min(1)).min(1).max(SOURCES_MAX),
        quoteHoursMax: z.number().positive(),
      })
      .optional(),
  })
  .openapi('OrderLimits')

/** JSON holds no `undefined`, so that what is absent is absent. */
export function templateOf(written: z.output<typeof template>): Template {
  return written as Template
}

export function limitsOf(written: z.output<typeof limits>): OrderLimits {
  const { validFrom, validUntil, ...rest } = written
  const days = { validFrom: validFrom.toISOString(), validUntil: validUntil.toISOString() }
  return { ...rest, ...days } as OrderLimits
}
