/** 空格: what may be filled into a prepared text. It refuses a blank without a domain, a value outside its
 *  domain and more free words than one glance can check. */
import type { Refusal } from '../refusal.ts'

/** 空格及其取值范围. Hours are counted from the moment the text is filled; they may be negative. */
export type Blank =
  | { readonly type: 'text'; readonly charactersMax: number }
  | {
      readonly type: 'number'
      readonly min: number
      readonly max: number
      readonly decimalsMax: number
    }
  | { readonly type: 'date-time'; readonly hoursMin: number; readonly hoursMax: number }
  | { readonly type: 'choice'; readonly options: readonly string[] }
  /** one or several of the listed places, joined by 、 */
  | { readonly type: 'place'; readonly places: readonly string[]; readonly placesMax: number }

export type Blanks = { readonly [name: string]: Blank }
export type BlankValues = Readonly<Record<string, string>>

/** 自由填写的字数: what nobody reviewed, in all text blanks together (DESIGN §5). */
export const FREE_CHARACTERS_MAX = 60

const OPTIONS_MAX = 200
const OPTION_CHARACTERS_MAX = 60
const HOURS_MAX = 366 * 24
const HOUR_MS = 3_600_000
const SHANGHAI_MS = 8 * HOUR_MS
const NUMBER_MAX = 1e12
const DECIMALS_MAX = 6
const BRACES = /\{\{|\}\}/
/** Controls, direction marks, half characters and what is drawn as nothing: what a reader would not see. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]|\u034f|[\ufe00-\ufe0f]/u

export function whyNotBlank(blank: Blank | undefined, field: string): Refusal | undefined {
  switch (blank?.type) {
    case 'text':
      return isWhole(blank.charactersMax, 1, FREE_CHARACTERS_MAX)
        ? undefined
        : { code: 'too-long', field, limit: FREE_CHARACTERS_MAX }
    case 'number': {
      const bounded = Math.abs(blank.min) <= NUMBER_MAX && Math.abs(blank.max) <= NUMBER_MAX
      if (bounded && blank.min <= blank.max && isWhole(blank.decimalsMax, 0, DECIMALS_MAX))
        return undefined
      return wrong(field, '数值范围不正确')
    }
    case 'date-time': {
      const { hoursMin, hoursMax } = blank
      const bounded = Math.abs(hoursMin) <= HOURS_MAX && Math.abs(hoursMax) <= HOURS_MAX
      return bounded && hoursMin <= hoursMax ? undefined : wrong(field, '时间范围不正确')
    }
    case 'choice':
      return whyNotOptions(blank.options, field)
    case 'place':
      if (!isWhole(blank.placesMax, 1, OPTIONS_MAX)) return wrong(field, '地点个数不正确')
      return blank.places.some((place) => place.includes('、'))
        ? wrong(field, '地点名中不能有顿号')
        : whyNotOptions(blank.places, field)
    default:
      return wrong(field, '没有取值范围')
  }
}

function whyNotOptions(options: readonly string[], field: string): Refusal | undefined {
  if (options.length === 0) return { code: 'missing-field', field }
  if (options.length > OPTIONS_MAX) return { code: 'too-long', field, limit: OPTIONS_MAX }
  if (new Set(options).size !== options.length) return wrong(field, '选项重复')
  const bad = options.find((option) => !isPlain(option) || length(option) > OPTION_CHARACTERS_MAX)
  return bad === undefined
    ? undefined
    : wrong(field, `选项不可用，最多 ${OPTION_CHARACTERS_MAX} 字`)
}

/** Undefined when every blank has exactly one value inside its domain. `at` is the moment of filling. */
export function whyNotValues(blanks: Blanks, values: BlankValues, at: Date): Refusal | undefined {
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(blanks, name))
  if (unknown !== undefined) return wrong(unknown.slice(0, 40), '模板中没有这个空格')
  let free = 0
  for (const [name, blank] of Object.entries(blanks)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined || value.trim() === '') return { code: 'missing-field', field: name }
    if (!isPlain(value)) return wrong(name, '含有不可见字符、换行或花括号')
    const refusal = whyNotValue(blank, value, name, at)
    if (refusal) return refusal
    if (blank.type === 'text') free += length(value)
  }
  return free > FREE_CHARACTERS_MAX
    ? { code: 'too-long', field: 'free-words', limit: FREE_CHARACTERS_MAX }
    : undefined
}

