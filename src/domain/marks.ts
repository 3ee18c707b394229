/** Words that every text for readers says alike: what is no earnest, how grave a warning is, whose listing. */
import type { EntryLevel, Level, Mode } from './bulletin.ts'

export const MODE_MARKS: Readonly<Record<Mode, string>> = {
  earnest: '',
  exercise: '【演练】',
  test: '【测试】',
}

export const LEVEL_NAMES: Readonly<Record<Level, string>> = {
  red: '红色',
  orange: '橙色',
  yellow: '黄色',
  blue: '蓝色',
  routine: '',
}

export const ENTRY_LEVEL_NAMES: Readonly<Record<EntryLevel, string>> = {
  province: '省级',
  prefecture: '市级',
  county: '县级',
}