function whyNotValue(blank: Blank, value: string, field: string, at: Date): Refusal | undefined {
  switch (blank.type) {
    case 'text':
      return length(value) > blank.charactersMax
        ? { code: 'too-long', field, limit: blank.charactersMax }
        : undefined
    case 'number': {
      const [, decimals = ''] = /^-?(?:0|[1-9]\d{0,12})(?:\.(\d+))?$/.exec(value) ?? [value, 'none']
      const number = Number(value)
      if (decimals !== 'none' && decimals.length <= blank.decimalsMax)
        if (number >= blank.min && number <= blank.max) return undefined
      return wrong(
        field,
        `应为 ${blank.min} 至 ${blank.max} 的数，小数不超过 ${blank.decimalsMax} 位`,
      )
    }
    case 'date-time': {
      const moment = momentOf(value)
      if (moment === undefined) return wrong(field, '时间应写作 YYYY-MM-DD HH:mm')
      const hours = (moment.getTime() - at.getTime()) / HOUR_MS
      return hours >= blank.hoursMin && hours <= blank.hoursMax
        ? undefined
        : wrong(field, `应在填写时刻前后 ${blank.hoursMin} 至 ${blank.hoursMax} 小时之内`)
    }
    case 'choice':
      return blank.options.includes(value) ? undefined : wrong(field, '不在可选项之内')
    case 'place': {
      const places = value.split('、')
      if (places.length > blank.placesMax)
        return { code: 'value-not-allowed', field, limit: blank.placesMax }
      const distinct = new Set(places).size === places.length
      return distinct && places.every((place) => blank.places.includes(place))
        ? undefined
        : wrong(field, '地点不在授权范围之内')
    }
  }
}

/** A value as it stands in the text. */
export function written(blank: Blank, value: string): string {
  if (blank.type !== 'date-time') return value
  const [year, month, day, hour, minute] = value.split(/[-T :]/).map(Number)
  return `${year}年${month}月${day}日${hour}时${minute === 0 ? '' : `${String(minute).padStart(2, '0')}分`}`
}

/** The values with a mark that belongs to no word in place of each free one. */
export function withoutFreeWords(blanks: Blanks, values: BlankValues): BlankValues {
  const kept = Object.entries(values).map(([name, value]) => {
    const free = Object.hasOwn(blanks, name) && blanks[name]?.type === 'text'
    return [name, free ? '□' : value] as const
  })
  return Object.fromEntries(kept)
}

/** The instant of a Shanghai wall time; undefined when there is no such day or hour. */
function momentOf(value: string): Date | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})$/.exec(value)
  if (!parts) return undefined
  const wall = new Date(`${parts[1]}T${parts[2]}:00.000Z`)
  if (Number.isNaN(wall.getTime())) return undefined
  if (wall.toISOString().slice(0, 16) !== `${parts[1]}T${parts[2]}`) return undefined
  return new Date(wall.getTime() - SHANGHAI_MS)
}

export function wrong(field: string, detail: string): Refusal {
  return { code: 'value-not-allowed', field, detail }
}

/** One line of text a reader sees all of, which cannot be taken for a blank. */
export function isPlain(text: string): boolean {
  return text.trim() !== '' && !UNSEEN.test(text) && !BRACES.test(text)
}

export function hasBraces(text: string): boolean {
  return BRACES.test(text)
}

export function isWhole(number: number, min: number, max: number): boolean {
  return Number.isInteger(number) && number >= min && number <= max
}

export function length(text: string): number {
  return [...text].length
}
